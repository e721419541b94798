//! Counts the tries of an account's secrets before they are made: passwords, dynamic codes, recovery codes.
//!
//! The try that reaches the policy's number locks even before it is checked; when it turns out right, the lock
//! goes again. So no parallel guess gets past the number, on any number of nodes: the count is one statement.
//! Guesses from anywhere count for the account. A device that is known has a count of its own, and so has a session: a
//! stranger who guesses does not keep the owner out. What names no account is counted in the same way.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{DeleteStatement, Expr, UpdateStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};

use super::policy::{self, Policy};
use crate::access::Viewer;
use crate::app::App;
use crate::base::error::UserErrorCode::IncorrectPassword;
use crate::base::id::{DeviceId, SessionId, UserId};
use crate::base::password::Password;
use crate::base::tally::Tally;
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::entity::together::Together;
use crate::entity::{credential, user};
use crate::limits::{self, Limit, Taken};
use crate::mail::letter::{self, Recipient};

/// On whose count a try goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// The account's, from wherever.
    Account(UserId),
    /// The account's, from a device that an earlier login made known.
    Device(UserId, DeviceId),
    /// The account's, from a session.
    Session(UserId, SessionId),
    /// Of a login that names nobody, folded.
    Nobody(String),
}

impl Count {
    fn subject(&self) -> String {
        match self {
            Self::Account(user_id) => user_id.to_string(),
            Self::Device(user_id, device_id) => format!("{user_id}/{device_id}"),
            Self::Session(_, session_id) => session_id.to_string(),
            Self::Nobody(typed) => format!("nobody/{typed}"),
        }
    }
}

/// What a try may do.
#[derive(Debug)]
pub enum Attempt {
    /// It may be checked.
    Open(Try),
    /// There are none left for a while.
    Locked {
        /// Seconds until there are.
        retry_after: u64,
    },
}

/// A try that was counted.
#[derive(Debug)]
pub struct Try {
    count: Count,
    limit: Limit,
    /// Whether a failure of this one leaves the count locked.
    pub is_last: bool,
}

/// Tries of one count (`domain.md`, "Password policy").
fn limit(policy: &Policy) -> Limit {
    Limit {
        name: "failures",
        most: policy.lock_after_failures,
        window: TimeDelta::minutes(i64::from(policy.failure_window_minutes)),
        lock: Some(TimeDelta::minutes(i64::from(policy.lock_minutes))),
    }
}

/// Counts a try, and commits that at once.
pub async fn begin(app: &App, tally: &Tally, policy: &Policy, count: Count) -> Result<Attempt> {
    let limit = limit(policy);
    let left = match limits::take(app, tally, &limit, &count.subject()).await? {
        Taken::No { retry_after } => return Ok(Attempt::Locked { retry_after }),
        Taken::Yes { left } => left,
    };
    let is_last = left == 0;
    let whose = match &count {
        Count::Account(user_id) => Some(*user_id),
        // The same statement for whom nobody is.
        Count::Nobody(_) => Some(UserId(uuid::Uuid::nil())),
        Count::Device(..) | Count::Session(..) => None,
    };
    if let (true, Some(user_id)) = (is_last, whose) {
        let lock = TimeDelta::minutes(i64::from(policy.lock_minutes));
        let shown = showing_lock(user_id, Some(app.now() + lock));
        app.database.execute(&shown).await?;
    }
    Ok(Attempt::Open(Try {
        count,
        limit,
        is_last,
    }))
}

impl Try {
    /// It was right, and there is nothing more to guess: its count goes.
    pub async fn forget_in(&self, txn: &impl ConnectionTrait, app: &App) -> Result<()> {
        txn.execute(&self.forgetting(app)).await?;
        self.unlock_in(txn).await
    }

    /// The same, of a user whose row is locked: what is left of it to be written with what else is.
    pub async fn forget_with_in(
        &self,
        txn: &impl ConnectionTrait,
        app: &App,
        user: &user::Model,
        writes: Together,
    ) -> Result<Together> {
        if user.locked_until.is_some() {
            self.unlock_in(txn).await?;
        }
        Ok(writes.delete(self.forgetting(app)))
    }

    fn forgetting(&self, app: &App) -> DeleteStatement {
        limits::forgetting(&app.keys, &self.limit, &self.count.subject())
    }

