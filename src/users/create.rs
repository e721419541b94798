//! Makes a user, by platform staff.

use super::insert_in::{NewUser, PasswordChoice, announce_in, insert_in, login_is_free, taken};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::text::{Account, Email, Name};
use crate::base::{Error, Result};
use crate::entity::user::{self, AccountType, Locale};
use crate::passwords::policy;

/// A user that staff or a team manager types in.
#[derive(Clone, Copy, Debug)]
pub struct UserForm<'a> {
    /// The name.
    pub name: &'a str,
    /// The account.
    pub account: &'a str,
    /// The password.
    pub password: PasswordChoice<'a>,
    /// An address, which is only proposed.
    pub email: Option<&'a str>,
    /// The language.
    pub locale: Option<Locale>,
}

/// A user of a form that is in order, whose password is hashed, and that waits to be inserted.
#[derive(Debug)]
pub struct Prepared {
    /// The user to be made.
    pub new: NewUser,
    /// The password that the platform made, to be shown once.
    pub generated_password: Option<String>,
}

/// Reads the form; all that is wrong goes into `form`, each under `prefix`. The hash is taken here,
/// outside of any transaction.
pub async fn prepare(
    app: &App,
    form: &mut Form,
    prefix: &str,
    input: UserForm<'_>,
    account_type: AccountType,
) -> Result<Option<Prepared>> {
    let reader = app.database.reader();
    let policy = policy::current(reader).await?;
    let field = |name: &str| format!("{prefix}{name}");
    let name = form.take(&field("name"), Name::parse(input.name));
    let account = form.take(&field("account"), Account::parse(input.account));
    // Told with all that is wrong; who takes it between this look and the insert is told then.
    if let Some(account) = &account
        && !login_is_free(reader, &account.folded()).await?
    {
        form.refuse(&field("account"), taken());
    }
    let email = form.take_optional(&field("email"), input.email, Email::parse);
    let password = input
        .password
        .take(form, &policy, &field("password"), &[input.account, input.name]);
    let (Some(name), Some(account), Some(email), Some((password, generated))) =
        (name, account, email, password)
    else {
        return Ok(None);
    };
    if !form.is_clean() {
        return Ok(None);
    }
    let new = NewUser {
        name,
        account,
        account_type,
        password_hash: app.hasher.hash(&password).await?,
        must_change_password: policy.change_after_reset,
        email: None,
        proposed_email: email,
        locale: input.locale.unwrap_or_default(),
    };
    Ok(Some(Prepared {
        new,
        generated_password: generated.then(|| password.expose().to_owned()),
    }))
}

/// Makes the user; answers it with the password that the platform made, if it did.
pub async fn create(
    app: &App,
    viewer: &Viewer,
    input: UserForm<'_>,
    account_type: AccountType,
) -> Result<(user::Model, Option<String>)> {
    let grant = viewer.grant(Action::UserCreate)?;
    grant.to_make(account_type)?;
    let mut form = Form::default();
    let prepared = prepare(app, &mut form, "", input, account_type).await?;
    let Some(Prepared {
        new,
        generated_password,
    }) = prepared
    else {
        form.close()?;
        return Err(Error::internal("a form without errors and without values"));
    };

    let txn = app.begin().await?;
    let user = match insert_in(&txn, app, new).await? {
        Ok(user) => user,
        Err(field) => {
            form.refuse(field, taken());
            return form.close().and(Err(Error::NotFound));
        }
    };
    announce_in(&txn, app, &user).await?;
    let event = Event::done(Action::UserCreate)
        .on(&user)
        .changing(Change::set("accountType", Some(type_name(account_type))))
        .changing_personal(Change::set("proposedEmail", user.proposed_email.as_ref()));
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok((user, generated_password))
}

/// An account type, as the audit log names it.
#[must_use]
pub fn type_name(account_type: AccountType) -> &'static str {
    match account_type {
        AccountType::SuperAdmin => "SUPER_ADMIN",
        AccountType::PlatformAdmin => "PLATFORM_ADMIN",
        AccountType::Member => "MEMBER",
    }
}
