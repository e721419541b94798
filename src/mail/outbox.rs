//! The outbox: letters that were caused and not delivered yet.
//!
//! A letter is claimed by moving its due time a lease ahead, in one conditional statement, so that of
//! many nodes one sends it; who dies with it leaves it to be claimed again when the lease is over.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use tokio::sync::{Notify, watch};

use super::letter::Letter;
use super::transport::Transport;
use crate::base::clock::Clock;
use crate::base::id::{Id, LetterId};
use crate::base::{Error, Result};
use crate::entity::database::Database;
use crate::entity::letter;
use crate::secret::Keys;
use crate::secret::keys::Use;

/// How long a claimed letter is left to its claimer: longer than a mail server may take for it.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How often to look for letters that other nodes left, or whose time has come.
const POLL: Duration = Duration::from_secs(2);
/// How many letters to claim at a time.
const BATCH: u64 = 20;
/// After this many failures, about three days, a letter is set aside.
const MOST_ATTEMPTS: i32 = 30;

/// Puts letters into the outbox and wakes their carrier.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    wake: Arc<Notify>,
}

impl Outbox {
    /// Stores the letters, encrypted, in the transaction of what causes them.
    pub async fn enqueue_in(
        &self,
        txn: &impl ConnectionTrait,
        keys: &Keys,
        now: DateTime<Utc>,
        letters: &[Letter],
    ) -> Result<()> {
        if letters.is_empty() {
            return Ok(());
        }
        let rows = letters.iter().map(|letter| {
            let id = LetterId::new(now);
            let plain = serde_json::to_vec(letter).map_err(Error::internal)?;
            Ok(letter::ActiveModel {
                id: Set(id),
                kind: Set(letter.kind.clone()),
                sealed: Set(keys.seal(Use::Mail, id.uuid().as_bytes(), &plain)),
                created_at: Set(now),
                attempts: Set(0),
                due_at: Set(now),
                failed_at: Set(None),
            })
        });
        letter::Entity::insert_many(rows.collect::<Result<Vec<_>>>()?)
            .exec_without_returning(txn)
            .await?;
        Ok(())
    }

    /// Wakes the carrier: after the commit, as before it there is nothing to find.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Carries letters until told to stop.
    pub async fn deliver(
        self,
        database: Database,
        keys: Arc<Keys>,
        clock: Clock,
        transport: Transport,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            match deliver_due(&database, &keys, &clock, &transport).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(error = %error, cause = ?error, "the outbox cannot be read"),
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                _ = stop.changed() => return,
            }
        }
    }
}

/// Sends what is due; answers how many letters were looked at.
async fn deliver_due(
    database: &Database,
    keys: &Keys,
    clock: &Clock,
    transport: &Transport,
) -> Result<usize> {
    let due = letter::Entity::find()
        .filter(letter::Column::FailedAt.is_null())
        .filter(letter::Column::DueAt.lte(clock.now()))
        .order_by_asc(letter::Column::DueAt)
        .limit(BATCH)
        .all(database.reader())
        .await?;
    let mut sent = 0;
    for row in due {
        let now = clock.now();
        let claimed = letter::Entity::update_many()
            .col_expr(
                letter::Column::Attempts,
                Expr::col(letter::Column::Attempts).add(1),
            )
            .col_expr(letter::Column::DueAt, Expr::value(now + LEASE))
            .filter(letter::Column::Id.eq(row.id))
            .filter(letter::Column::Attempts.eq(row.attempts))
            .exec(database.writer())
            .await?;
        if claimed.rows_affected == 1 {
            carry(database, keys, clock, transport, row).await?;
            sent += 1;
        }
    }
    Ok(sent)
}

async fn carry(
    database: &Database,
    keys: &Keys,
    clock: &Clock,
    transport: &Transport,
    row: letter::Model,
) -> Result<()> {
    let opened = keys
        .open(Use::Mail, row.id.uuid().as_bytes(), &row.sealed)
        .and_then(|plain| serde_json::from_slice::<Letter>(&plain).ok());
    let attempts = row.attempts + 1;
    let failure = match opened {
        None => "it was sealed with a secret that is no longer in the secret file".to_owned(),
        Some(letter) => match transport.send(row.id, &letter).await {
            Ok(()) => {
                letter::Entity::delete_by_id(row.id)
                    .exec(database.writer())
                    .await?;
                return Ok(());
            }
            Err(error) => error.to_string(),
        },
    };
    let now = clock.now();
    let gives_up = attempts >= MOST_ATTEMPTS;
    tracing::warn!(kind = row.kind, id = %row.id, attempts, gives_up, failure, "a letter was not delivered");
    letter::Entity::update_many()
        .col_expr(letter::Column::DueAt, Expr::value(now + pause(attempts)))
        .col_expr(letter::Column::FailedAt, Expr::value(gives_up.then_some(now)))
        .filter(letter::Column::Id.eq(row.id))
        .filter(letter::Column::Attempts.eq(attempts))
        .exec(database.writer())
        .await?;
    Ok(())
}

/// How long to wait after this many failures: 5 seconds, doubled each time, 3 hours at most.
fn pause(attempts: i32) -> TimeDelta {
    let doublings = (attempts - 1).clamp(0, 12);
    TimeDelta::seconds((5_i64 << doublings).clamp(5, 3 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_back_off_over_three_days() {
        let total: TimeDelta = (1..MOST_ATTEMPTS).map(pause).sum();
        assert_eq!(pause(1), TimeDelta::seconds(5));
        assert_eq!(pause(40), TimeDelta::hours(3));
        assert!(
            total > TimeDelta::days(2) && total < TimeDelta::days(4),
            "{total}"
        );
    }
}
