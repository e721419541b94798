//! Carries letters, a few at a time, so that one that a mail server sits on holds up no other.
//!
//! A letter is claimed by moving its due time a lease ahead, in one conditional statement, so that of
//! many nodes one sends it; who dies with it leaves it to be claimed again when the lease is over.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Outbox;
use crate::base::Result;
use crate::base::clock::Clock;
use crate::base::id::Id;
use crate::entity::database::Database;
use crate::entity::letter;
use crate::mail::failure::Failure;
use crate::mail::letter::Letter;
use crate::mail::transport::Transport;
use crate::secret::Keys;
use crate::secret::keys::Use;

/// How long a claimed letter is left to its claimer: longer than it is given to go.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long a letter is given to go, in all: a mail server that never answers is left after it.
pub const PATIENCE: Duration = Duration::from_mins(2);
/// How often to look for letters that other nodes left, or whose time has come.
const POLL: Duration = Duration::from_secs(2);
/// How long to wait once woken, so that the answer of who woke it is gone: beside the work of a letter that goes, it
/// would take longer than beside a decoy, which costs nothing.
const CALM: Duration = Duration::from_millis(50);
/// How many letters go at a time.
const AT_ONCE: usize = 8;
/// After this many failures, about three days, a letter is set aside.
const MOST_ATTEMPTS: i32 = 30;
/// The same where the mail server says that it will never take it: about an hour, as servers err, too.
const MOST_REFUSALS: i32 = 4;
/// How long letters under way may take to go when the server stops. Those that do not are sent again by whoever finds
/// their lease over.
const FAREWELL: Duration = Duration::from_secs(5);

/// What carries letters.
#[derive(Debug)]
pub struct Carrier {
    /// Where they wait.
    pub database: Database,
    /// What opens them.
    pub keys: Arc<Keys>,
    /// What tells when they are due.
    pub clock: Clock,
    /// How they go.
    pub transport: Transport,
    /// How long each is given: [`PATIENCE`].
    pub patience: Duration,
}

impl Carrier {
    /// Carries letters until told to stop.
    pub async fn deliver(self, outbox: Outbox, mut stop: watch::Receiver<bool>) {
        let carrier = Arc::new(self);
        let mut under_way = JoinSet::new();
        loop {
            let room = AT_ONCE - under_way.len();
            let mut seen = 0;
            if room > 0 {
                match carrier.claim_due(room).await {
                    Ok((found, claimed)) => {
                        seen = found;
                        for row in claimed {
                            under_way.spawn(carrier.clone().carry(row));
                        }
                    }
                    Err(error) => {
                        tracing::error!(error = %error, cause = ?error, "the outbox cannot be read");
                    }
                }
            }
            // Other nodes claimed some of what was seen: there is room, and there may be more.
            let is_contended = seen == room && under_way.len() < AT_ONCE;
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                () = std::future::ready(()), if is_contended => {}
                Some(_) = under_way.join_next() => {}
                () = outbox.woken() => tokio::time::sleep(CALM).await,
                () = tokio::time::sleep(POLL) => {}
            }
        }
        let all = async { while under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            tracing::warn!(
                letters = under_way.len(),
                "letters under way were cut off; they are sent again"
            );
        }
    }

    /// Claims what is due, so many at the most; answers how many were seen, too.
    async fn claim_due(&self, room: usize) -> Result<(usize, Vec<letter::Model>)> {
        let due = letter::Entity::find()
            .filter(letter::Column::FailedAt.is_null())
            .filter(letter::Column::DueAt.lte(self.clock.now()))
            .order_by_asc(letter::Column::DueAt)
            .limit(u64::try_from(room).unwrap_or_default())
            .all(self.database.reader())
            .await?;
        let seen = due.len();
        let mut claimed = Vec::with_capacity(seen);
        for row in due {
            let claim = letter::Entity::update_many()
                .col_expr(
                    letter::Column::Attempts,
                    Expr::col(letter::Column::Attempts).add(1),
                )
                .col_expr(letter::Column::DueAt, Expr::value(self.clock.now() + LEASE))
                .filter(letter::Column::Id.eq(row.id))
                .filter(letter::Column::Attempts.eq(row.attempts))
                .filter(letter::Column::FailedAt.is_null());
            if self.database.execute(&claim.into_query()).await? == 1 {
                claimed.push(row);
            }
        }
        Ok((seen, claimed))
    }

    async fn carry(self: Arc<Self>, row: letter::Model) {
        let (id, kind) = (row.id, row.kind.clone());
        if let Err(error) = self.try_to_carry(row).await {
            // Its lease ends, and it is sent again.
            tracing::error!(error = %error, cause = ?error, kind, %id, "what became of a letter could not be noted");
        }
    }

    async fn try_to_carry(&self, row: letter::Model) -> Result<()> {
        let opened = self
            .keys
            .open(Use::Mail, row.id.uuid().as_bytes(), &row.sealed)
            .and_then(|plain| serde_json::from_slice::<Letter>(&plain).ok());
        let sent = match opened {
            None => Err(Failure::sealed_elsewhere()),
            Some(letter) if letter.is_decoy() => Ok(()),
            Some(letter) => tokio::time::timeout(self.patience, self.transport.send(row.id, &letter))
                .await
                .unwrap_or_else(|_| Err(Failure::timeout())),
        };
        match sent {
            Ok(()) => {
                let sent = letter::Entity::delete_by_id(row.id);
                self.database.execute(&sent.into_query()).await?;
                Ok(())
            }
            Err(failure) => self.put_off(&row, &failure).await,
        }
    }

    async fn put_off(&self, row: &letter::Model, failure: &Failure) -> Result<()> {
        let (now, attempts) = (self.clock.now(), row.attempts + 1);
        let most = if failure.is_final() {
            MOST_REFUSALS
        } else {
            MOST_ATTEMPTS
        };
        let gives_up = attempts >= most;
        tracing::warn!(kind = row.kind, id = %row.id, attempts, gives_up, %failure, "a letter was not delivered");
        let later = letter::Entity::update_many()
            .col_expr(
                letter::Column::DueAt,
                Expr::value(now + pause(attempts, failure.is_final())),
            )
            .col_expr(letter::Column::FailedAt, Expr::value(gives_up.then_some(now)))
            .col_expr(letter::Column::Failure, Expr::value(Some(failure.to_string())))
            .filter(letter::Column::Id.eq(row.id))
            .filter(letter::Column::Attempts.eq(attempts));
        self.database.execute(&later.into_query()).await?;
        Ok(())
    }
}

/// How long to wait after this many failures: 5 seconds, doubled each time, 3 hours at most. What is refused for good is
/// not worth so many tries in its first minutes.
fn pause(attempts: i32, is_final: bool) -> TimeDelta {
    if is_final {
        return TimeDelta::minutes(10) * attempts.clamp(1, 18);
    }
    let doublings = (attempts - 1).clamp(0, 12);
    TimeDelta::seconds((5_i64 << doublings).clamp(5, 3 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_back_off_over_three_days() {
        let total: TimeDelta = (1..MOST_ATTEMPTS).map(|tries| pause(tries, false)).sum();
        assert_eq!(pause(1, false), TimeDelta::seconds(5));
        assert_eq!(pause(40, false), TimeDelta::hours(3));
        assert!(
            total > TimeDelta::days(2) && total < TimeDelta::days(4),
            "{total}"
        );
    }

    #[test]
    fn what_is_refused_for_good_is_given_up_after_an_hour() {
        let total: TimeDelta = (1..MOST_REFUSALS).map(|tries| pause(tries, true)).sum();
        assert_eq!(total, TimeDelta::hours(1));
    }
}
