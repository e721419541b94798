//! How one signs in by a passkey alone.

use async_graphql::{Context, InputObject, Object, Result};
use serde_json::Value;

use super::answer::{answer, answer_recorded, app, payload, viewer};
use super::browser::browser;
use super::guard::Gate;
use super::login::{LoginPayload, meet};
use crate::access::Action;
use crate::sessions::finish_passkey_login::{PasskeyLogin, finish_passkey_login};
use crate::sessions::start_passkey_login::{Started, start_passkey_login};

payload! {
    /// What a browser is to have signed.
    StartPasskeyLoginPayload {
        /// The argument of `PublicKeyCredential.parseRequestOptionsFromJSON`, whose result is the `publicKey` of
        /// `navigator.credentials.get`.
        options: Value,
        /// What `finishPasskeyLogin` takes, once, for 10 minutes.
        challenge: String,
    }
}

/// A login by a passkey.
#[derive(InputObject)]
pub struct FinishPasskeyLoginInput {
    /// What `startPasskeyLogin` gave.
    #[graphql(secret)]
    challenge: String,
    /// The result of `navigator.credentials.get`, by its `toJSON()`.
    #[graphql(secret)]
    passkey: Value,
    /// The device token of an earlier login on this device.
    #[graphql(secret)]
    device_token: Option<String>,
}

#[derive(Default)]
pub struct PasskeyLoginMutation;

#[Object(guard = "super::guard::Never", serial)]
impl PasskeyLoginMutation {
    /// Begins a login by a passkey, which says who it is. Nothing is written, and who asks learns of nobody.
    #[graphql(guard = "Gate::root(Action::PasskeyLoginStart)")]
    async fn start_passkey_login(&self, ctx: &Context<'_>) -> Result<StartPasskeyLoginPayload> {
        let payload = |started: Started| StartPasskeyLoginPayload {
            options: Some(started.options),
            challenge: Some(started.challenge),
            ..Default::default()
        };
        let done = start_passkey_login(app(ctx));
        answer(ctx, Action::PasskeyLoginStart, done, payload).await
    }

    /// Logs in by the answer of a passkey. It is two factors by itself: no dynamic code is asked for, but a new password
    /// where one is due. Works while the account is locked. Every failure is the same `INVALID_CREDENTIALS`.
    #[graphql(guard = "Gate::root(Action::PasskeyLoginFinish)")]
    async fn finish_passkey_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: FinishPasskeyLoginInput,
    ) -> Result<LoginPayload> {
        let kept = browser(ctx).and_then(|browser| browser.brought().device.as_deref());
        let login = PasskeyLogin {
            challenge: &input.challenge,
            passkey: &input.passkey,
            device_token: input.device_token.as_deref().or(kept),
        };
        let done = finish_passkey_login(app(ctx), viewer(ctx), login).await;
        meet(ctx, &done).await?;
        answer_recorded(done, |progress| LoginPayload::of(ctx, progress))
    }
}
