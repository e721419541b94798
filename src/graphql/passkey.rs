//! Passkeys: how one is added, named and removed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::answer::{answer, app, payload, viewer};
use super::audience::signed_in;
use super::guard::{Gate, needs, requires};
use super::login::LoginPayload;
use super::user::User;
use crate::access::Action;
use crate::account::add_passkey::add_passkey;
use crate::account::confirm_passkey::{Confirmed, confirm_passkey};
use crate::account::remove_passkey::remove_passkey;
use crate::account::rename_passkey::rename_passkey;
use crate::base::id::{Id, PasskeyId, UserId};
use crate::entity::{passkey, user};
use crate::sessions::Progress;
use crate::users::unbind_passkeys::unbind_passkeys;

/// A key on a user's device, such as a phone, that logs them in.
pub struct Passkey(passkey::Model);

impl From<passkey::Model> for Passkey {
    fn from(row: passkey::Model) -> Self {
        Self(row)
    }
}

/// A key on a user's device, such as a phone, that logs them in.
#[Object(serial)]
impl Passkey {
    /// The id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last logged its owner in; null if never.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }
}

payload! {
    /// What a browser is to make a passkey of.
    AddPasskeyPayload {
        /// The argument of `PublicKeyCredential.parseCreationOptionsFromJSON`, whose result is the `publicKey` of
        /// `navigator.credentials.create`. There are 10 minutes for the answer.
        options: Value,
    }
}

payload! {
    /// The new passkey.
    ConfirmPasskeyPayload {
        /// The passkey.
        passkey: Passkey,
        /// How the login goes on, when a challenge was given.
        login: LoginPayload,
    }
}

payload! {
    /// The passkey with its new name.
    RenamePasskeyPayload {
        /// The passkey.
        passkey: Passkey,
    }
}

payload! {
    /// The passkey is gone, and all other sessions are over.
    RemovePasskeyPayload {
        /// The id of the passkey that is gone.
        removed_passkey_id: ID,
        /// The user whose it was.
        user: User,
    }
}

payload! {
    /// The user whose passkeys are gone.
    UnbindUserPasskeysPayload {
        /// The user.
        user: User,
    }
}

/// A passkey that is to be added.
#[derive(InputObject)]
pub struct AddPasskeyInput {
    /// The current password, of who is signed in.
    #[graphql(secret)]
    password: Option<String>,
    /// The challenge of a login whose next step is `TOTP_ENROLMENT_REQUIRED`.
    #[graphql(secret)]
    challenge: Option<String>,
}

/// A passkey that a browser has made.
#[derive(InputObject)]
pub struct ConfirmPasskeyInput {
    /// What to call it, such as the device's name: 1-50 characters.
    name: String,
    /// The result of `navigator.credentials.create`, by its `toJSON()`.
    #[graphql(secret)]
    passkey: Value,
    /// The challenge of a login whose next step is `TOTP_ENROLMENT_REQUIRED`.
    #[graphql(secret)]
    challenge: Option<String>,
}

/// Another name for a passkey.
#[derive(InputObject)]
pub struct RenamePasskeyInput {
    /// The passkey.
    passkey_id: ID,
    /// What to call it: 1-50 characters.
    name: String,
}

/// A passkey that is to be removed.
#[derive(InputObject)]
pub struct RemovePasskeyInput {
    /// The passkey.
    passkey_id: ID,
    /// The current password.
    #[graphql(secret)]
    password: String,
}

/// A user whose passkeys are to be removed.
#[derive(InputObject)]
pub struct UnbindUserPasskeysInput {
    /// The user.
    user_id: ID,
}

#[derive(Default)]
pub struct PasskeyMutation;

