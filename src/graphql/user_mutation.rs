//! Users, as platform staff manage them.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use super::impact::answer_outcome;
use crate::access::Action;
use crate::base::id::{Id, UserId};
use crate::entity::user::{self, AccountType, Locale};
use crate::impact::Run;
use crate::users::create::UserForm;
use crate::users::update::UpdateUser;
use crate::users::{PasswordChoice, create, delete, disable, enable, reset_password, update};

use super::user::User;

payload! {
    /// The user that was made.
    CreateUserPayload {
        /// The user.
        user: User,
        /// The password that the platform made: shown here and never again.
        generated_password: String,
    }
}
payload! {
    /// The user after the change.
    foresees UpdateUserPayload {
        /// The user.
        user: User,
    }
}
payload! {
    /// The user whose password was set.
    ResetUserPasswordPayload {
        /// The user.
        user: User,
        /// The password that the platform made: shown here and never again.
        generated_password: String,
    }
}
payload! {
    /// The user who is disabled now.
    foresees DisableUserPayload {
        /// The user.
        user: User,
    }
}
payload! {
    /// The user who is enabled now.
    EnableUserPayload {
        /// The user.
        user: User,
    }
}
payload! {
    /// The user who is gone.
    foresees DeleteUserPayload {
        /// The id of the user.
        deleted_user_id: ID,
    }
}

/// A user to be made by platform staff.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The name: 3-64 Chinese characters, ASCII letters, digits and `+ = , . @ - _`.
    name: String,
    /// The account: 3-64 ASCII letters, digits and `+ = , . @ - _`.
    account: String,
    /// The account type. Only the super admin makes platform admins, and nobody a second super admin.
    account_type: AccountType,
    /// A password; or leave it out and have one generated.
    #[graphql(secret)]
    password: Option<String>,
    /// Whether the platform makes the password.
    generate_password: Option<bool>,
    /// An email, which is only proposed: a code goes to it, and its owner binds it.
    email: Option<String>,
    /// The language of the user's letters; English by default.
    locale: Option<Locale>,
}

/// A change of a user. What is left out stays.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// The user.
    user_id: ID,
    /// The name.
    name: Option<String>,
    /// The account type; for the super admin. A member has to be out of all teams first. Ends the user's sessions.
    account_type: Option<AccountType>,
    /// An email, which is only proposed: a code goes to it, and its owner binds it.
    email: Option<String>,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// A new password for another user.
#[derive(InputObject)]
pub struct ResetUserPasswordInput {
    /// The user.
    user_id: ID,
    /// A password; or leave it out and have one generated.
    #[graphql(secret)]
    password: Option<String>,
    /// Whether the platform makes the password.
    generate_password: Option<bool>,
}

/// A user to be disabled.
#[derive(InputObject)]
pub struct DisableUserInput {
    /// The user.
    user_id: ID,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// A user to be enabled.
#[derive(InputObject)]
pub struct EnableUserInput {
    /// The user.
    user_id: ID,
}

/// A user to be deleted.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// The user.
    user_id: ID,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// The choice of a password in an input.
pub(super) fn password_choice(typed: Option<&String>, generate: Option<bool>) -> PasswordChoice<'_> {
    PasswordChoice {
        typed: typed.map(String::as_str),
        generate: generate.unwrap_or_default(),
    }
}

#[derive(Default)]
pub struct UserMutation;

#[Object(guard = "super::guard::Never", serial)]
impl UserMutation {
    /// Makes a user.
    #[graphql(guard = "Gate::root(Action::UserCreate)", directive = requires::apply(needs(Action::UserCreate)))]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: CreateUserInput,
    ) -> Result<Option<CreateUserPayload>> {
        let form = UserForm {
            name: &input.name,
            account: &input.account,
            password: password_choice(input.password.as_ref(), input.generate_password),
            email: input.email.as_deref(),
            locale: input.locale,
        };
        let done = create::create(app(ctx), viewer(ctx), form, input.account_type).await;
        let payload = |(user, generated_password): (user::Model, _)| CreateUserPayload {
            user: Some(user.into()),
            generated_password,
            ..Default::default()
        };
        answer(ctx, Action::UserCreate, done, payload).await.map(Some)
    }

    /// Changes a user's name or account type, or proposes an email.
    #[graphql(guard = "Gate::root(Action::UserUpdate)", directive = requires::apply(needs(Action::UserUpdate)))]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateUserInput,
    ) -> Result<Option<UpdateUserPayload>> {
        let run = Run::of(input.preview);
        let change = UpdateUser {
            name: input.name.as_deref(),
            account_type: input.account_type,
            email: input.email.as_deref(),
        };
        let done = async {
            update::update(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?, change, run).await
        }
        .await;
        let payload = |user: user::Model| UpdateUserPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::UserUpdate, run, done, payload)
            .await
            .map(Some)
    }

    /// Sets another user's password, ends their sessions and lifts a lock.
    #[graphql(guard = "Gate::root(Action::UserPasswordReset)", directive = requires::apply(needs(Action::UserPasswordReset)))]
    async fn reset_user_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password.")] input: ResetUserPasswordInput,
    ) -> Result<Option<ResetUserPasswordPayload>> {
        let choice = password_choice(input.password.as_ref(), input.generate_password);
        let done = async {
            reset_password::reset_password(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?, choice)
                .await
        }
        .await;
        let payload = |(user, generated_password): (user::Model, _)| ResetUserPasswordPayload {
            user: Some(user.into()),
            generated_password,
            ..Default::default()
        };
        answer(ctx, Action::UserPasswordReset, done, payload)
            .await
            .map(Some)
    }

    /// Disables a user: their sessions end, and they cannot log in.
    #[graphql(guard = "Gate::root(Action::UserDisable)", directive = requires::apply(needs(Action::UserDisable)))]
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: DisableUserInput,
    ) -> Result<Option<DisableUserPayload>> {
        let run = Run::of(input.preview);
        let done =
            async { disable::disable(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?, run).await }
                .await;
        let payload = |user: user::Model| DisableUserPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::UserDisable, run, done, payload)
            .await
            .map(Some)
    }

    /// Enables a user who was disabled.
    #[graphql(guard = "Gate::root(Action::UserEnable)", directive = requires::apply(needs(Action::UserEnable)))]
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: EnableUserInput,
    ) -> Result<Option<EnableUserPayload>> {
        let done =
            async { enable::enable(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |user: user::Model| EnableUserPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserEnable, done, payload).await.map(Some)
    }

    /// Deletes a user with their sessions, memberships and personal data.
    #[graphql(guard = "Gate::root(Action::UserDelete)", directive = requires::apply(needs(Action::UserDelete)))]
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: DeleteUserInput,
    ) -> Result<Option<DeleteUserPayload>> {
        let run = Run::of(input.preview);
        let done =
            async { delete::delete(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?, run).await }.await;
        let payload = |id: UserId| DeleteUserPayload {
            deleted_user_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::UserDelete, run, done, payload)
            .await
            .map(Some)
    }
}
