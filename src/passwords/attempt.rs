//! Counts the tries of a password before they are made.
//!
//! The try that reaches the policy's number locks the account even before it is checked; when it
//! turns out right, the lock goes again. So no parallel guess gets past the number.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::policy;
use crate::app::App;
use crate::base::error::UserErrorCode::IncorrectPassword;
use crate::base::id::UserId;
use crate::base::password::Password;
use crate::base::{Error, Result};
use crate::entity::{credential, user};
use crate::mail::letter::{self, Recipient};

/// What a try may do.
#[derive(Debug)]
pub enum Attempt {
    /// The password may be checked against this hash.
    Open {
        /// The hash.
        hash: String,
        /// When the password was set.
        set_at: DateTime<Utc>,
        /// Whether a failure of this try leaves the account locked.
        is_last: bool,
    },
    /// The account is locked.
    Locked {
        /// Seconds until it is not.
        retry_after: u64,
    },
}

/// Counts a try of this user's password, and commits that at once.
pub async fn begin(app: &App, user_id: UserId) -> Result<Attempt> {
    let txn = app.begin().await?;
    let now = app.now();
    let policy = policy::current(&txn).await?;
    let user = user::Entity::find_by_id(user_id)
        .lock_exclusive()
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    let credential = credential::Entity::find_by_id(user_id)
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(until) = user.locked_until.filter(|until| now < *until) {
        let seconds = u64::try_from((until - now).num_seconds()).unwrap_or_default() + 1;
        return Ok(Attempt::Locked { retry_after: seconds });
    }
    let window = TimeDelta::minutes(i64::from(policy.failure_window_minutes));
    // A lock that is over starts the count anew, and so does a window that is.
    let first = credential
        .first_failure_at
        .filter(|first| user.locked_until.is_none() && now < *first + window);
    let failures = if first.is_some() { credential.failures } else { 0 } + 1;
    let is_last = failures >= policy.lock_after_failures;
    let lock = TimeDelta::minutes(i64::from(policy.lock_minutes));
    credential::Entity::update_many()
        .col_expr(credential::Column::Failures, Expr::value(failures))
        .col_expr(
            credential::Column::FirstFailureAt,
            Expr::value(Some(first.unwrap_or(now))),
        )
        .filter(credential::Column::UserId.eq(user_id))
        .exec(&txn)
        .await?;
    if is_last || user.locked_until.is_some() {
        user::Entity::update_many()
            .col_expr(
                user::Column::LockedUntil,
                Expr::value(is_last.then_some(now + lock)),
            )
            .filter(user::Column::Id.eq(user_id))
            .exec(&txn)
            .await?;
    }
    txn.commit().await?;
    Ok(Attempt::Open {
        hash: credential.password_hash,
        set_at: credential.password_set_at,
        is_last,
    })
}

/// The try was right, or staff lift the lock: the count and its lock go.
pub async fn forget_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<()> {
    credential::Entity::update_many()
        .col_expr(credential::Column::Failures, Expr::value(0))
        .col_expr(
            credential::Column::FirstFailureAt,
            Expr::value(None::<DateTime<Utc>>),
        )
        .filter(credential::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    user::Entity::update_many()
        .col_expr(user::Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(user::Column::Id.eq(user_id))
        .exec(txn)
        .await?;
    Ok(())
}

/// Tells the owner of an account that it is locked.
pub async fn tell_of_lock(app: &App, user_id: UserId) -> Result<()> {
    let txn = app.begin().await?;
    let user = user::Entity::find_by_id(user_id).one(&txn).await?;
    if let Some(user) = user
        && let (Some(to), Some(until)) = (Recipient::of(&user), user.locked_until)
    {
        app.send_in(&txn, &letter::account_locked(&to, &user.account, until))
            .await?;
    }
    app.commit(txn).await
}

/// Checks the current password of somebody who is signed in; a wrong one counts as at a login.
pub async fn check_current(app: &App, user_id: UserId, field: &str, password: &str) -> Result<()> {
    let incorrect = || Error::user(IncorrectPassword, field, "The password is not right.");
    let Ok(password) = Password::parse(password) else {
        return Err(incorrect());
    };
    match begin(app, user_id).await? {
        Attempt::Locked { retry_after } => Err(Error::RateLimited { retry_after }),
        Attempt::Open { hash, is_last, .. } => {
            if app.hasher.verify(&password, Some(&hash)).await? {
                let txn = app.begin().await?;
                forget_in(&txn, user_id).await?;
                return app.commit(txn).await;
            }
            if is_last {
                tell_of_lock(app, user_id).await?;
            }
            Err(incorrect())
        }
    }
}