    /// It was right, but there is more to guess: it alone is taken from the count.
    pub async fn give_back_in(&self, txn: &impl ConnectionTrait, app: &App) -> Result<()> {
        limits::give_back_in(txn, &app.keys, &self.limit, &self.count.subject()).await?;
        self.unlock_in(txn).await
    }

    async fn unlock_in(&self, txn: &impl ConnectionTrait) -> Result<()> {
        match self.count {
            Count::Account(user_id) => show_open(txn, user_id).await,
            _ => Ok(()),
        }
    }

    /// It was wrong. Tells the owner, when that has locked the account; where there is none, the letter goes to nobody.
    pub async fn fail(&self, app: &App) -> Result<()> {
        let whose = match self.count {
            Count::Account(user_id) => user::Column::Id.eq(user_id),
            Count::Nobody(_) => user::Column::SuperAdminSlot.eq(1),
            Count::Device(..) | Count::Session(..) => return Ok(()),
        };
        if !self.is_last {
            return Ok(());
        }
        let txn = app.begin().await?;
        if let Some(user) = user::Entity::find().filter(whose).one(&txn).await? {
            let is_owner = matches!(self.count, Count::Account(_));
            let to = if is_owner {
                Recipient::of(&user)
            } else {
                Some(Recipient::at(
                    Email::trusted("nobody@example.invalid".to_owned()),
                    &user,
                ))
            };
            if let Some(to) = to {
                let until = user.locked_until.unwrap_or_else(|| app.now());
                let letter = letter::account_locked(&to, &user.account, until);
                app.send_in(&txn, &if is_owner { letter } else { letter.decoy() })
                    .await?;
            }
        }
        app.commit(txn).await
    }
}

/// Shows on the user that the account is not locked any more.
async fn show_open(txn: &impl ConnectionTrait, user_id: UserId) -> Result<()> {
    txn.execute(&showing_lock(user_id, None)).await?;
    Ok(())
}

/// What shows on the user that the account is locked, or not any more. The count is what decides; this is what lists tell.
fn showing_lock(user_id: UserId, until: Option<DateTime<Utc>>) -> UpdateStatement {
    let mut update = user::Entity::update_many()
        .col_expr(user::Column::LockedUntil, Expr::value(until))
        .filter(user::Column::Id.eq(user_id));
    if until.is_none() {
        update = update.filter(user::Column::LockedUntil.is_not_null());
    }
    update.into_query()
}

/// Forgets the account's failures, those of its known devices too, and lifts its lock: staff do, and a new password.
pub async fn forget_in(
    txn: &impl ConnectionTrait,
    app: &App,
    policy: &Policy,
    user_id: UserId,
) -> Result<()> {
    let count = Count::Account(user_id);
    limits::forget_family_in(txn, &app.keys, &limit(policy), &count.subject()).await?;
    show_open(txn, user_id).await
}

/// Checks the current password of somebody who is signed in; a wrong one counts for the session. The try stays counted
/// until the caller forgets it.
pub async fn current(app: &App, viewer: &Viewer, field: &str, password: &str) -> Result<Try> {
    let user = viewer.user()?;
    let count = Count::Session(user.user_id, user.session_id);
    let incorrect = || Error::user(IncorrectPassword, field, "The password is not right.");
    let Ok(password) = Password::parse(password) else {
        return Err(incorrect());
    };
    let place = app.hasher.admit()?;
    let reader = app.database.reader();
    let policy = policy::current(reader).await?;
    let attempt = match begin(app, &viewer.origin.tally, &policy, count).await? {
        Attempt::Locked { retry_after } => return Err(Error::RateLimited { retry_after }),
        Attempt::Open(attempt) => attempt,
    };
    let credential = credential::Entity::find_by_id(user.user_id)
        .one(reader)
        .await?
        .ok_or(Error::Unauthenticated)?;
    let hash = Some(credential.password_hash.as_str());
    if app.hasher.verify(place, &password, hash).await? {
        Ok(attempt)
    } else {
        Err(incorrect())
    }
}

/// The same where the password is all that is asked for.
pub async fn check_current(app: &App, viewer: &Viewer, field: &str, password: &str) -> Result<()> {
    let attempt = current(app, viewer, field, password).await?;
    let txn = app.begin().await?;
    attempt.forget_in(&txn, app).await?;
    app.commit(txn).await
}
