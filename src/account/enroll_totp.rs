//! Begins the enrolment of a device that makes dynamic codes: with the current password, or within a login.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::error::UserErrorCode::Required;
use crate::base::{Error, Result};
use crate::entity::login_challenge::Step;
use crate::memberships::lock;
use crate::passwords::attempt;
use crate::sessions::challenge::{waiting_for, waiting_in};
use crate::totp::{self, Enrolment};

/// Makes a secret. The codes are on once `confirmTotp` has had a first one.
pub async fn enroll_totp(
    app: &App,
    viewer: &Viewer,
    password: Option<&str>,
    challenge: Option<&str>,
) -> Result<Enrolment> {
    if let Some(challenge) = challenge {
        return enroll_within_login(app, viewer, challenge).await;
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
    let enrolment = totp::enroll_in(&txn, app, &user).await?;
    app.record_in(&txn, viewer, Event::done(Action::TotpEnroll).on(&user))
        .await?;
    app.commit(txn).await?;
    Ok(enrolment)
}

async fn enroll_within_login(app: &App, viewer: &Viewer, challenge: &str) -> Result<Enrolment> {
    let login = waiting_for(app, challenge, Step::TotpEnrolment).await?;
    let txn = app.begin().await?;
    let login = waiting_in(&txn, app, &login).await?;
    let enrolment = totp::enroll_in(&txn, app, &login.user).await?;
    let event = Event::done(Action::TotpEnroll).by(&login.user).on(&login.user);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(enrolment)
}
