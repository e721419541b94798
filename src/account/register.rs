//! Registers a member with a mailed code, and with an invitation code straight into a team.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::settings::Registration;
use crate::base::text::{Account, Email, Name};
use crate::base::{Error, Result};
use crate::codes::{self, Purpose};
use crate::entity::session;
use crate::entity::together::Together;
use crate::entity::user::{self, AccountType, Locale};
use crate::invitations::redeem_in;
use crate::passwords::{check, policy};
use crate::sessions::Tokens;
use crate::sessions::new_device::{self, Meeting};
use crate::sessions::open::open;
use crate::users::insert_in::{NewUser, insert_in, taken};

/// Somebody who registers.
#[derive(Debug)]
pub struct Register<'a> {
    /// The name.
    pub name: &'a str,
    /// The account.
    pub account: &'a str,
    /// The password.
    pub password: &'a str,
    /// The same again.
    pub password_confirmation: &'a str,
    /// The address that the code went to.
    pub email: &'a str,
    /// The mailed code.
    pub verification_code: &'a str,
    /// An invitation code.
    pub invitation_code: Option<&'a str>,
    /// The language.
    pub locale: Option<Locale>,
}

/// Registers and signs in. Who exists is told only after a valid mailed code; a bad invitation code
/// fails the whole, and costs a try of the mailed one.
pub async fn register(app: &App, viewer: &Viewer, input: Register<'_>) -> Result<(user::Model, Tokens)> {
    if app.settings.registration == Registration::Closed {
        return Err(Error::Forbidden {
            requires: Action::UserCreate.requirement_names(),
        });
    }
    let policy = policy::current(app.database.reader()).await?;
    let mut form = Form::default();
    let name = form.take("name", Name::parse(input.name));
    let account = form.take("account", Account::parse(input.account));
    let password = check::take_confirmed(
        &mut form,
        &policy,
        ("password", input.password),
        ("passwordConfirmation", input.password_confirmation),
        &[input.account, input.name],
    );
    let email = form.take("email", Email::parse(input.email));
    let (name, account, password, email) = form.finish((name, account, password, email))?;
    let proof = codes::try_code(
        app,
        &viewer.origin.tally,
        Purpose::Register,
        &email,
        input.verification_code,
        "verificationCode",
    )
    .await?;
    let password_hash = app.hasher.hash(&password).await?;

    let txn = app.begin().await?;
    codes::spend_in(&txn, &proof, "verificationCode").await?;
    let new = NewUser {
        name,
        account,
        account_type: AccountType::Member,
        password_hash,
        must_change_password: false,
        email: Some(email),
        proposed_email: None,
        locale: input.locale.unwrap_or_default(),
    };
    let user = match insert_in(&txn, app, new).await? {
        Ok(user) => user,
        Err(field) => {
            let flaw = taken();
            return Err(Error::user(flaw.code, field, flaw.message));
        }
    };
    let mut event = Event::done(Action::Register).by(&user).on(&user);
    if let Some(code) = input.invitation_code {
        let redeemed = redeem_in(&txn, app, &user, code)
            .await?
            .map_err(|flaw| Error::user(flaw.code, "invitationCode", flaw.message))?;
        let change = Change::new("role", None::<&str>, Some(&redeemed.role.name));
        event = event.in_team(redeemed.team.id).changing([change]);
    }
    new_device::meet_in(&txn, app, viewer, &user, Meeting::Registration).await?;
    let (session, tokens) = open(app, &viewer.origin, user.id)?;
    let writes = Together::default().insert::<session::Entity>(vec![session]);
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok((user, tokens))
}
