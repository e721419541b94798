//! Makes a user: the one way, for staff, team managers and registration.

use chrono::DateTime;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Set};

use crate::app::App;
use crate::base::Result;
use crate::base::error::UserErrorCode::{Invalid, Required, Taken};
use crate::base::form::{Flaw, Form};
use crate::base::id::{Id, UserId};
use crate::base::password::Password;
use crate::base::text::{Account, Email, Name};
use crate::codes::{self, Purpose};
use crate::entity::insert::insert_unless_taken;
use crate::entity::user::{AccountType, Locale};
use crate::entity::{login_name, user, user_search};
use crate::mail::letter::{self, Recipient};
use crate::passwords::{Policy, check, set_in};

/// How somebody else chooses a user's password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChoice<'a> {
    /// Typed.
    pub typed: Option<&'a str>,
    /// Or made by the platform.
    pub generate: bool,
}

impl PasswordChoice<'_> {
    /// Reads the choice: exactly one of the two. Answers the password, and whether it was generated.
    pub fn take(
        self,
        form: &mut Form,
        policy: &Policy,
        field: &str,
        known: &[&str],
    ) -> Option<(Password, bool)> {
        match (self.typed, self.generate) {
            (None, true) => Some((check::generate(policy), true)),
            (Some(text), false) => {
                check::take(form, policy, field, text, known).map(|password| (password, false))
            }
            (None, false) => {
                form.refuse(
                    field,
                    Flaw::new(Required, "Type a password, or have one generated."),
                );
                None
            }
            (Some(_), true) => {
                form.refuse(
                    field,
                    Flaw::new(Invalid, "Type a password or have one generated, not both."),
                );
                None
            }
        }
    }
}

/// A user to be made.
#[derive(Debug)]
pub struct NewUser {
    /// The name.
    pub name: Name,
    /// The account.
    pub account: Account,
    /// The account type.
    pub account_type: AccountType,
    /// The password's hash.
    pub password_hash: String,
    /// Whether the password has to be changed at the next login.
    pub must_change_password: bool,
    /// The address that was proved to be the user's.
    pub email: Option<Email>,
    /// The address that somebody else typed.
    pub proposed_email: Option<Email>,
    /// The language.
    pub locale: Locale,
}

/// Makes the user. The inner error is the field, `account` or `email`, whose value somebody has.
pub async fn insert_in(
    txn: &impl ConnectionTrait,
    app: &App,
    new: NewUser,
) -> Result<Result<user::Model, &'static str>> {
    let now = app.now();
    let row = user::Model {
        id: UserId::new(now),
        name_folded: new.name.folded(),
        name: new.name.into_string(),
        account_folded: new.account.folded(),
        account: new.account.into_string(),
        account_type: new.account_type,
        super_admin_slot: (new.account_type == AccountType::SuperAdmin).then_some(1),
        // An address that is proved from the start is the one that somebody registered with.
        registered_at: new.email.is_some().then_some(now),
        email_folded: new.email.as_ref().map(Email::folded),
        email: new.email.map(Email::into_string),
        proposed_email: new.proposed_email.as_ref().map(|email| email.as_str().to_owned()),
        locale: new.locale,
        must_change_password: new.must_change_password,
        disabled_at: None,
        locked_until: None,
        last_login_at: None,
        last_login_sort: DateTime::UNIX_EPOCH,
        created_at: now,
    };
    user::Entity::insert(active(&row))
        .exec_without_returning(txn)
        .await?;
    let found_by = user_search::Model::from(&row).into_active_model();
    user_search::Entity::insert(found_by)
        .exec_without_returning(txn)
        .await?;
    let email = row
        .email_folded
        .as_ref()
        .filter(|email| **email != row.account_folded);
    let mut names = vec![(&row.account_folded, "account")];
    names.extend(email.map(|email| (email, "email")));
    // In their own order: two who register crosswise, each with the other's account as email, do not wait for each other.
    names.sort_unstable();
    for (name, field) in names {
        if !claim_login_in(txn, row.id, name).await? {
            return Ok(Err(field));
        }
    }
    set_in::first_in(txn, app, row.id, new.password_hash).await?;
    Ok(Ok(row))
}

/// Takes a name of the login namespace. Of many who reach for it at once, one gets it.
pub async fn claim_login_in(txn: &impl ConnectionTrait, user_id: UserId, login: &str) -> Result<bool> {
    let row = login_name::ActiveModel {
        login: Set(login.to_owned()),
        user_id: Set(user_id),
    };
    let ours = login_name::Column::UserId.eq(user_id);
    Ok(insert_unless_taken(txn, row, [login_name::Column::Login], ours).await?)
}

/// Whether nobody logs in with this.
pub async fn login_is_free(connection: &impl ConnectionTrait, login: &str) -> Result<bool> {
    let holder = login_name::Entity::find_by_id(login.to_owned())
        .one(connection)
        .await?;
    Ok(holder.is_none())
}

/// What is said when the name of an account is somebody's.
#[must_use]
pub fn taken() -> Flaw {
    Flaw::new(Taken, "Somebody logs in with this already.")
}

/// Writes to an address that somebody typed for a new user: that the account exists, and the code
/// that binds the address.
pub async fn announce_in(
    txn: &crate::entity::database::Transaction,
    app: &App,
    user: &user::Model,
) -> Result<()> {
    let Some(email) = user.proposed_email.clone().map(Email::trusted) else {
        return Ok(());
    };
    let code = codes::issue_in(txn, app, Purpose::BindEmail(user.id), &email).await?;
    let to = Recipient::at(email, user);
    app.send_in(txn, &letter::account_created(&to, &user.account, &code))
        .await
}

fn active(row: &user::Model) -> user::ActiveModel {
    user::ActiveModel {
        id: Set(row.id),
        name: Set(row.name.clone()),
        name_folded: Set(row.name_folded.clone()),
        account: Set(row.account.clone()),
        account_folded: Set(row.account_folded.clone()),
        account_type: Set(row.account_type),
        super_admin_slot: Set(row.super_admin_slot),
        email: Set(row.email.clone()),
        email_folded: Set(row.email_folded.clone()),
        proposed_email: Set(row.proposed_email.clone()),
        locale: Set(row.locale),
        must_change_password: Set(row.must_change_password),
        disabled_at: Set(row.disabled_at),
        locked_until: Set(row.locked_until),
        last_login_at: Set(row.last_login_at),
        last_login_sort: Set(row.last_login_sort),
        created_at: Set(row.created_at),
        registered_at: Set(row.registered_at),
    }
}
