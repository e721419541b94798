//! Seals events into the chain, soon after the commit.
//!
//! What is written waits with no place in the chain. A batch is read and hashed outside of any transaction; then one
//! short transaction gives it its places, if the head is still the one that was built on. So writers wait for nothing
//! here, of many nodes one seals at a time, and who dies in the middle leaves nothing behind. An event whose
//! transaction commits late waits like any other, and comes to the end.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{CaseStatement, Expr, LockBehavior, LockType, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::feed::Feed;
use super::hash::HashKeys;
use super::head::{Head, head};
use super::outlived;
use crate::base::clock::Clock;
use crate::base::{Error, Result};
use crate::entity::database::{Database, Transaction};
use crate::entity::{audit_event, audit_head};
use crate::secret::Keys;

/// How many events to seal at a time: SQLite's one writer is held for no longer than these take.
const BATCH: usize = 256;
/// How many rows to change by one statement, at most. Fewer are changed by halves of this, so that there are few
/// forms of the statement, and the database keeps them prepared.
const AT_ONCE: usize = 64;
/// How long to wait for more after a commit: under load one batch then takes many events.
const GATHER: Duration = Duration::from_millis(200);
/// How often to look for what other nodes left.
const POLL: Duration = Duration::from_secs(1);
/// How often the head is logged, at most.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// How an attempt to seal ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Nothing waits.
    Nothing,
    /// Another node was faster; what waits may be sealed already.
    Elsewhere,
    /// A batch was sealed.
    Batch {
        /// The last of it.
        head: Head,
        /// How many events.
        count: usize,
    },
}

/// Seals a batch of what waits.
pub async fn seal(database: &Database, keys: &Keys, clock: &Clock) -> Result<Sealed> {
    // The head first: what is read after it is no older than it.
    let before = head(database.reader()).await?;
    let mut waiting = audit_event::Entity::find()
        .filter(audit_event::Column::Position.is_null())
        .order_by_asc(audit_event::Column::CreatedAt)
        .order_by_asc(audit_event::Column::Id)
        .limit(BATCH as u64)
        .all(database.reader())
        .await?;
    if waiting.is_empty() {
        return Ok(Sealed::Nothing);
    }
    let after = place(&mut waiting, &before, &HashKeys::new(keys), clock);
    let txn = database.begin().await?;
    // On SQLite the transaction itself is the lock. Who holds it elsewhere is sealing: no need to wait.
    let current = audit_head::Entity::find_by_id(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&txn)
        .await?;
    if current.map(Head::from).as_ref() != Some(&before) || !write_in(&txn, &waiting, &after).await? {
        txn.rollback().await?;
        return Ok(Sealed::Elsewhere);
    }
    outlived::take_away_in(&txn, &waiting, &before, &after).await?;
    txn.commit().await?;
    Ok(Sealed::Batch {
        head: after,
        count: waiting.len(),
    })
}

/// Gives the events their places after the head; answers the new head.
fn place(events: &mut [audit_event::Model], before: &Head, keys: &HashKeys, clock: &Clock) -> Head {
    let sealed_at = clock.now();
    let mut last = before.clone();
    for event in events {
        last = place_one(event, last, keys, sealed_at);
    }
    last
}

/// The same for one event.
pub(super) fn place_one(
    event: &mut audit_event::Model,
    before: Head,
    keys: &HashKeys,
    sealed_at: DateTime<Utc>,
) -> Head {
    let position = before.position + 1;
    event.position = Some(position);
    event.previous_hash = Some(before.hash);
    event.sealed_at = Some(sealed_at);
    let hash = keys.place(event);
    event.hash = Some(hash.clone());
    Head { position, hash }
}

/// Writes the places; false when one of the events is not there any more or has one already.
async fn write_in(txn: &Transaction, events: &[audit_event::Model], head: &Head) -> Result<bool> {
    let all_written = match txn.get_database_backend() {
        DbBackend::Postgres => write_at_once_in(txn, events).await?,
        _ => write_in_parts_in(txn, events).await?,
    };
    if all_written {
        head.write_in(txn).await?;
    }
    Ok(all_written)
}

/// One statement for them all, as PostgreSQL can take rows in one value.
async fn write_at_once_in(txn: &Transaction, events: &[audit_event::Model]) -> Result<bool> {
    let placed: Vec<_> = events
        .iter()
        .map(|event| {
            json!({
                "id": event.id.0,
                "position": event.position,
                "previous_hash": event.previous_hash,
                "hash": event.hash,
            })
        })
        .collect();
    let values = [
        serde_json::to_string(&placed).map_err(Error::internal)?.into(),
        events[0].sealed_at.into(),
    ];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, WRITE_AT_ONCE, values);
    let changed = txn.execute_raw(statement).await?;
    Ok(changed.rows_affected() == events.len() as u64)
}

