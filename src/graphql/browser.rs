//! A page of the console in a browser: its tokens are in cookies, which no script can read.
//!
//! The page says so with each request (`http::cookies`). What it keeps comes beside the document, and what it is given goes
//! beside the answer: in the answer itself, where a script could read it, there is no token then.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use chrono::{DateTime, Utc};

use super::answer::app;
use super::session::Tokens;
use crate::secret::token::DEVICE_LIFE;
use crate::sessions;

/// What a browser keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// What makes the device known.
    Device,
}

/// What a browser brought with a request.
#[derive(Clone, Default)]
pub struct Brought {
    /// The access token.
    pub access: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
    /// What makes the device known.
    pub device: Option<String>,
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Brought(…)")
    }
}

/// A token to be kept until then; none to be forgotten.
type Change = (Kept, Option<(String, DateTime<Utc>)>);

/// The browser that a request came from.
#[derive(Clone)]
pub struct Browser {
    brought: Arc<Brought>,
    changes: Arc<Mutex<Vec<Change>>>,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Browser(…)")
    }
}

impl Browser {
    /// One that brought this.
    #[must_use]
    pub fn new(brought: Brought) -> Self {
        Self {
            brought: Arc::new(brought),
            changes: Arc::default(),
        }
    }

    /// What it brought.
    #[must_use]
    pub fn brought(&self) -> &Brought {
        &self.brought
    }

    /// Has it keep a token until then.
    pub fn keep(&self, kept: Kept, token: String, until: DateTime<Utc>) {
        self.change(kept, Some((token, until)));
    }

    /// Has it forget a token.
    pub fn forget(&self, kept: Kept) {
        self.change(kept, None);
    }

    /// Has it forget a session that is over. The device stays known.
    pub fn forget_session(&self) {
        self.forget(Kept::Access);
        self.forget(Kept::Refresh);
    }

    /// The request is run once more from its beginning.
    pub fn begin_again(&self) {
        self.changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What becomes of what it keeps, each once.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn change(&self, kept: Kept, token: Option<(String, DateTime<Utc>)>) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        // A document may log in twice: the last word holds.
        changes.retain(|(other, _)| *other != kept);
        changes.push((kept, token));
    }
}

/// The browser that the request came from, when it was one that keeps tokens.
pub fn browser<'c>(ctx: &Context<'c>) -> Option<&'c Browser> {
    ctx.data_opt()
}

/// The tokens as the answer has them: not at all where a browser keeps them.
pub fn given(ctx: &Context<'_>, tokens: sessions::Tokens) -> Option<Tokens> {
    let Some(browser) = browser(ctx) else {
        return Some(Tokens::of(tokens));
    };
    browser.keep(Kept::Access, tokens.access_token, tokens.expires_at);
    browser.keep(Kept::Refresh, tokens.refresh_token, tokens.refresh_expires_at);
    None
}

/// The same for what makes the device known.
pub fn given_device(ctx: &Context<'_>, token: String) -> Option<String> {
    let Some(browser) = browser(ctx) else {
        return Some(token);
    };
    browser.keep(Kept::Device, token, app(ctx).now() + DEVICE_LIFE);
    None
}