#[Object(guard = "super::guard::Never", serial)]
impl PasskeyMutation {
    /// Begins to add a passkey: for who is signed in, with the current password, or within a login that asks for a second
    /// factor to be enrolled, with its challenge. It is there once `confirmPasskey` has had the browser's answer. A user
    /// has at most 10.
    #[graphql(guard = "Gate::root(Action::PasskeyAdd)")]
    async fn add_passkey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What shows that it is the owner.")] input: AddPasskeyInput,
    ) -> Result<AddPasskeyPayload> {
        let (password, challenge) = (input.password.as_deref(), input.challenge.as_deref());
        let done = add_passkey(app(ctx), viewer(ctx), password, challenge).await;
        let payload = |options| AddPasskeyPayload {
            options: Some(options),
            ..Default::default()
        };
        answer(ctx, Action::PasskeyAdd, done, payload).await
    }

    /// Keeps a passkey that a browser has made of the options of `addPasskey`. It logs in alone from here on (see
    /// `startPasskeyLogin`), and a login with the password asks for it, or for another second factor that is on. Within a
    /// login it also takes the login's next step.
    #[graphql(guard = "Gate::root(Action::PasskeyConfirm)")]
    async fn confirm_passkey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passkey.")] input: ConfirmPasskeyInput,
    ) -> Result<ConfirmPasskeyPayload> {
        let challenge = input.challenge.as_deref();
        let done = confirm_passkey(app(ctx), viewer(ctx), &input.name, input.passkey, challenge).await;
        if let Ok(Confirmed {
            login: Some(Progress::Done(login)),
            ..
        }) = &done
        {
            signed_in(ctx, &login.tokens.access_token).await?;
        }
        let payload = |confirmed: Confirmed| ConfirmPasskeyPayload {
            passkey: Some(confirmed.passkey.into()),
            login: confirmed.login.map(|progress| LoginPayload::of(ctx, progress)),
            ..Default::default()
        };
        answer(ctx, Action::PasskeyConfirm, done, payload).await
    }

    /// Gives one of the viewer's own passkeys another name.
    #[graphql(guard = "Gate::root(Action::PasskeyRename)", directive = requires::apply(needs(Action::PasskeyRename)))]
    async fn rename_passkey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new name.")] input: RenamePasskeyInput,
    ) -> Result<Option<RenamePasskeyPayload>> {
        let done = async {
            let id = PasskeyId::parse(&input.passkey_id)?;
            rename_passkey(app(ctx), viewer(ctx), id, &input.name).await
        };
        let payload = |row: passkey::Model| RenamePasskeyPayload {
            passkey: Some(row.into()),
            ..Default::default()
        };
        answer(ctx, Action::PasskeyRename, done.await, payload)
            .await
            .map(Some)
    }

    /// Removes one of the viewer's own passkeys; all other sessions end.
    #[graphql(guard = "Gate::root(Action::PasskeyRemove)", directive = requires::apply(needs(Action::PasskeyRemove)))]
    async fn remove_passkey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passkey.")] input: RemovePasskeyInput,
    ) -> Result<Option<RemovePasskeyPayload>> {
        let done = async {
            let id = PasskeyId::parse(&input.passkey_id)?;
            remove_passkey(app(ctx), viewer(ctx), id, &input.password).await
        };
        let payload = |user: user::Model| RemovePasskeyPayload {
            removed_passkey_id: Some(input.passkey_id.clone()),
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::PasskeyRemove, done.await, payload)
            .await
            .map(Some)
    }

    /// Removes all passkeys of another user, for who has lost the devices; all sessions of the user end.
    #[graphql(guard = "Gate::root(Action::UserPasskeysUnbind)", directive = requires::apply(needs(Action::UserPasskeysUnbind)))]
    async fn unbind_user_passkeys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: UnbindUserPasskeysInput,
    ) -> Result<Option<UnbindUserPasskeysPayload>> {
        let done =
            async { unbind_passkeys(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |user: user::Model| UnbindUserPasskeysPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserPasskeysUnbind, done, payload)
            .await
            .map(Some)
    }
}