const WRITE_AT_ONCE: &str = "UPDATE audit_event SET position = placed.position, \
     previous_hash = placed.previous_hash, hash = placed.hash, sealed_at = $2 \
     FROM json_to_recordset($1::json) AS placed(id uuid, position bigint, previous_hash text, hash text) \
     WHERE audit_event.id = placed.id AND audit_event.position IS NULL";

async fn write_in_parts_in(txn: &Transaction, events: &[audit_event::Model]) -> Result<bool> {
    let mut rest = events;
    let mut size = AT_ONCE;
    while !rest.is_empty() {
        while size > rest.len() {
            size /= 2;
        }
        let (some, others) = rest.split_at(size);
        let by_id = |value: fn(&audit_event::Model) -> SimpleExpr| {
            some.iter().fold(CaseStatement::new(), |case, event| {
                case.case(audit_event::Column::Id.eq(event.id), value(event))
            })
        };
        let position = by_id(|event| Expr::value(event.position));
        let previous_hash = by_id(|event| Expr::value(event.previous_hash.clone()));
        let hash = by_id(|event| Expr::value(event.hash.clone()));
        let changed = audit_event::Entity::update_many()
            .col_expr(audit_event::Column::Position, position.into())
            .col_expr(audit_event::Column::PreviousHash, previous_hash.into())
            .col_expr(audit_event::Column::Hash, hash.into())
            .col_expr(audit_event::Column::SealedAt, Expr::value(some[0].sealed_at))
            .filter(audit_event::Column::Id.is_in(some.iter().map(|event| event.id)))
            .filter(audit_event::Column::Position.is_null())
            .exec(txn)
            .await?;
        if changed.rows_affected != some.len() as u64 {
            return Ok(false);
        }
        rest = others;
    }
    Ok(true)
}

/// Wakes who seals.
#[derive(Clone, Debug)]
pub struct Sealer {
    wake: Arc<Notify>,
    /// Who passes on what was sealed.
    feed: Feed,
}

impl Sealer {
    /// Seals for those who follow the feed.
    #[must_use]
    pub fn new(feed: Feed) -> Self {
        Self {
            wake: Arc::default(),
            feed,
        }
    }

    /// Wakes who seals: after the commit, as before it there is nothing to find.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Seals again and again until told to stop, and then what is left.
    pub async fn keep_sealing(
        self,
        database: Database,
        keys: Arc<Keys>,
        clock: Clock,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut log = HeadLog::default();
        loop {
            let stopped = tokio::select! {
                () = self.wake.notified() => false,
                () = tokio::time::sleep(POLL) => false,
                _ = stop.changed() => true,
            };
            if !stopped {
                tokio::time::sleep(GATHER).await;
            }
            self.seal_all(&database, &keys, &clock, &mut log).await;
            log.tell(stopped);
            if stopped {
                return;
            }
        }
    }

    async fn seal_all(&self, database: &Database, keys: &Keys, clock: &Clock, log: &mut HeadLog) {
        loop {
            match seal(database, keys, clock).await {
                Ok(Sealed::Batch { head, count }) => {
                    tracing::debug!(count, position = head.position, "audit events were sealed");
                    log.untold = Some(head);
                    self.feed.wake();
                    if count < BATCH {
                        return;
                    }
                }
                Ok(Sealed::Nothing) => return,
                Ok(Sealed::Elsewhere) => return self.wake(),
                Err(error) => {
                    return tracing::error!(error = %error, cause = ?error, "audit events could not be sealed");
                }
            }
        }
    }
}

/// Tells the head in the log, so that it is kept elsewhere, but not too often.
#[derive(Default)]
struct HeadLog {
    untold: Option<Head>,
    told_at: Option<Instant>,
}

impl HeadLog {
    fn tell(&mut self, at_once: bool) {
        let due = at_once || self.told_at.is_none_or(|at| at.elapsed() >= LOG_EVERY);
        if due && let Some(Head { position, hash }) = self.untold.take() {
            tracing::info!(target: "rollcall::audit::head", position, hash, "the head of the audit log");
            self.told_at = Some(Instant::now());
        }
    }
}
