//! What platform staff do about the ways in of a user: locks, addresses.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use super::user::User;
use crate::access::Action;
use crate::base::id::{Id, UserId};
use crate::entity::user;
use crate::users::unbind_email::unbind_email;
use crate::users::unlock::unlock;

payload! {
    /// The user whose lock is lifted.
    UnlockUserPayload {
        /// The user.
        user: User,
    }
}

payload! {
    /// The user without the email.
    UnbindUserEmailPayload {
        /// The user.
        user: User,
    }
}

/// A user whose lock is to be lifted.
#[derive(InputObject)]
pub struct UnlockUserInput {
    /// The user.
    user_id: ID,
}

/// A user whose bound email is to be taken away.
#[derive(InputObject)]
pub struct UnbindUserEmailInput {
    /// The user.
    user_id: ID,
}

#[derive(Default)]
pub struct UserRescueMutation;

#[Object(guard = "super::guard::Never", serial)]
impl UserRescueMutation {
    /// Lifts the lock that too many wrong passwords put on an account, and forgets them.
    #[graphql(guard = "Gate::root(Action::UserUnlock)", directive = requires::apply(needs(Action::UserUnlock)))]
    async fn unlock_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: UnlockUserInput,
    ) -> Result<Option<UnlockUserPayload>> {
        let done = async { unlock(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |user: user::Model| UnlockUserPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserUnlock, done, payload).await.map(Some)
    }

    /// Takes the bound email from another user's account: it no longer logs in, and is free again. It gets a letter.
    #[graphql(
        guard = "Gate::root(Action::UserEmailUnbind)",
        directive = requires::apply(needs(Action::UserEmailUnbind))
    )]
    async fn unbind_user_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: UnbindUserEmailInput,
    ) -> Result<Option<UnbindUserEmailPayload>> {
        let done = async { unbind_email(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |user: user::Model| UnbindUserEmailPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserEmailUnbind, done, payload)
            .await
            .map(Some)
    }
}
