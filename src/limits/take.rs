//! Takes one of what a limit allows.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QuerySelect, Set};

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
    Yes {
        /// How many are left now.
        left: i32,
    },
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
            Self::Yes { .. } => Ok(()),
            Self::No { retry_after } => Err(Error::RateLimited { retry_after }),
        }
    }
}

/// The counter's name: the limit's, and a keyed hash of the subject, which can be an address.
pub(super) fn subject_of(keys: &Keys, limit: &Limit, subject: &str) -> String {
    format!(
        "{}:{}",
        limit.name,
        keys.mac(Use::Counter, &[limit.name.as_bytes(), subject.as_bytes()])
    )
}

/// The name of the counters that are forgotten with this one: a subject behind a slash, as in `user/device`, is a part of
/// what stands before it.
pub(super) fn family_of(keys: &Keys, limit: &Limit, subject: &str) -> String {
    let whole = subject.split_once('/').map_or(subject, |(whole, _)| whole);
    subject_of(keys, limit, whole)
}

/// Takes one, and commits that at once. A request that is run again takes none again.
pub async fn take(app: &App, tally: &Tally, limit: &Limit, subject: &str) -> Result<Taken> {
    let name = subject_of(&app.keys, limit, subject);
    if tally.has_counted(&name) {
        let counted = counter::Entity::find_by_id(name)
            .one(app.database.reader())
            .await?;
        return Ok(Taken::Yes {
            left: limit.most - counted.map_or(1, |counted| counted.count),
        });
    }
    let writer = app.database.writer();
    let is_mysql = writer.get_database_backend() == DatabaseBackend::MySql;
    let taken = if is_mysql || app.database.is_pooled() {
        let txn = app.begin().await?;
        let taken = take_in(&txn, app, limit, subject).await?;
        txn.commit().await?;
        taken
    } else {
        take_in(writer, app, limit, subject).await?
    };
    if let Taken::Yes { .. } = taken {
        tally.note(name);
    }
    Ok(taken)
}

/// Takes one, in the transaction of what is counted: in one statement, so that of any number who take at the same
/// moment, on any number of nodes, no more get one than there are.
pub async fn take_in(
    connection: &impl ConnectionTrait,
    app: &App,
    limit: &Limit,
    subject: &str,
) -> Result<Taken> {
    if let Some(taken) = try_to_take_in(connection, app, limit, subject).await? {
        return Ok(taken);
    }
    let full = counter::Entity::find_by_id(subject_of(&app.keys, limit, subject))
        .one(connection)
        .await?;
    let now = app.now();
    Ok(none_until(full.map_or(now, |full| full.window_ends_at), now))
}

/// The same for who does not ask when there is one again: whether one was left.
pub async fn was_left_in(
    connection: &impl ConnectionTrait,
    app: &App,
    limit: &Limit,
    subject: &str,
) -> Result<bool> {
    let taken = try_to_take_in(connection, app, limit, subject).await?;
    Ok(matches!(taken, Some(Taken::Yes { .. })))
}

/// Takes one; nothing where there was none, and it would take another question to tell until when.
async fn try_to_take_in(
    connection: &impl ConnectionTrait,
    app: &App,
    limit: &Limit,
    subject: &str,
) -> Result<Option<Taken>> {
    let (family, now) = (family_of(&app.keys, limit, subject), app.now());
    let subject = subject_of(&app.keys, limit, subject);
    if connection.get_database_backend() == DatabaseBackend::MySql {
        return take_by_lock(connection, now, limit, (subject, family))
            .await
            .map(Some);
    }
    let statement = take_statement(limit, (&subject, &family), now);
    let row = connection.query_one(&statement).await?;
    let count: Option<i32> = row.map(|row| row.try_get("", "count")).transpose()?;
    Ok(count.map(|count| Taken::Yes {
        left: limit.most - count,
    }))
}

/// Makes the counter, or counts one more where one is left, or begins anew where the window is over; answers no row where
/// none is left.
fn take_statement(
    limit: &Limit,
    (subject, family): (&str, &str),
    now: DateTime<Utc>,
) -> sea_orm::sea_query::InsertStatement {
    let stored = |column| Expr::col((counter::Entity, column));
    let is_over = || stored(counter::Column::WindowEndsAt).lte(now);
    let anew = |then: Expr, otherwise: Expr| CaseStatement::new().case(is_over(), then).finally(otherwise);
    let next = || stored(counter::Column::Count).add(1);
    let first_end = end_of(limit, 1, now + limit.window, now);
    let mut ends = CaseStatement::new().case(is_over(), first_end);
    if let Some(lock) = limit.lock {
        ends = ends.case(next().gte(limit.most), now + lock);
    }
    let again = OnConflict::column(counter::Column::Subject)
        .value(counter::Column::Count, anew(Expr::value(1), next()))
        .value(
            counter::Column::WindowStartedAt,
            anew(Expr::value(now), stored(counter::Column::WindowStartedAt)),
        )
        .value(
            counter::Column::WindowEndsAt,
            ends.finally(stored(counter::Column::WindowEndsAt)),
        )
        .action_and_where(is_over().or(stored(counter::Column::Count).lt(limit.most)))
        .to_owned();
    Query::insert()
        .into_table(counter::Entity)
        .columns([
            counter::Column::Subject,
            counter::Column::Count,
            counter::Column::WindowStartedAt,
            counter::Column::WindowEndsAt,
            counter::Column::Family,
        ])
        .values_panic([
            subject.into(),
            1.into(),
            now.into(),
            first_end.into(),
            family.into(),
        ])
        .on_conflict(again)
        .returning_col(counter::Column::Count)
        .take()
}

/// When the window ends after this many were taken.
fn end_of(limit: &Limit, count: i32, ends_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    match limit.lock {
        Some(lock) if count >= limit.most => now + lock,
        _ => ends_at,
    }
}

fn none_until(ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Taken {
    let seconds = (ends_at - now).num_seconds().clamp(0, i64::MAX - 1) + 1;
    Taken::No {
        retry_after: u64::try_from(seconds).unwrap_or(1),
    }
}

/// The same for MySQL, which knows neither a condition nor an answer of an insert that finds another row.
async fn take_by_lock(
    txn: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: &Limit,
    (subject, family): (String, String),
) -> Result<Taken> {
    let fresh = counter::Model {
        subject: subject.clone(),
        family: Some(family),
        count: 0,
        window_started_at: now,
        window_ends_at: now + limit.window,
    };
    let stored = stored_in(txn, &fresh).await?;
    let current = if stored.window_ends_at <= now {
        fresh
    } else {
        stored
    };
    if current.count >= limit.most {
        return Ok(none_until(current.window_ends_at, now));
    }
    let count = current.count + 1;
    let ends_at = end_of(limit, count, current.window_ends_at, now);
    counter::Entity::update_many()
        .col_expr(counter::Column::Count, Expr::value(count))
        .col_expr(
            counter::Column::WindowStartedAt,
            Expr::value(current.window_started_at),
        )
        .col_expr(counter::Column::WindowEndsAt, Expr::value(ends_at))
        .filter(counter::Column::Subject.eq(&subject))
        .exec(txn)
        .await?;
    Ok(Taken::Yes {
        left: limit.most - count,
    })
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
            family: Set(fresh.family.clone()),
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

/// The source that an address stands for: an IPv6 network of 64 bits is one subscriber's (RFC 6177), who has all its
/// addresses.
#[must_use]
pub fn source_of(address: &str) -> String {
    match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}
