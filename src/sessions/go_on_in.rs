//! What comes next in a login: another step, or the session.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde_json::Value;

use super::challenge::wait_in;
use super::new_device::{self, Meeting};
use super::open::{Tokens, making_room, open};
use super::standing::Standing;
use crate::access::Viewer;
use crate::app::App;
use crate::base::Result;
use crate::base::id::{DeviceId, Id};
use crate::entity::database::Transaction;
use crate::entity::login_challenge::{self, Step};
use crate::entity::together::Together;
use crate::entity::{session, user};
use crate::limits::SESSIONS;
use crate::passkeys;
use crate::passwords::policy::Policy;
use crate::secret::token;

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

/// Goes on with the login of a user whose row is locked. What it writes at last is for the event's statement.
pub async fn go_on_in(
    txn: &Transaction,
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    whose: (user::Model, Option<DeviceId>),
    passed: Passed,
) -> Result<(Progress, Together)> {
    let standing = Standing::of_in(txn, &whose.0).await?;
    go_on_from_in(txn, app, viewer, policy, whose, (passed, standing)).await
}

/// The same, of a user whose standing is known.
pub(super) async fn go_on_from_in(
    txn: &Transaction,
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    (user, device): (user::Model, Option<DeviceId>),
    (passed, standing): (Passed, Standing),
) -> Result<(Progress, Together)> {
    if let Some(step) = next(app, policy, &user, passed, &standing) {
        let asked = match step {
            Step::Totp | Step::Passkey => passkeys::challenge_of(txn, app, user.id).await?,
            Step::TotpEnrolment | Step::PasswordChange => None,
        };
        let (passkey_options, state) = asked.map(|asked| (asked.options, asked.state)).unzip();
        let challenge = wait_in(txn, app, &user, device, step, state).await?;
        let waits = Progress::Waits {
            step,
            challenge,
            passkey_options,
        };
        return Ok((waits, Together::default()));
    }
    if device.is_none() {
        new_device::meet_in(txn, app, viewer, &user, Meeting::Login).await?;
    }
    let (now, previous_login_at) = (app.now(), user.last_login_at);
    let (session, tokens) = open(app, &viewer.origin, user.id)?;
    let writes = arriving(&user, &standing, now).insert::<session::Entity>(vec![session]);
    let device = device.unwrap_or_else(|| DeviceId::new(now));
    let done = Done {
        device_token: token::print_device(&app.keys, device, user.id, now),
        user: user::Model {
            last_login_at: Some(now),
            last_login_sort: now,
            locked_until: None,
            ..user
        },
        tokens,
        previous_login_at,
        failed_attempts: u64::try_from(standing.failures).unwrap_or_default(),
    };
    Ok((Progress::Done(Box::new(done)), writes))
}

/// What is written of a login that has come to its end, but for its session: no other of the user waits any more.
fn arriving(user: &user::Model, standing: &Standing, now: DateTime<Utc>) -> Together {
    let update = user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(Some(now)))
        .col_expr(user::Column::LastLoginSort, Expr::value(now))
        .filter(user::Column::Id.eq(user.id));
    let mut writes = Together::default().update(update.into_query());
    if standing.challenges > 0 {
        let others =
            login_challenge::Entity::delete_many().filter(login_challenge::Column::UserId.eq(user.id));
        writes = writes.delete(others.into_query());
    }
    if u64::try_from(standing.sessions).unwrap_or_default() >= SESSIONS {
        writes = writes.delete(making_room(user.id));
    }
    writes
}

fn next(app: &App, policy: &Policy, user: &user::Model, passed: Passed, standing: &Standing) -> Option<Step> {
    if passed < Passed::SecondFactor {
        if standing.totp > 0 {
            return Some(Step::Totp);
        }
        if standing.passkeys > 0 {
            return Some(Step::Passkey);
        }
        if user.account_type.is_staff() && app.settings.require_staff_totp {
            return Some(Step::TotpEnrolment);
        }
    }
    let is_due = user.must_change_password || is_expired(app, policy, standing);
    (passed < Passed::NewPassword && is_due).then_some(Step::PasswordChange)
}

fn is_expired(app: &App, policy: &Policy, standing: &Standing) -> bool {
    let life = TimeDelta::days(i64::from(policy.expires_after_days));
    policy.expires_after_days > 0 && standing.password_set_at + life <= app.now()
}
