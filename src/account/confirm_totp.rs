//! Switches dynamic codes on, with a first one. Within a login it ends the login, or goes on with it.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::login_challenge::Step;
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::passwords::policy;
use crate::sessions::Progress;
use crate::sessions::challenge::{waiting_for, waiting_in};
use crate::sessions::go_on_in::{Passed, go_on_in};
use crate::totp;

/// What the owner gets.
pub struct Confirmed {
    /// The recovery codes, shown once.
    pub recovery_codes: Vec<String>,
    /// How far the login has come, when it was one.
    pub login: Option<Progress>,
}

/// Confirms the secret that `enrollTotp` made.
pub async fn confirm_totp(
    app: &App,
    viewer: &Viewer,
    code: &str,
    challenge: Option<&str>,
) -> Result<Confirmed> {
    if let Some(challenge) = challenge {
        return confirm_within_login(app, viewer, code, challenge).await;
    }
    let id = viewer.user()?.user_id;
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let recovery_codes = switch_on_in(&txn, app, &user, code).await?;
    app.record_in(&txn, viewer, event(&user)).await?;
    app.commit(txn).await?;
    Ok(Confirmed {
        recovery_codes,
        login: None,
    })
}

async fn confirm_within_login(app: &App, viewer: &Viewer, code: &str, challenge: &str) -> Result<Confirmed> {
    let login = waiting_for(app, challenge, Step::TotpEnrolment).await?;
    let txn = app.begin().await?;
    let policy = policy::current(&txn).await?;
    let login = waiting_in(&txn, app, &login).await?;
    let recovery_codes = switch_on_in(&txn, app, &login.user, code).await?;
    let event = event(&login.user).by(&login.user);
    let whose = (login.user, login.device);
    let (progress, writes) = go_on_in(&txn, app, viewer, &policy, whose, Passed::SecondFactor).await?;
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(Confirmed {
        recovery_codes,
        login: Some(progress),
    })
}

async fn switch_on_in(txn: &Transaction, app: &App, user: &user::Model, code: &str) -> Result<Vec<String>> {
    let recovery_codes = totp::confirm_in(txn, app, user, code).await?;
    if let Some(to) = Recipient::of(user) {
        app.send_in(txn, &letter::totp_bound(&to, &user.account)).await?;
    }
    Ok(recovery_codes)
}

fn event(user: &user::Model) -> Event {
    Event::done(Action::TotpConfirm)
        .on(user)
        .changing([Change::new("totpEnabled", Some(false), Some(true))])
}
