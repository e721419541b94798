//! How one signs in, step by step.

use async_graphql::{Context, Enum, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::answer::{answer, answer_recorded, app, payload, viewer};
use super::audience::signed_in;
use super::browser::{browser, given, given_device};
use super::guard::Gate;
use super::session::Tokens;
use super::user::User;
use crate::access::Action;
use crate::entity::login_challenge::Step;
use crate::sessions::complete_login::CompleteLogin;
use crate::sessions::login::Login;
use crate::sessions::{Done, Progress, complete_login, login};

/// How far a login has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LoginStep {
    /// It is done: the tokens are there, or in the console's cookies.
    Done,
    /// A dynamic code is needed: `completeLogin` takes the challenge and the code, or a recovery code; or the answer of a
    /// passkey, when there are `passkeyOptions`.
    TotpRequired,
    /// A second factor has to be enrolled first: `enrollTotp` and `confirmTotp` take the challenge, and so do `addPasskey`
    /// and `confirmPasskey`.
    TotpEnrolmentRequired,
    /// The answer of a passkey is needed: `completeLogin` takes the challenge and what the browser makes of
    /// `passkeyOptions`.
    PasskeyRequired,
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
        /// What a passkey may sign for the next step, when the user has one: the argument of
        /// `PublicKeyCredential.parseRequestOptionsFromJSON`, whose result is the `publicKey` of
        /// `navigator.credentials.get`.
        passkey_options: Value,
        /// The tokens, when the login is done; null where they go into cookies (`X-Rollcall-Session: cookie`).
        tokens: Tokens,
        /// What the client shows at the next login on this device, when the login is done: a device that is known goes
        /// on while guesses of others lock the account. Null where it goes into a cookie.
        device_token: String,
        /// When the account logged in before, when the login is done; null if never.
        previous_login_at: DateTime<Utc>,
        /// How many logins to the account have failed since then, when the login is done.
        failed_attempts: u64,
        /// The user, when the login is done.
        user: User,
    }
}

impl LoginPayload {
    /// How far the login has come. Where a browser keeps the tokens, they do not stand here.
    pub(super) fn of(ctx: &Context<'_>, progress: Progress) -> Self {
        match progress {
            Progress::Done(done) => {
                let Done {
                    user,
                    tokens,
                    device_token,
                    previous_login_at,
                    failed_attempts,
                } = *done;
                Self {
                    step: Some(LoginStep::Done),
                    tokens: given(ctx, tokens),
                    device_token: given_device(ctx, device_token),
                    previous_login_at,
                    failed_attempts: Some(failed_attempts),
                    user: Some(user.into()),
                    ..Self::default()
                }
            }
            Progress::Waits {
                step,
                challenge,
                passkey_options,
            } => Self {
                step: Some(step.into()),
                challenge: Some(challenge),
                passkey_options,
                ..Self::default()
            },
        }
    }
}

impl From<Step> for LoginStep {
    fn from(step: Step) -> Self {
        match step {
            Step::Totp => Self::TotpRequired,
            Step::TotpEnrolment => Self::TotpEnrolmentRequired,
            Step::Passkey => Self::PasskeyRequired,
            Step::PasswordChange => Self::PasswordChangeRequired,
        }
    }
}

/// A login.
#[derive(InputObject)]
pub struct LoginInput {
    /// The account or the bound email.
    login: String,
    /// The password.
    #[graphql(secret)]
    password: String,
    /// The `deviceToken` that an earlier login gave this device. A console whose tokens are in cookies leaves it out.
    #[graphql(secret)]
    device_token: Option<String>,
}

/// The next step of a login.
#[derive(InputObject)]
pub struct CompleteLoginInput {
    /// What the step before gave.
    #[graphql(secret)]
    challenge: String,
    /// The 6 digits that the user's device shows. Each works once.
    #[graphql(secret)]
    totp_code: Option<String>,
    /// A recovery code in its place. Each works once.
    #[graphql(secret)]
    recovery_code: Option<String>,
    /// The answer of a passkey to `passkeyOptions`, by its `toJSON()`, in the place of a code.
    #[graphql(secret)]
    passkey: Option<Value>,
    /// The new password.
    #[graphql(secret)]
    new_password: Option<String>,
    /// The new password again.
    #[graphql(secret)]
    new_password_confirmation: Option<String>,
}

/// Who just logged in sees the answer as the one who they are.
pub(super) async fn meet(ctx: &Context<'_>, done: &crate::base::Result<Progress>) -> Result<()> {
    if let Ok(Progress::Done(done)) = done {
        signed_in(ctx, &done.tokens.access_token).await?;
    }
    Ok(())
}

#[derive(Default)]
pub struct LoginMutation;

#[Object(guard = "super::guard::Never", serial)]
impl LoginMutation {
    /// Logs in. Every failure is the same `INVALID_CREDENTIALS`; after 5 failures in 15 minutes (the password policy's
    /// numbers) the account is locked for 15 minutes, except for devices that are known.
    #[graphql(guard = "Gate::root(Action::Login)")]
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login.")] input: LoginInput,
    ) -> Result<LoginPayload> {
        let kept = browser(ctx).and_then(|browser| browser.brought().device.as_deref());
        let form = Login {
            login: &input.login,
            password: &input.password,
            device_token: input.device_token.as_deref().or(kept),
        };
        let done = login::login(app(ctx), viewer(ctx), form).await;
        meet(ctx, &done).await?;
        answer_recorded(done, |progress| LoginPayload::of(ctx, progress))
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
            totp_code: input.totp_code.as_deref(),
            recovery_code: input.recovery_code.as_deref(),
            passkey: input.passkey.as_ref(),
            new_password: input.new_password.as_deref(),
            new_password_confirmation: input.new_password_confirmation.as_deref(),
        };
        let done = complete_login::complete_login(app(ctx), viewer(ctx), next).await;
        meet(ctx, &done).await?;
        let payload = |progress| LoginPayload::of(ctx, progress);
        answer(ctx, Action::LoginComplete, done, payload).await
    }
}
