//! What comes next in a login: another step, or the session.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::Value;

use super::challenge::wait_in;
use super::new_device::{self, Meeting};
use super::open_in::{Tokens, open_in};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::id::{DeviceId, Id};
use crate::base::{Error, Result};
use crate::entity::audit_event::{self, AuditOutcome};
use crate::entity::database::Transaction;
use crate::entity::login_challenge::{self, Step};
use crate::entity::{credential, user};
use crate::passkeys;
use crate::passwords::policy::Policy;
use crate::secret::token;
use crate::totp;

/// How far a login has come.
#[derive(Debug)]
pub enum Progress {
    /// Somebody is signed in.
    Done(Box<Done>),
    /// It waits.
    Waits {
        /// What for.
        step: Step,
        /// What the next step shows.
        challenge: String,
        /// What a passkey may sign for the next step, as the options of `navigator.credentials.get`.
        passkey_options: Option<Value>,
    },
}

/// Somebody who has logged in.
#[derive(Debug)]
pub struct Done {
    /// Who.
    pub user: user::Model,
    /// Their tokens.
    pub tokens: Tokens,
    /// What makes this device known at the next login.
    pub device_token: String,
    /// When they logged in before.
    pub previous_login_at: Option<DateTime<Utc>>,
    /// How many logins to the account have failed since then.
    pub failed_attempts: u64,
}

/// What a login has shown so far, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// The password.
    Password,
    /// The second factor too, or its enrolment; or a passkey alone, which is two factors.
    SecondFactor,
    /// And a new password.
    NewPassword,
}

impl Progress {
    /// The name of the step that it waits for, as the schema has it.
    #[must_use]
    pub fn waits_for(&self) -> Option<&'static str> {
        match self {
            Self::Done(_) => None,
            Self::Waits { step, .. } => Some(match step {
                Step::Totp => "TOTP_REQUIRED",
                Step::TotpEnrolment => "TOTP_ENROLMENT_REQUIRED",
                Step::Passkey => "PASSKEY_REQUIRED",
                Step::PasswordChange => "PASSWORD_CHANGE_REQUIRED",
            }),
        }
    }
}

/// Goes on with the login of a user whose row is locked.
pub async fn go_on_in(
    txn: &Transaction,
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    (user, device): (user::Model, Option<DeviceId>),
    passed: Passed,
) -> Result<Progress> {
    if let Some(step) = next_in(txn, app, policy, &user, passed).await? {
        let asked = match step {
            Step::Totp | Step::Passkey => passkeys::challenge_of(txn, app, user.id).await?,
            Step::TotpEnrolment | Step::PasswordChange => None,
        };
        let (passkey_options, state) = asked.map(|asked| (asked.options, asked.state)).unzip();
        let challenge = wait_in(txn, app, &user, device, step, state).await?;
        return Ok(Progress::Waits {
            step,
            challenge,
            passkey_options,
        });
    }
    login_challenge::Entity::delete_many()
        .filter(login_challenge::Column::UserId.eq(user.id))
        .exec(txn)
        .await?;
    let (now, previous_login_at) = (app.now(), user.last_login_at);
    let failed_attempts = failures_in(txn, &user).await?;
    user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(Some(now)))
        .col_expr(user::Column::LastLoginSort, Expr::value(now))
        .filter(user::Column::Id.eq(user.id))
        .exec(txn)
        .await?;
    if device.is_none() {
        new_device::meet_in(txn, app, viewer, &user, Meeting::Login).await?;
    }
    let (_, tokens) = open_in(txn, app, &viewer.origin, user.id).await?;
    let device = device.unwrap_or_else(|| DeviceId::new(now));
    Ok(Progress::Done(Box::new(Done {
        device_token: token::print_device(&app.keys, device, user.id, now),
        user: user::Model {
            last_login_at: Some(now),
            last_login_sort: now,
            locked_until: None,
            ..user
        },
        tokens,
        previous_login_at,
        failed_attempts,
    })))
}

async fn next_in(
    txn: &Transaction,
    app: &App,
    policy: &Policy,
    user: &user::Model,
    passed: Passed,
) -> Result<Option<Step>> {
    if passed < Passed::SecondFactor {
        if totp::is_on_in(txn, user.id).await? {
            return Ok(Some(Step::Totp));
        }
        if passkeys::has_any_in(txn, user.id).await? {
            return Ok(Some(Step::Passkey));
        }
        if user.account_type.is_staff() && app.settings.require_staff_totp {
            return Ok(Some(Step::TotpEnrolment));
        }
    }
    if passed < Passed::NewPassword
        && (user.must_change_password || is_expired_in(txn, app, policy, user).await?)
    {
        return Ok(Some(Step::PasswordChange));
    }
    Ok(None)
}

async fn is_expired_in(txn: &Transaction, app: &App, policy: &Policy, user: &user::Model) -> Result<bool> {
    if policy.expires_after_days == 0 {
        return Ok(false);
    }
    let credential = credential::Entity::find_by_id(user.id)
        .one(txn)
        .await?
        .ok_or(Error::Unauthenticated)?;
    let life = TimeDelta::days(i64::from(policy.expires_after_days));
    Ok(credential.password_set_at + life <= app.now())
}

/// How many logins to the account have failed since the last that did not.
async fn failures_in(txn: &impl ConnectionTrait, user: &user::Model) -> Result<u64> {
    let since = user.last_login_at.unwrap_or(user.created_at);
    let logins = [Action::Login, Action::LoginComplete, Action::PasskeyLoginFinish].map(Action::name);
    let count = audit_event::Entity::find()
        .filter(audit_event::Column::TargetId.eq(user.id.to_string()))
        .filter(audit_event::Column::Action.is_in(logins))
        .filter(audit_event::Column::Outcome.eq(AuditOutcome::Failed))
        .filter(audit_event::Column::CreatedAt.gt(since))
        .count(txn)
        .await?;
    Ok(count)
}
