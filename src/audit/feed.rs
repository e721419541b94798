//! Passes events on as they happen, from the chain: in its order, none left out and none twice.
//!
//! Ids and times are not in the order of commits, across transactions and nodes; places in the chain are. One reader
//! a node reads what was sealed, whoever wrote it, and hands it to all that follow; while nobody follows it rests.
//! What it hands out is bounded: who falls behind reads the rest from the database, at their own pace.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, Notify, broadcast, watch};

use super::find::{last_position, sealed_after};
use super::scope::Found;
use crate::base::{Error, Result};
use crate::entity::database::Database;

/// How many events are read at a time.
const BATCH: usize = 128;
/// How many batches wait for those who follow.
const BATCHES: usize = 32;
/// How often the chain is looked at for what other nodes sealed. What this node sealed wakes the reader.
const POLL: Duration = Duration::from_millis(500);

/// What happens in the log, as it happens.
#[derive(Clone, Debug)]
pub struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    batches: broadcast::Sender<Arc<Vec<Found>>>,
    woken: Notify,
    /// The place up to which events were passed on; none while nobody follows.
    place: Mutex<Option<i64>>,
}

impl Default for Feed {
    fn default() -> Self {
        Self(Arc::new(Inner {
            batches: broadcast::Sender::new(BATCHES),
            woken: Notify::new(),
            place: Mutex::new(None),
        }))
    }
}

impl Feed {
    /// Wakes the reader: something was sealed.
    pub fn wake(&self) {
        self.0.woken.notify_one();
    }

    /// Follows from here on: what is sealed after this.
    pub async fn follow(&self, connection: &impl ConnectionTrait) -> Result<Follower> {
        let mut place = self.0.place.lock().await;
        let from = match *place {
            Some(from) => from,
            None => last_position(connection).await?,
        };
        *place = Some(from);
        let receiver = self.0.batches.subscribe();
        drop(place);
        self.wake();
        Ok(Follower {
            receiver,
            place: from,
            is_behind: false,
        })
    }

    /// How many follow.
    #[must_use]
    pub fn followers(&self) -> usize {
        self.0.batches.receiver_count()
    }

    /// Passes on what is sealed until told to stop.
    pub async fn carry(self, database: Database, mut stop: watch::Receiver<bool>) {
        loop {
            let is_followed = match self.pass_on(&database).await {
                Ok(is_followed) => is_followed,
                Err(error) => {
                    tracing::warn!(cause = ?error, "audit events could not be read for those who follow");
                    true
                }
            };
            tokio::select! {
                () = self.0.woken.notified() => {}
                () = tokio::time::sleep(POLL), if is_followed => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Passes on what there is; false when nobody follows.
    async fn pass_on(&self, database: &Database) -> Result<bool> {
        let mut place = self.0.place.lock().await;
        // Nobody begins to follow while the place is locked.
        if self.0.batches.receiver_count() == 0 {
            *place = None;
        }
        while let Some(from) = *place {
            let found = sealed_after(database.reader(), from, BATCH as u64).await?;
            let (count, last) = (found.len(), last_of(&found));
            if let Some(last) = last {
                *place = Some(last);
                // An error means that nobody follows any more; the next round finds that out.
                let _ = self.0.batches.send(Arc::new(found));
            }
            if count < BATCH {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn last_of(found: &[Found]) -> Option<i64> {
    found.last().and_then(|found| found.event.position)
}

/// Somebody who follows.
#[derive(Debug)]
pub struct Follower {
    receiver: broadcast::Receiver<Arc<Vec<Found>>>,
    /// The place up to which they have had everything.
    place: i64,
    is_behind: bool,
}

impl Follower {
    /// The next events, at least one, in their order. After an error it can be asked again, and nothing is lost.
    pub async fn next(&mut self, connection: &impl ConnectionTrait) -> Result<Arc<Vec<Found>>> {
        loop {
            let batch = if self.is_behind {
                let found = sealed_after(connection, self.place, BATCH as u64).await?;
                // A short page is the end, as it was then; what came after it is received.
                self.is_behind = found.len() == BATCH;
                Arc::new(found)
            } else {
                match self.receiver.recv().await {
                    Ok(batch) => batch,
                    Err(RecvError::Lagged(_)) => {
                        // From now on receive again, and then read up to now: the other way round loses what is
                        // passed on in between.
                        self.receiver = self.receiver.resubscribe();
                        self.is_behind = true;
                        continue;
                    }
                    Err(RecvError::Closed) => return Err(Error::internal("the feed has ended")),
                }
            };
            let new = batch
                .iter()
                .position(|found| found.event.position.is_some_and(|place| self.place < place));
            self.place = last_of(&batch).map_or(self.place, |last| last.max(self.place));
            match new {
                None => {}
                Some(0) => return Ok(batch),
                Some(new) => return Ok(Arc::new(batch[new..].to_vec())),
            }
        }
    }
}
