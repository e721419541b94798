//! Dynamic codes: how a device is enrolled, and how they are switched off.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::audience::signed_in;
use super::guard::{Gate, needs, requires};
use super::login::LoginPayload;
use super::user::User;
use crate::access::Action;
use crate::account::confirm_totp::{Confirmed, confirm_totp};
use crate::account::disable_totp::disable_totp;
use crate::account::enroll_totp::enroll_totp;
use crate::base::id::{Id, UserId};
use crate::entity::user;
use crate::sessions::Progress;
use crate::totp::{Enrolment, Given};
use crate::users::unbind_totp::unbind_totp;

payload! {
    /// What a device has to know to make dynamic codes. It is shown here and never again.
    EnrollTotpPayload {
        /// The secret in base 32, for who types it.
        secret: String,
        /// The `otpauth` URI that authenticator apps read: SHA-1, 6 digits, 30 seconds.
        otpauth_uri: String,
        /// The URI as a QR code: an SVG image.
        qr_code_svg: String,
    }
}

payload! {
    /// Dynamic codes are on.
    ConfirmTotpPayload {
        /// 10 codes, each of which stands in for the device once. They are shown here and never again.
        recovery_codes: Vec<String>,
        /// How the login goes on, when a challenge was given.
        login: LoginPayload,
    }
}

payload! {
    /// Dynamic codes are off, and all other sessions are over.
    DisableTotpPayload {
        /// The user.
        user: User,
    }
}

payload! {
    /// The user whose dynamic codes are off.
    UnbindUserTotpPayload {
        /// The user.
        user: User,
    }
}

/// A device that is to make dynamic codes.
#[derive(InputObject)]
pub struct EnrollTotpInput {
    /// The current password, of who is signed in.
    #[graphql(secret)]
    password: Option<String>,
    /// The challenge of a login whose next step is `TOTP_ENROLMENT_REQUIRED`.
    #[graphql(secret)]
    challenge: Option<String>,
}

/// A first dynamic code.
#[derive(InputObject)]
pub struct ConfirmTotpInput {
    /// The 6 digits that the device shows.
    #[graphql(secret)]
    code: String,
    /// The challenge of a login whose next step is `TOTP_ENROLMENT_REQUIRED`.
    #[graphql(secret)]
    challenge: Option<String>,
}

/// Dynamic codes that are to be switched off: with the password, and a dynamic code or a recovery code.
#[derive(InputObject)]
pub struct DisableTotpInput {
    /// The current password.
    #[graphql(secret)]
    password: String,
    /// The 6 digits that the device shows.
    #[graphql(secret)]
    code: Option<String>,
    /// One of the recovery codes.
    #[graphql(secret)]
    recovery_code: Option<String>,
}

/// A user whose dynamic codes are to be switched off.
#[derive(InputObject)]
pub struct UnbindUserTotpInput {
    /// The user.
    user_id: ID,
}

#[derive(Default)]
pub struct TotpMutation;

#[Object(guard = "super::guard::Never", serial)]
impl TotpMutation {
    /// Makes the secret of dynamic codes: for who is signed in, with the current password, or within a login that asks
    /// for it, with its challenge. The codes are on once `confirmTotp` has had a first one.
    #[graphql(guard = "Gate::root(Action::TotpEnroll)")]
    async fn enroll_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The device.")] input: EnrollTotpInput,
    ) -> Result<EnrollTotpPayload> {
        let (password, challenge) = (input.password.as_deref(), input.challenge.as_deref());
        let done = enroll_totp(app(ctx), viewer(ctx), password, challenge).await;
        let payload = |enrolment: Enrolment| EnrollTotpPayload {
            secret: Some(enrolment.secret),
            otpauth_uri: Some(enrolment.uri),
            qr_code_svg: Some(enrolment.qr_code),
            ..Default::default()
        };
        answer(ctx, Action::TotpEnroll, done, payload).await
    }

    /// Switches dynamic codes on with a first one, and answers the recovery codes. Within a login it also takes the
    /// login's next step.
    #[graphql(guard = "Gate::root(Action::TotpConfirm)")]
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: ConfirmTotpInput,
    ) -> Result<ConfirmTotpPayload> {
        let done = confirm_totp(app(ctx), viewer(ctx), &input.code, input.challenge.as_deref()).await;
        if let Ok(Confirmed {
            login: Some(Progress::Done(login)),
            ..
        }) = &done
        {
            signed_in(ctx, &login.tokens.access_token).await?;
        }
        let payload = |confirmed: Confirmed| ConfirmTotpPayload {
            recovery_codes: Some(confirmed.recovery_codes),
            login: confirmed.login.map(|progress| LoginPayload::of(ctx, progress)),
            ..Default::default()
        };
        answer(ctx, Action::TotpConfirm, done, payload).await
    }

    /// Switches the viewer's own dynamic codes off; all other sessions end.
    #[graphql(guard = "Gate::root(Action::TotpDisable)", directive = requires::apply(needs(Action::TotpDisable)))]
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What shows that it is the owner.")] input: DisableTotpInput,
    ) -> Result<Option<DisableTotpPayload>> {
        let given = Given::of(input.code.as_deref(), input.recovery_code.as_deref());
        let done = disable_totp(app(ctx), viewer(ctx), &input.password, given).await;
        let payload = |user: user::Model| DisableTotpPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::TotpDisable, done, payload).await.map(Some)
    }

    /// Switches another user's dynamic codes off, for who has lost the device and the recovery codes; all sessions of
    /// the user end.
    #[graphql(guard = "Gate::root(Action::UserTotpUnbind)", directive = requires::apply(needs(Action::UserTotpUnbind)))]
    async fn unbind_user_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: UnbindUserTotpInput,
    ) -> Result<Option<UnbindUserTotpPayload>> {
        let done = async { unbind_totp(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |user: user::Model| UnbindUserTotpPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserTotpUnbind, done, payload).await.map(Some)
    }
}
