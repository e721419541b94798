//! Goes on with a login that waits for a second factor or for a new password.

use serde_json::Value;

use super::challenge::{Waiting, waiting, waiting_in};
use super::end_in::end_in;
use super::go_on_in::{Passed, Progress, go_on_in};
use super::login::failure;
use super::second_factor::{Factor, show_second_factor};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{Invalid, Required};
use crate::base::form::Form;
use crate::base::{Error, Result};
use crate::entity::login_challenge::Step;
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::passwords::hash_anew::hash_anew;
use crate::passwords::policy::{self, Policy};
use crate::passwords::{check, set_in};

/// The next step of a login.
#[derive(Clone, Copy)]
pub struct CompleteLogin<'a> {
    /// What the step before gave.
    pub challenge: &'a str,
    /// The dynamic code.
    pub totp_code: Option<&'a str>,
    /// A recovery code in its place.
    pub recovery_code: Option<&'a str>,
    /// The answer of a passkey in its place.
    pub passkey: Option<&'a Value>,
    /// The new password.
    pub new_password: Option<&'a str>,
    /// The same again.
    pub new_password_confirmation: Option<&'a str>,
}

/// Takes the step that the login waits for.
pub async fn complete_login(app: &App, viewer: &Viewer, input: CompleteLogin<'_>) -> Result<Progress> {
    let login = waiting(app, input.challenge).await?;
    let policy = policy::current(app.database.reader()).await?;
    match login.step {
        Step::Totp | Step::Passkey => {
            let factor = Factor::of(login.step, &input)?;
            show_second_factor(app, viewer, &policy, &login, factor).await
        }
        Step::PasswordChange => change_password(app, viewer, &policy, &login, input).await,
        Step::TotpEnrolment => Err(Error::user(
            Invalid,
            "challenge",
            "This login goes on with enrollTotp and confirmTotp, or with addPasskey and confirmPasskey.",
        )),
    }
}

/// Sets the new password and signs in; all other sessions end.
async fn change_password(
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    login: &Waiting,
    input: CompleteLogin<'_>,
) -> Result<Progress> {
    let mut form = Form::default();
    for (field, value) in [
        ("newPassword", input.new_password),
        ("newPasswordConfirmation", input.new_password_confirmation),
    ] {
        form.require(value.is_some(), Required, field, "A new password is needed.");
    }
    let (Some(password), Some(confirmation)) = (input.new_password, input.new_password_confirmation) else {
        form.close()?;
        return Err(failure("challenge"));
    };
    let password = check::take_confirmed(
        &mut form,
        policy,
        ("newPassword", password),
        ("newPasswordConfirmation", confirmation),
        &[&login.user.account, &login.user.name],
    );
    let (password,) = form.finish((password,))?;
    let hash = hash_anew(app, policy, login.user.id, &password, "newPassword").await?;

    let txn = app.begin().await?;
    let login = waiting_in(&txn, app, login).await?;
    set_in::set_in(&txn, app, policy, login.user.id, hash, false).await?;
    end_in(&txn, login.user.id, None).await?;
    let user = user::Model {
        must_change_password: false,
        ..login.user
    };
    if let Some(to) = Recipient::of(&user) {
        app.send_in(&txn, &letter::password_changed(&to, &user.account))
            .await?;
    }
    let event = Event::done(Action::LoginComplete)
        .by(&user)
        .on(&user)
        .changing([Change::untold("password")]);
    let whose = (user, login.device);
    let (progress, writes) = go_on_in(&txn, app, viewer, policy, whose, Passed::NewPassword).await?;
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(progress)
}
