//! Keeps a new passkey, with the authenticator's answer. Within a login it ends the login, or goes on with it.

use serde_json::Value;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::id::PasskeyId;
use crate::base::text::PasskeyName;
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::login_challenge::Step;
use crate::entity::{passkey, user};
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::passkeys;
use crate::passwords::policy;
use crate::sessions::Progress;
use crate::sessions::challenge::{waiting_for, waiting_in};
use crate::sessions::go_on_in::{Passed, go_on_in};

/// What the owner gets.
pub struct Confirmed {
    /// The passkey.
    pub passkey: passkey::Model,
    /// How far the login has come, when it was one.
    pub login: Option<Progress>,
}

/// Keeps what the authenticator made of the options that `addPasskey` gave.
pub async fn confirm_passkey(
    app: &App,
    viewer: &Viewer,
    name: &str,
    answer: Value,
    challenge: Option<&str>,
) -> Result<Confirmed> {
    if challenge.is_none() {
        viewer.user()?;
    }
    let mut form = Form::default();
    let name = form.take("name", PasskeyName::parse(name));
    let (name,) = form.finish((name,))?;
    if let Some(challenge) = challenge {
        return confirm_within_login(app, viewer, name, answer, challenge).await;
    }
    let id = viewer.user()?.user_id;
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let (passkey, event) = keep_in(&txn, app, &user, name, answer).await?;
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(Confirmed { passkey, login: None })
}

async fn confirm_within_login(
    app: &App,
    viewer: &Viewer,
    name: PasskeyName,
    answer: Value,
    challenge: &str,
) -> Result<Confirmed> {
    let login = waiting_for(app, challenge, Step::TotpEnrolment).await?;
    let txn = app.begin().await?;
    let policy = policy::current(&txn).await?;
    let login = waiting_in(&txn, app, &login).await?;
    let (passkey, event) = keep_in(&txn, app, &login.user, name, answer).await?;
    let event = event.by(&login.user);
    let whose = (login.user, login.device);
    let (progress, writes) = go_on_in(&txn, app, viewer, &policy, whose, Passed::SecondFactor).await?;
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(Confirmed {
        passkey,
        login: Some(progress),
    })
}

async fn keep_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    name: PasskeyName,
    answer: Value,
) -> Result<(passkey::Model, Event)> {
    let passkey = passkeys::confirm_in(txn, app, user, name, answer).await?;
    if let Some(to) = Recipient::of(user) {
        app.send_in(txn, &letter::passkey_added(&to, &user.account, &passkey.name))
            .await?;
    }
    let event = Event::done(Action::PasskeyConfirm)
        .on(user)
        .changing([Change::new("passkeyId", None::<PasskeyId>, Some(passkey.id))])
        .changing_personal([Change::new("passkey", None::<&str>, Some(&passkey.name))]);
    Ok((passkey, event))
}
