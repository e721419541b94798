//! Takes one of what a limit allows.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use super::Limit;
use crate::app::App;
use crate::base::tally::Tally;
use crate::base::{Error, Result};
use crate::entity::counter;
use crate::entity::insert::insert_if_missing;
use crate::secret::Keys;
use crate::secret::keys::Use;

/// Whether one was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was, and is taken.
    Yes,
    /// None was left.
    No {
        /// Seconds until there is one again.
        retry_after: u64,
    },
}

impl Taken {
    /// Goes on only when one was left.
    pub fn or_rate_limited(self) -> Result<()> {
        match self {
            Self::Yes => Ok(()),
            Self::No { retry_after } => Err(Error::RateLimited { retry_after }),
        }
    }
}

/// The counter's name: the limit's, and a keyed hash of the subject, which can be an address.
fn subject_of(keys: &Keys, limit: &Limit, subject: &str) -> String {
    format!(
        "{}:{}",
        limit.name,
        keys.mac(Use::Counter, &[limit.name.as_bytes(), subject.as_bytes()])
    )
}

/// Takes one, and commits that at once. A request that is run again takes none again.
pub async fn take(app: &App, tally: &Tally, limit: &Limit, subject: &str) -> Result<Taken> {
    let subject = subject_of(&app.keys, limit, subject);
    if tally.has_counted(&subject) {
        return Ok(Taken::Yes);
    }
    let txn = app.begin().await?;
    let now = app.now();
    let fresh = counter::Model {
        subject: subject.clone(),
        count: 0,
        window_started_at: now,
        window_ends_at: now + limit.window,
    };
    let stored = stored_in(&txn, &fresh).await?;
    let current = if stored.window_ends_at <= now {
        fresh
    } else {
        stored
    };
    if current.count >= limit.most {
        let seconds = (current.window_ends_at - now)
            .num_seconds()
            .clamp(0, i64::MAX - 1)
            + 1;
        return Ok(Taken::No {
            retry_after: u64::try_from(seconds).unwrap_or(1),
        });
    }
    let count = current.count + 1;
    let ends_at = match limit.lock {
        Some(lock) if count >= limit.most => now + lock,
        _ => current.window_ends_at,
    };
    counter::Entity::update_many()
        .col_expr(counter::Column::Count, Expr::value(count))
        .col_expr(
            counter::Column::WindowStartedAt,
            Expr::value(current.window_started_at),
        )
        .col_expr(counter::Column::WindowEndsAt, Expr::value(ends_at))
        .filter(counter::Column::Subject.eq(&subject))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    tally.note(subject);
    Ok(Taken::Yes)
}

/// The counter, locked; made when there is none.
async fn stored_in(txn: &impl ConnectionTrait, fresh: &counter::Model) -> Result<counter::Model> {
    // Again, when one whose window is over was swept out between the two statements.
    for _ in 0..3 {
        let row = counter::ActiveModel {
            subject: Set(fresh.subject.clone()),
            count: Set(fresh.count),
            window_started_at: Set(fresh.window_started_at),
            window_ends_at: Set(fresh.window_ends_at),
        };
        insert_if_missing(txn, row).await?;
        let stored = counter::Entity::find_by_id(&fresh.subject)
            .lock_exclusive()
            .one(txn)
            .await?;
        if let Some(stored) = stored {
            return Ok(stored);
        }
    }
    Err(Error::internal("a counter vanished again and again"))
}

/// Gives one back, in the transaction of what shows that it did not count.
pub async fn give_back_in(
    txn: &impl ConnectionTrait,
    keys: &Keys,
    limit: &Limit,
    subject: &str,
) -> Result<()> {
    let taken = counter::Entity::find_by_id(subject_of(keys, limit, subject))
        .filter(counter::Column::Count.gt(0))
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(taken) = taken else { return Ok(()) };
    counter::Entity::update_many()
        .col_expr(counter::Column::Count, Expr::value(taken.count - 1))
        // It may have been the last, and have locked.
        .col_expr(
            counter::Column::WindowEndsAt,
            Expr::value(taken.window_started_at + limit.window),
        )
        .filter(counter::Column::Subject.eq(taken.subject))
        .exec(txn)
        .await?;
    Ok(())
}
