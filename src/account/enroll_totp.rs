//! Begins the enrolment of a device that makes dynamic codes: with the current password, or within a login.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::error::UserErrorCode::{Invalid, Required};
use crate::base::{Error, Result};
use crate::entity::login_challenge::Step;
use crate::memberships::lock;
use crate::passwords::attempt;
use crate::sessions::challenge::{waiting, waiting_in};
use crate::totp::{self, Enrolment};

/// Makes a secret. The codes are on once `confirmTotp` has had a first one.
pub async fn enroll_totp(
    app: &App,
    viewer: &Viewer,
    password: Option<&str>,
    challenge: Option<&str>,
) -> Result<Enrolment> {
    let (user, event) = match (challenge, password) {
        (Some(challenge), _) => return enroll_within_login(app, viewer, challenge).await,
        (None, None) => {
            return Err(Error::user(
                Required,
                "password",
                "The current password is needed, or the challenge of a login.",
            ));
        }
        (None, Some(password)) => {
            let user = viewer.user()?;
            attempt::check_current(app, viewer, "password", password).await?;
            (user.user_id, Event::done(Action::TotpEnroll))
        }
    };
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[user])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let enrolment = totp::enroll_in(&txn, app, &user).await?;
    app.record_in(&txn, viewer, event.on(&user)).await?;
    app.commit(txn).await?;
    Ok(enrolment)
}

async fn enroll_within_login(app: &App, viewer: &Viewer, challenge: &str) -> Result<Enrolment> {
    let login = waiting(app, challenge).await?;
    if login.step != Step::TotpEnrolment {
        return Err(Error::user(
            Invalid,
            "challenge",
            "This login does not ask for an enrolment.",
        ));
    }
    let txn = app.begin().await?;
    let login = waiting_in(&txn, app, &login).await?;
    let enrolment = totp::enroll_in(&txn, app, &login.user).await?;
    let event = Event::done(Action::TotpEnroll).by(&login.user).on(&login.user);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(enrolment)
}
