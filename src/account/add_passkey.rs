//! Begins to add a passkey: with the current password, or within a login that asks for a second factor to be enrolled.

use serde_json::Value;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::error::UserErrorCode::Required;
use crate::base::{Error, Result};
use crate::entity::login_challenge::Step;
use crate::memberships::lock;
use crate::passkeys;
use crate::passwords::attempt;
use crate::sessions::challenge::{waiting_for, waiting_in};

/// Answers the options of `navigator.credentials.create`. The passkey is there once `confirmPasskey` has had the answer.
pub async fn add_passkey(
    app: &App,
    viewer: &Viewer,
    password: Option<&str>,
    challenge: Option<&str>,
) -> Result<Value> {
    if let Some(challenge) = challenge {
        return add_within_login(app, viewer, challenge).await;
    }
    let password = password.ok_or_else(|| {
        Error::user(
            Required,
            "password",
            "The current password is needed, or the challenge of a login.",
        )
    })?;
    let id = viewer.user()?.user_id;
    attempt::check_current(app, viewer, "password", password).await?;
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let options = passkeys::enroll_in(&txn, app, &user).await?;
    app.record_in(&txn, viewer, Event::done(Action::PasskeyAdd).on(&user))
        .await?;
    app.commit(txn).await?;
    Ok(options)
}

async fn add_within_login(app: &App, viewer: &Viewer, challenge: &str) -> Result<Value> {
    let login = waiting_for(app, challenge, Step::TotpEnrolment).await?;
    let txn = app.begin().await?;
    let login = waiting_in(&txn, app, &login).await?;
    let options = passkeys::enroll_in(&txn, app, &login.user).await?;
    let event = Event::done(Action::PasskeyAdd).by(&login.user).on(&login.user);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(options)
}
