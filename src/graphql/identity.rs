//! Who asks, told when it is first needed.
//!
//! A query's viewer is read side by side with what it asks for, where that has a fast path; in all other cases before
//! any field is looked at. Until it is told, nobody is signed in: whatever forgot to wait is refused.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use tokio::sync::OnceCell;

use super::audience::Audience;
use crate::access::{Origin, Viewer};
use crate::app::App;
use crate::base::{Error, Result};
use crate::entity::lanes::{Lane, Rows};
use crate::entity::user;
use crate::sessions::identify::{Claims, Column, known, known_beside};
use crate::sessions::own_row;

static NOBODY: LazyLock<Arc<Viewer>> = LazyLock::new(Arc::default);

/// Who asks, shared by the fields of one request.
#[derive(Clone, Debug)]
pub struct Identity(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    audience: Audience,
    asked: Option<Asked>,
    told: OnceCell<Option<Arc<Viewer>>>,
    /// The row of who asks, where it was read with that.
    own_row: OnceLock<Rows>,
    /// Why it could not be told; taken by whoever answers the request.
    refusal: Mutex<Option<Error>>,
}

/// What has to be asked.
#[derive(Debug)]
struct Asked {
    app: Arc<App>,
    origin: Origin,
    claims: Option<Claims>,
    lane: Option<Lane>,
}

impl Identity {
    /// Of a request whose viewer is known.
    #[must_use]
    pub fn known(viewer: Arc<Viewer>) -> Self {
        Self(Arc::new(Inner {
            audience: Audience::new(viewer.clone()),
            asked: None,
            told: OnceCell::new_with(Some(Some(viewer))),
            own_row: OnceLock::new(),
            refusal: Mutex::default(),
        }))
    }

    /// Of a query whose viewer is asked for by and by, on this lane where there is one.
    #[must_use]
    pub fn asked(app: Arc<App>, origin: Origin, claims: Option<Claims>, lane: Option<Lane>) -> Self {
        let asked = Asked {
            app,
            origin,
            claims,
            lane,
        };
        Self(Arc::new(Inner {
            audience: Audience::new(NOBODY.clone()),
            asked: Some(asked),
            told: OnceCell::new(),
            own_row: OnceLock::new(),
            refusal: Mutex::default(),
        }))
    }

    /// Who the answer is for.
    #[must_use]
    pub fn audience(&self) -> &Audience {
        &self.0.audience
    }

    /// Whether it is told already.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.0.told.initialized()
    }

    /// Who asks, so far as it is told.
    #[must_use]
    pub fn viewer(&self) -> &Arc<Viewer> {
        self.0.told.get().and_then(Option::as_ref).unwrap_or(&NOBODY)
    }

    /// Waits until it is told. All who wait share one question.
    pub async fn tell(&self) -> Result<Arc<Viewer>> {
        self.tell_by(async |asked| {
            let origin = asked.origin.clone();
            Box::pin(known(&asked.app, origin, asked.claims, asked.lane.as_ref())).await
        })
        .await
    }

    /// The same, and more columns of the same rows ([`known_beside`]); these are none where it was told before.
    pub async fn tell_beside(&self, columns: &[Column]) -> Result<(Arc<Viewer>, Option<Rows>)> {
        let mut beside = None;
        let viewer = self.tell_by(async |asked| {
            let origin = asked.origin.clone();
            if let (Some(claims), Some(lane)) = (asked.claims, &asked.lane) {
                let question = known_beside(&asked.app, origin.clone(), claims, lane, columns);
                if let Some((viewer, rows)) = Box::pin(question).await? {
                    beside = Some(rows);
                    return Ok(viewer);
                }
            }
            Box::pin(known(&asked.app, origin, asked.claims, asked.lane.as_ref())).await
        });
        Ok((viewer.await?, beside))
    }

    /// The same for who is about to write: with their own row, where one statement can then write by it.
    pub async fn tell_to_write(&self) -> Result<Arc<Viewer>> {
        let asked = self.0.asked.as_ref();
        if !asked.is_some_and(|asked| asked.app.database.writes_as_one()) {
            return self.tell().await;
        }
        let (viewer, rows) = self.tell_beside(&own_row::COLUMNS).await?;
        if let Some(rows) = rows {
            // It is told once, and so are these.
            let _ = self.0.own_row.set(rows);
        }
        Ok(viewer)
    }

    /// The row of who asks, as it was when that was told; none where it was not read with it.
    #[must_use]
    pub fn own_row(&self) -> Option<user::Model> {
        self.0.own_row.get().and_then(|rows| own_row::read(rows).ok())
    }

    async fn tell_by(&self, question: impl AsyncFnOnce(&Asked) -> Result<Viewer>) -> Result<Arc<Viewer>> {
        let told = self.0.told.get_or_init(async || {
            let asked = self.0.asked.as_ref()?;
            match question(asked).await {
                Ok(viewer) => {
                    let viewer = Arc::new(viewer);
                    self.0.audience.becomes_shared(viewer.clone());
                    Some(viewer)
                }
                Err(error) => {
                    *self.0.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    None
                }
            }
        });
        told.await.clone().ok_or(Error::Unauthenticated)
    }

    /// Why it could not be told: what the whole request is answered with.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        self.0
            .refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
