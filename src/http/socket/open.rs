//! All connections of this node: how many there are, and whose session has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::app::App;
use crate::base::Result;
use crate::base::id::{SessionId, UserId};
use crate::sessions::living::living;

/// How many connections a node takes.
const MOST: u32 = 4096;
/// How many of one user.
const MOST_OF_USER: usize = 20;
/// How often sessions are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How many sessions one statement asks for.
const AT_ONCE: usize = 500;

/// The connections of a node.
#[derive(Clone, Debug)]
pub struct Sockets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    permits: Arc<Semaphore>,
    places: Mutex<Places>,
    stop: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct Places {
    made: u64,
    held: HashMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    user_id: UserId,
    session_id: SessionId,
    ended: watch::Sender<bool>,
}

/// The place of a connection whose user is known; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    number: u64,
    ended: watch::Receiver<bool>,
    sockets: Sockets,
}

impl Place {
    /// Waits until the session has ended.
    pub async fn ended(&mut self) {
        // An error means that nobody looks any more: the server stops, and says so itself.
        if self.ended.wait_for(|ended| *ended).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.sockets.places().held.remove(&self.number);
    }
}

impl Sockets {
    /// None yet; `stop` ends them all.
    #[must_use]
    pub fn new(stop: watch::Receiver<bool>) -> Self {
        Self(Arc::new(Inner {
            permits: Arc::new(Semaphore::new(MOST as usize)),
            places: Mutex::default(),
            stop,
        }))
    }

    /// Takes one more connection, whoever it is; none when there are too many.
    #[must_use]
    pub fn admit(&self) -> Option<OwnedSemaphorePermit> {
        self.0.permits.clone().try_acquire_owned().ok()
    }

    /// Tells when the server stops.
    #[must_use]
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.0.stop.clone()
    }

    /// Gives a connection its place; none when the user has too many.
    #[must_use]
    pub fn enter(&self, user_id: UserId, session_id: SessionId) -> Option<Place> {
        let mut places = self.places();
        let of_user = places.held.values().filter(|held| held.user_id == user_id);
        if of_user.count() >= MOST_OF_USER {
            return None;
        }
        places.made += 1;
        let number = places.made;
        let (sender, ended) = watch::channel(false);
        let held = Held {
            user_id,
            session_id,
            ended: sender,
        };
        places.held.insert(number, held);
        Some(Place {
            number,
            ended,
            sockets: self.clone(),
        })
    }

    /// Waits until all connections are closed.
    pub async fn all_closed(&self) {
        // An error would mean that the semaphore is closed, which it never is.
        let _ = self.0.permits.acquire_many(MOST).await;
    }

    /// Ends connections with their sessions, until told to stop: many sessions are asked for by one statement.
    pub async fn keep_looking(self, app: Arc<App>, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.look(&app).await {
                // Who cannot be asked about goes on, and is told nothing meanwhile: each event asks again.
                tracing::warn!(cause = ?error, "the sessions of connections could not be looked at");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stop.changed() => return,
            }
        }
    }

    async fn look(&self, app: &App) -> Result<()> {
        let mut ids: Vec<SessionId> = self.places().held.values().map(|held| held.session_id).collect();
        ids.sort_unstable();
        ids.dedup();
        for some in ids.chunks(AT_ONCE) {
            let living = living(app.database.reader(), app.now(), some).await?;
            for held in self.places().held.values() {
                if some.binary_search(&held.session_id).is_ok() && !living.contains(&held.session_id) {
                    held.ended.send_replace(true);
                }
            }
        }
        Ok(())
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
