//! Logs in, by account or bound email and password.
//!
//! Every failure is one and the same error, and takes as long as a success: an unknown login is
//! counted and hashed like a known one.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use super::open_in::{Tokens, open_in};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::InvalidCredentials;
use crate::base::id::{ChallengeId, Id};
use crate::base::password::Password;
use crate::base::text::fold;
use crate::base::{Error, Result};
use crate::entity::audit_event::AuditOutcome;
use crate::entity::database::Transaction;
use crate::entity::{login_challenge, login_name, user};
use crate::limits::{self, Limit};
use crate::passwords::attempt::{self, Attempt};
use crate::passwords::policy::{self, Policy};
use crate::secret::token;

/// The name of the step that asks for a new password.
pub const PASSWORD_CHANGE: &str = "PASSWORD_CHANGE";
/// How long a login waits for its next step.
const CHALLENGE_LIFE: TimeDelta = TimeDelta::minutes(10);
/// What is counted for a login that names nobody: it costs what the count of a known one does.
const UNKNOWN_LOGIN: Limit = Limit {
    name: "unknown-login",
    most: 5,
    window: TimeDelta::minutes(15),
    lock: None,
};

/// How far a login has come.
#[derive(Debug)]
pub enum Step {
    /// Somebody is signed in.
    Done {
        /// Who.
        user: Box<user::Model>,
        /// Their tokens.
        tokens: Tokens,
    },
    /// The password has to be changed first.
    PasswordChangeRequired {
        /// What the next step shows.
        challenge: String,
    },
}

/// The one failure.
pub(super) fn failure(field: &str) -> Error {
    Error::user(
        InvalidCredentials,
        field,
        "The login failed. Check what you typed, or try again later.",
    )
}

/// Logs in.
pub async fn login(app: &App, viewer: &Viewer, login: &str, password: &str) -> Result<Step> {
    let user = find_user(app, login).await?;
    let attempt = if let Some(user) = &user {
        Some(attempt::begin(app, user.id).await?)
    } else {
        let typed: String = login.chars().take(254).collect();
        limits::take(app, &viewer.origin.tally, &UNKNOWN_LOGIN, &fold(&typed)).await?;
        None
    };
    let (hash, set_at, is_last) = match &attempt {
        Some(Attempt::Open {
            hash,
            set_at,
            is_last,
        }) => (Some(hash.as_str()), Some(*set_at), *is_last),
        _ => (None, None, false),
    };
    let right = match Password::parse(password) {
        Ok(password) => app.hasher.verify(&password, hash).await?,
        Err(_) => false,
    };
    if let (true, Some(user), Some(set_at)) = (right, &user, set_at)
        && let Some(step) = succeed(app, viewer, user, set_at).await?
    {
        return Ok(step);
    }
    let mut event = Event::not_done(Action::Login, AuditOutcome::Failed);
    if let Some(user) = &user {
        event = event.on(user);
        if is_last {
            attempt::tell_of_lock(app, user.id).await?;
        }
    }
    app.refuse(viewer, event).await?;
    app.outbox.wake();
    Err(failure(""))
}

async fn find_user(app: &App, login: &str) -> Result<Option<user::Model>> {
    // Nobody's login is longer, or holds a NUL, which PostgreSQL does not even compare.
    if login.len() > 254 || login.contains('\0') {
        return Ok(None);
    }
    let reader = app.database.reader();
    let Some(name) = login_name::Entity::find_by_id(fold(login)).one(reader).await? else {
        return Ok(None);
    };
    Ok(user::Entity::find_by_id(name.user_id).one(reader).await?)
}

/// The password was right. `None` when the user was disabled or given another password meanwhile.
async fn succeed(
    app: &App,
    viewer: &Viewer,
    user: &user::Model,
    password_set_at: DateTime<Utc>,
) -> Result<Option<Step>> {
    let txn = app.begin().await?;
    let Some(user) = user::Entity::find_by_id(user.id)
        .lock_exclusive()
        .one(&txn)
        .await?
    else {
        return Ok(None);
    };
    let credential = crate::entity::credential::Entity::find_by_id(user.id)
        .one(&txn)
        .await?;
    let unchanged = credential.is_some_and(|credential| credential.password_set_at == password_set_at);
    if user.disabled_at.is_some() || !unchanged {
        return Ok(None);
    }
    attempt::forget_in(&txn, user.id).await?;
    let policy = policy::current(&txn).await?;
    let event = Event::done(Action::Login).by(&user).on(&user);
    if user.must_change_password || is_expired(&policy, password_set_at, app.now()) {
        let challenge = challenge_in(&txn, app, &user).await?;
        let step = Change::new("step", None::<&str>, Some("PASSWORD_CHANGE_REQUIRED"));
        app.record_in(&txn, viewer, event.changing([step])).await?;
        app.commit(txn).await?;
        return Ok(Some(Step::PasswordChangeRequired { challenge }));
    }
    let (user, tokens) = sign_in(&txn, app, viewer, user).await?;
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(Some(Step::Done {
        user: Box::new(user),
        tokens,
    }))
}

/// Opens the session at the end of a login, and notes the time.
pub(super) async fn sign_in(
    txn: &Transaction,
    app: &App,
    viewer: &Viewer,
    user: user::Model,
) -> Result<(user::Model, Tokens)> {
    let now = app.now();
    user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(Some(now)))
        .col_expr(user::Column::LastLoginSort, Expr::value(now))
        .filter(user::Column::Id.eq(user.id))
        .exec(txn)
        .await?;
    let (_, tokens) = open_in(txn, app, &viewer.origin, user.id).await?;
    Ok((
        user::Model {
            last_login_at: Some(now),
            last_login_sort: now,
            locked_until: None,
            ..user
        },
        tokens,
    ))
}

async fn challenge_in(txn: &impl ConnectionTrait, app: &App, user: &user::Model) -> Result<String> {
    let now = app.now();
    // One login at a time waits: the one before is over.
    login_challenge::Entity::delete_many()
        .filter(login_challenge::Column::UserId.eq(user.id))
        .exec(txn)
        .await?;
    let id = ChallengeId::new(now);
    let row = login_challenge::ActiveModel {
        id: Set(id),
        user_id: Set(user.id),
        step: Set(PASSWORD_CHANGE.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + CHALLENGE_LIFE),
    };
    login_challenge::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(token::print_challenge(&app.keys, id))
}

fn is_expired(policy: &Policy, set_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    policy.expires_after_days > 0 && set_at + TimeDelta::days(i64::from(policy.expires_after_days)) <= now
}
