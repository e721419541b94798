//! Sessions: signed-in devices, and how one goes on and signs out.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::answer::{answer, answer_recorded, app, payload, viewer};
use super::browser::{Kept, browser, given};
use super::guard::Gate;
use crate::access::{Action, Viewer};
use crate::base::Error;
use crate::base::error::UserErrorCode::Required;
use crate::entity::session;
use crate::sessions::refresh::{self, Refreshed, refresh_shared};
use crate::sessions::{self, logout};

/// A signed-in device.
pub struct Session {
    row: session::Model,
    is_current: bool,
}

impl Session {
    /// The session of a row, as this viewer sees it.
    pub fn of(row: session::Model, viewer: &Viewer) -> Self {
        let is_current = viewer
            .signed_in
            .as_ref()
            .is_some_and(|user| user.session_id == row.id);
        Self { row, is_current }
    }
}

/// A signed-in device.
#[Object(serial)]
impl Session {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// When it began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it last went on, by a login or a refresh.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.row.last_used_at
    }

    /// When it ends, whatever happens.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.row.expires_at
    }

    /// The source address that it began from.
    async fn address(&self) -> Option<&str> {
        self.row.address.as_deref()
    }

    /// The user agent that it began with.
    async fn user_agent(&self) -> Option<&str> {
        self.row.user_agent.as_deref()
    }

    /// Whether this very request came by it.
    async fn is_current(&self) -> bool {
        self.is_current
    }
}

/// What a client keeps of a session. The access token goes into the header `Authorization: Bearer …`.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct Tokens {
    /// The access token: a JWT, signed with EdDSA.
    access_token: String,
    /// When the access token expires.
    expires_at: DateTime<Utc>,
    /// The refresh token: works once, and gives the next one.
    refresh_token: String,
    /// When the refresh token expires.
    refresh_expires_at: DateTime<Utc>,
}

impl Tokens {
    /// The tokens as an answer has them. `browser::given` asks first whether it has them at all.
    pub(super) fn of(tokens: sessions::Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            expires_at: tokens.expires_at,
            refresh_token: tokens.refresh_token,
            refresh_expires_at: tokens.refresh_expires_at,
        }
    }
}

payload! {
    /// The next tokens.
    RefreshSessionPayload {
        /// The tokens; null where they go into cookies (`X-Rollcall-Session: cookie`).
        tokens: Tokens,
    }
}

payload! {
    /// The session is over.
    LogoutPayload {}
}

/// A session that goes on.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The refresh token. A console whose tokens are in cookies leaves it out.
    #[graphql(secret)]
    refresh_token: Option<String>,
}

#[derive(Default)]
pub struct SessionMutation;

#[Object(guard = "super::guard::Never", serial)]
impl SessionMutation {
    /// Changes a refresh token for the next one, and a new access token. An old one that is used again ends
    /// the session. Pages of a console that share its cookies may refresh at once: all of them go on.
    #[graphql(guard = "Gate::root(Action::SessionRefresh)")]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: RefreshSessionInput,
    ) -> Result<RefreshSessionPayload> {
        let browser = browser(ctx);
        if let Some(token) = &input.refresh_token {
            let done = refresh::refresh(app(ctx), viewer(ctx), token).await;
            return answer_recorded(done, |tokens| RefreshSessionPayload {
                tokens: given(ctx, tokens),
                ..Default::default()
            });
        }
        let Some((browser, token)) =
            browser.and_then(|browser| Some((browser, browser.brought().refresh.as_ref()?)))
        else {
            let missing = Error::user(Required, "refreshToken", "The refresh token is needed.");
            let payload = |()| RefreshSessionPayload::default();
            return answer(ctx, Action::SessionRefresh, Err(missing), payload).await;
        };
        let done = refresh_shared(app(ctx), viewer(ctx), token).await;
        if let Err(Error::Invalid(_)) = done {
            browser.forget_session();
        }
        answer_recorded(done, |refreshed| {
            match refreshed {
                Refreshed::Next(tokens) => drop(given(ctx, tokens)),
                Refreshed::Again {
                    access_token,
                    expires_at,
                } => {
                    browser.keep(Kept::Access, access_token, expires_at);
                }
            }
            RefreshSessionPayload::default()
        })
    }

    /// Ends the session that the request came by, and has a console forget its cookies.
    #[graphql(guard = "Gate::root(Action::Logout)")]
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        let browser = browser(ctx);
        let refresh_token = browser.and_then(|browser| browser.brought().refresh.as_deref());
        let done = logout::logout(app(ctx), viewer(ctx), refresh_token).await;
        if let (Some(browser), Ok(())) = (browser, &done) {
            browser.forget_session();
        }
        answer(ctx, Action::Logout, done, |()| LogoutPayload::default()).await
    }
}
