//! What people do to their own account.

use async_graphql::{Context, Enum, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::audience::signed_in;
use super::browser::given;
use super::guard::{Gate, needs, requires};
use super::identity::Identity;
use super::session::Tokens;
use super::user::User;
use crate::access::Action;
use crate::account::bind_email::bind_email;
use crate::account::change_password::change_password;
use crate::account::register::{self, register};
use crate::account::send_verification_code::{self, send_verification_code};
use crate::account::unbind_email::unbind_email;
use crate::account::update_profile::update_profile;
use crate::entity::user::{self, Locale};

/// What a mailed code is for. A code for one thing is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "send_verification_code::CodePurpose")]
pub enum CodePurpose {
    /// To register with the address.
    Register,
    /// To bind the address to the viewer's account.
    BindEmail,
}

payload! {
    /// A code is on its way, unless the address belongs to an account, whose owner then gets a letter that says so.
    SendVerificationCodePayload {
        /// In how many seconds another code can be asked for.
        resend_after: i32,
    }
}
payload! {
    /// Who registered, signed in.
    RegisterPayload {
        /// The user.
        user: User,
        /// The tokens; null where they go into cookies (`X-Rollcall-Session: cookie`).
        tokens: Tokens,
    }
}
payload! {
    /// The viewer after the change.
    UpdateProfilePayload {
        /// The user.
        user: User,
    }
}
payload! {
    /// The password is changed, and all other sessions are over.
    ChangePasswordPayload {}
}
payload! {
    /// The viewer with the bound email.
    BindEmailPayload {
        /// The user.
        user: User,
    }
}

payload! {
    /// The viewer without the email.
    UnbindEmailPayload {
        /// The user.
        user: User,
    }
}

/// A code that is asked for.
#[derive(InputObject)]
pub struct SendVerificationCodeInput {
    /// The address.
    email: String,
    /// What it is for.
    purpose: CodePurpose,
    /// The language of the letter, where the address is no user's yet; English by default.
    locale: Option<Locale>,
}

/// Somebody who registers.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The name: 3-64 Chinese characters, ASCII letters, digits and `+ = , . @ - _`.
    name: String,
    /// The account: 3-64 ASCII letters, digits and `+ = , . @ - _`.
    account: String,
    /// The password; `registrationSettings` tells what it has to be.
    #[graphql(secret)]
    password: String,
    /// The password again.
    #[graphql(secret)]
    password_confirmation: String,
    /// The address that the code went to.
    email: String,
    /// The 6 digits that were mailed to the address.
    #[graphql(secret)]
    verification_code: String,
    /// The 8 digits of an invitation, which puts the user straight into its team.
    #[graphql(secret)]
    invitation_code: Option<String>,
    /// The language of the user's letters; English by default.
    locale: Option<Locale>,
}

/// A change of one's own profile. What is left out stays.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The name.
    name: Option<String>,
    /// The language of one's letters.
    locale: Option<Locale>,
}

/// A change of one's own password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The current password.
    #[graphql(secret)]
    current_password: String,
    /// The new password.
    #[graphql(secret)]
    new_password: String,
    /// The new password again.
    #[graphql(secret)]
    new_password_confirmation: String,
}

/// An email to be bound to one's own account.
#[derive(InputObject)]
pub struct BindEmailInput {
    /// The address.
    email: String,
    /// The 6 digits that were mailed to the address.
    #[graphql(secret)]
    verification_code: String,
    /// The current password.
    #[graphql(secret)]
    password: String,
}

/// The email that is bound to one's own account, to be taken from it.
#[derive(InputObject)]
pub struct UnbindEmailInput {
    /// The current password.
    #[graphql(secret)]
    password: String,
}

#[derive(Default)]
pub struct AccountMutation;

