//! Who an answer is for.
//!
//! At first that is who asked. A login, a registration and the joining of a team change what the same person may
//! see, and their own answers already show it: `login { user { email } }`. What may be *done* by later
//! mutations of the same document stays a matter of who asked.

use std::sync::{Arc, PoisonError, RwLock};

use async_graphql::Context;

use super::answer::{app, viewer};
use super::identity::Identity;
use crate::access::Viewer;
use crate::base::{Error, Result};
use crate::sessions::identify::{identify, identify_again};

/// Who the answer is for, shared by the fields and the loaders of one request.
#[derive(Clone, Debug)]
pub struct Audience(Arc<RwLock<Arc<Viewer>>>);

impl Audience {
    /// The audience of a request of this viewer.
    #[must_use]
    pub fn new(viewer: Arc<Viewer>) -> Self {
        Self(Arc::new(RwLock::new(viewer)))
    }

    /// Who the answer is for now.
    #[must_use]
    pub fn viewer(&self) -> Arc<Viewer> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From here on the answer is for this viewer.
    pub fn becomes(&self, viewer: Viewer) {
        self.becomes_shared(Arc::new(viewer));
    }

    /// The same, of one that others have too.
    pub fn becomes_shared(&self, viewer: Arc<Viewer>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = viewer;
    }
}

/// Who the answer is for.
pub fn audience(ctx: &Context<'_>) -> Arc<Viewer> {
    ctx.data_unchecked::<Identity>().audience().viewer()
}

/// From here on the answer is for whoever this access token, which was just given, belongs to.
pub async fn signed_in(ctx: &Context<'_>, access_token: &str) -> Result<()> {
    let viewer = identify(app(ctx), viewer(ctx).origin.clone(), Some(access_token)).await;
    becomes(ctx, viewer)
}

/// From here on the answer is for the same person with the teams and rights that they have now.
pub async fn looks_again(ctx: &Context<'_>) -> Result<()> {
    let viewer = identify_again(app(ctx), viewer(ctx)).await;
    becomes(ctx, viewer)
}

/// Somebody may have ended the session since it was done. Done it is all the same, and so it is answered: to who it was
/// for before, who sees no more than they did.
fn becomes(ctx: &Context<'_>, viewer: Result<Viewer>) -> Result<()> {
    match viewer {
        Ok(viewer) => ctx.data_unchecked::<Identity>().audience().becomes(viewer),
        Err(Error::Unauthenticated) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
