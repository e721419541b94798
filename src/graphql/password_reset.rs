//! A new password for who has forgotten the old one.

use async_graphql::{Context, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::Gate;
use crate::access::Action;
use crate::account::request_password_reset::request_password_reset;
use crate::account::reset_password::{ResetPassword, reset_password};

payload! {
    /// A code is on its way, if the address is bound to an account.
    RequestPasswordResetPayload {
        /// In how many seconds another code can be asked for.
        resend_after: i32,
    }
}

payload! {
    /// The password is set, and all sessions are over.
    ResetPasswordPayload {}
}

/// Somebody who has forgotten the password.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// The bound email.
    email: String,
}

/// A new password.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// The bound email.
    email: String,
    /// The 6 digits that were mailed to it.
    #[graphql(secret)]
    code: String,
    /// The new password.
    #[graphql(secret)]
    new_password: String,
    /// The new password again.
    #[graphql(secret)]
    new_password_confirmation: String,
}

#[derive(Default)]
pub struct PasswordResetMutation;

#[Object(guard = "super::guard::Never", serial)]
impl PasswordResetMutation {
    /// Mails a code of 6 digits that sets a new password: for 10 minutes, one use and 5 tries. The answer does not tell
    /// whether the address belongs to an account.
    #[graphql(guard = "Gate::root(Action::PasswordResetRequest)")]
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetPayload> {
        let done = request_password_reset(app(ctx), viewer(ctx), &input.email).await;
        let payload = |seconds| RequestPasswordResetPayload {
            resend_after: Some(seconds),
            ..Default::default()
        };
        answer(ctx, Action::PasswordResetRequest, done, payload).await
    }

    /// Sets a new password with the mailed code. All sessions end, a lock is lifted, and a second factor is still asked
    /// for at the next login.
    #[graphql(guard = "Gate::root(Action::PasswordReset)")]
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        let form = ResetPassword {
            email: &input.email,
            code: &input.code,
            new_password: &input.new_password,
            new_password_confirmation: &input.new_password_confirmation,
        };
        let done = reset_password(app(ctx), viewer(ctx), form).await;
        answer(ctx, Action::PasswordReset, done, |()| {
            ResetPasswordPayload::default()
        })
        .await
    }
}
