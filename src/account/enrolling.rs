//! Who may enrol a second factor: somebody who shows the current password, or a login that asks for it.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::error::UserErrorCode::Required;
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::login_challenge::Step;
use crate::entity::user;
use crate::memberships::lock;
use crate::passwords::attempt;
use crate::sessions::challenge::{waiting_for, waiting_in};

/// An enrolment that may begin.
pub(super) struct Enrolling {
    /// Its transaction.
    pub txn: Transaction,
    /// Whose it is; the row is locked.
    pub user: user::Model,
    /// What is noted of it.
    pub event: Event,
}

/// Asks for the password, or takes the login of this challenge.
pub(super) async fn enrolling(
    app: &App,
    viewer: &Viewer,
    action: Action,
    password: Option<&str>,
    challenge: Option<&str>,
) -> Result<Enrolling> {
    if let Some(challenge) = challenge {
        let login = waiting_for(app, challenge, Step::TotpEnrolment).await?;
        let txn = app.begin().await?;
        let user = waiting_in(&txn, app, &login).await?.user;
        let event = Event::done(action).by(&user).on(&user);
        return Ok(Enrolling { txn, user, event });
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
    let event = Event::done(action).on(&user);
    Ok(Enrolling { txn, user, event })
}