#[Object(guard = "super::guard::Never", serial)]
impl AccountMutation {
    /// Mails a code of 6 digits: for 10 minutes, one use and 5 tries. A new one can be asked for after 60 seconds, and
    /// 10 a day. The answer does not tell whether the address belongs to an account.
    #[graphql(guard = "Gate::root(Action::VerificationCodeSend)")]
    async fn send_verification_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: SendVerificationCodeInput,
    ) -> Result<SendVerificationCodePayload> {
        let purpose = input.purpose.into();
        let done = send_verification_code(app(ctx), viewer(ctx), purpose, &input.email, input.locale).await;
        let payload = |seconds| SendVerificationCodePayload {
            resend_after: Some(seconds),
            ..Default::default()
        };
        answer(ctx, Action::VerificationCodeSend, done, payload).await
    }

    /// Registers a member with a mailed code, and with an invitation code straight into a team. Whether an
    /// account or address is taken is told only after a valid mailed code.
    #[graphql(guard = "Gate::root(Action::Register)")]
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who registers.")] input: RegisterInput,
    ) -> Result<RegisterPayload> {
        let form = register::Register {
            name: &input.name,
            account: &input.account,
            password: &input.password,
            password_confirmation: &input.password_confirmation,
            email: &input.email,
            verification_code: &input.verification_code,
            invitation_code: input.invitation_code.as_deref(),
            locale: input.locale,
        };
        let done = register(app(ctx), viewer(ctx), form).await;
        if let Ok((_, tokens)) = &done {
            signed_in(ctx, &tokens.access_token).await?;
        }
        let payload = |(user, tokens): (user::Model, crate::sessions::Tokens)| RegisterPayload {
            user: Some(user.into()),
            tokens: given(ctx, tokens),
            ..Default::default()
        };
        answer(ctx, Action::Register, done, payload).await
    }

    /// Changes the viewer's own name or language.
    #[graphql(guard = "Gate::root(Action::ProfileUpdate)", directive = requires::apply(needs(Action::ProfileUpdate)))]
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateProfileInput,
    ) -> Result<Option<UpdateProfilePayload>> {
        let before = ctx.data_unchecked::<Identity>().own_row();
        let (name, locale) = (input.name.as_deref(), input.locale);
        let done = update_profile(app(ctx), viewer(ctx), before, name, locale).await;
        let payload = |user: user::Model| UpdateProfilePayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::ProfileUpdate, done, payload).await.map(Some)
    }

    /// Changes the viewer's own password; all other sessions end.
    #[graphql(guard = "Gate::root(Action::PasswordChange)", directive = requires::apply(needs(Action::PasswordChange)))]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: ChangePasswordInput,
    ) -> Result<Option<ChangePasswordPayload>> {
        let (current, new) = (&input.current_password, &input.new_password);
        let confirmation = &input.new_password_confirmation;
        let done = change_password(app(ctx), viewer(ctx), current, new, confirmation).await;
        answer(ctx, Action::PasswordChange, done, |()| {
            ChangePasswordPayload::default()
        })
        .await
        .map(Some)
    }

    /// Binds an email to the viewer's own account, with the code that was mailed there; the one bound before is free
    /// again.
    #[graphql(guard = "Gate::root(Action::EmailBind)", directive = requires::apply(needs(Action::EmailBind)))]
    async fn bind_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The email.")] input: BindEmailInput,
    ) -> Result<Option<BindEmailPayload>> {
        let done = bind_email(
            app(ctx),
            viewer(ctx),
            &input.email,
            &input.verification_code,
            &input.password,
        )
        .await;
        let payload = |user: user::Model| BindEmailPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::EmailBind, done, payload).await.map(Some)
    }

    /// Takes the bound email from the viewer's own account. Who registered with one keeps one, and binds another
    /// instead.
    #[graphql(guard = "Gate::root(Action::EmailUnbind)", directive = requires::apply(needs(Action::EmailUnbind)))]
    async fn unbind_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The email.")] input: UnbindEmailInput,
    ) -> Result<Option<UnbindEmailPayload>> {
        let done = unbind_email(app(ctx), viewer(ctx), &input.password).await;
        let payload = |user: user::Model| UnbindEmailPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::EmailUnbind, done, payload).await.map(Some)
    }
}
