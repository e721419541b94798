//! Sessions: how one signs in, goes on and signs out.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::answer::{answer, answer_recorded, app, payload, viewer};
use super::audience::signed_in;
use super::guard::Gate;
use super::user::User;
use crate::access::{Action, Viewer};
use crate::base::Error;
use crate::base::error::UserErrorCode::Required;
use crate::entity::session;
use crate::sessions::complete_login::CompleteLogin;
use crate::sessions::login::Step;
use crate::sessions::{self, complete_login, login, logout, refresh};

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

impl From<sessions::Tokens> for Tokens {
    fn from(tokens: sessions::Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            expires_at: tokens.expires_at,
            refresh_token: tokens.refresh_token,
            refresh_expires_at: tokens.refresh_expires_at,
        }
    }
}

/// How far a login has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LoginStep {
    /// It is done: the tokens are there.
    Done,
    /// The password has to be changed: `completeLogin` takes the challenge and a new password.
    PasswordChangeRequired,
}

payload! {
    /// How far the login has come.
    LoginPayload {
        /// The step that comes next; null when the login failed.
        step: LoginStep,
        /// What `completeLogin` takes for the next step, for 10 minutes.
        challenge: String,
        /// The tokens, when the login is done.
        tokens: Tokens,
        /// The user, when the login is done.
        user: User,
    }
}

impl From<Step> for LoginPayload {
    fn from(step: Step) -> Self {
        match step {
            Step::Done { user, tokens } => Self {
                step: Some(LoginStep::Done),
                tokens: Some(tokens.into()),
                user: Some((*user).into()),
                ..Self::default()
            },
            Step::PasswordChangeRequired { challenge } => Self {
                step: Some(LoginStep::PasswordChangeRequired),
                challenge: Some(challenge),
                ..Self::default()
            },
        }
    }
}

payload! {
    /// The next tokens.
    RefreshSessionPayload {
        /// The tokens.
        tokens: Tokens,
    }
}

payload! {
    /// The session is over.
    LogoutPayload {}
}

/// A login.
#[derive(InputObject)]
pub struct LoginInput {
    /// The account or the bound email.
    login: String,
    /// The password.
    #[graphql(secret)]
    password: String,
}

/// The next step of a login.
#[derive(InputObject)]
pub struct CompleteLoginInput {
    /// What the step before gave.
    #[graphql(secret)]
    challenge: String,
    /// The new password.
    #[graphql(secret)]
    new_password: Option<String>,
    /// The new password again.
    #[graphql(secret)]
    new_password_confirmation: Option<String>,
}

/// A session that goes on.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The refresh token.
    #[graphql(secret)]
    refresh_token: Option<String>,
}

/// Who just logged in sees the answer as the one who they are.
async fn meet(ctx: &Context<'_>, done: &crate::base::Result<Step>) -> Result<()> {
    if let Ok(Step::Done { tokens, .. }) = done {
        signed_in(ctx, &tokens.access_token).await?;
    }
    Ok(())
}

#[derive(Default)]
pub struct SessionMutation;

#[Object(guard = "super::guard::Never", serial)]
impl SessionMutation {
    /// Logs in. Every failure is the same `INVALID_CREDENTIALS`; after 5 failures in 15 minutes the account
    /// is locked for 15 minutes.
    #[graphql(guard = "Gate::root(Action::Login)")]
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login.")] input: LoginInput,
    ) -> Result<LoginPayload> {
        let done = login::login(app(ctx), viewer(ctx), &input.login, &input.password).await;
        meet(ctx, &done).await?;
        answer_recorded(done, LoginPayload::from)
    }

    /// Goes on with a login that asked for more.
    #[graphql(guard = "Gate::root(Action::LoginComplete)")]
    async fn complete_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The next step.")] input: CompleteLoginInput,
    ) -> Result<LoginPayload> {
        let next = CompleteLogin {
            challenge: &input.challenge,
            new_password: input.new_password.as_deref(),
            new_password_confirmation: input.new_password_confirmation.as_deref(),
        };
        let done = complete_login::complete_login(app(ctx), viewer(ctx), next).await;
        meet(ctx, &done).await?;
        answer(ctx, Action::LoginComplete, None, done, LoginPayload::from).await
    }

    /// Changes a refresh token for the next one, and a new access token. An old one that is used again ends
    /// the session.
    #[graphql(guard = "Gate::root(Action::SessionRefresh)")]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: RefreshSessionInput,
    ) -> Result<RefreshSessionPayload> {
        let payload = |tokens: crate::sessions::Tokens| RefreshSessionPayload {
            tokens: Some(tokens.into()),
            ..Default::default()
        };
        let Some(token) = &input.refresh_token else {
            let missing = Error::user(Required, "refreshToken", "The refresh token is needed.");
            return answer(ctx, Action::SessionRefresh, None, Err(missing), payload).await;
        };
        let done = refresh::refresh(app(ctx), viewer(ctx), token).await;
        answer_recorded(done, payload)
    }

    /// Ends the session that the request came by.
    #[graphql(guard = "Gate::root(Action::Logout)")]
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        let done = logout::logout(app(ctx), viewer(ctx)).await;
        answer(ctx, Action::Logout, None, done, |()| LogoutPayload::default()).await
    }
}
