//! Users.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::{answer, app, payload, viewer};
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::loader::{Loaders, MembershipsOf};
use super::membership::MembershipConnection;
use super::page::{page_args, page_cost};
use super::selection;
use crate::access::Action;
use crate::base::Error;
use crate::base::id::{Id, TeamId, UserId};
use crate::base::page::{Page, PageArgs, Slice};
use crate::entity::user::{self, AccountType, Locale};
use crate::memberships;
use crate::memberships::find::Seated;
use crate::users::create::UserForm;
use crate::users::find::{Filter, List, Listed, OrderField, Status, page, status};
use crate::users::update::UpdateUser;
use crate::users::{PasswordChoice, create, delete, disable, enable, reset_password, update};

/// Whether a user can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum UserStatus {
    /// Can log in.
    Active,
    /// Was disabled by platform staff.
    Disabled,
    /// Is locked for a while, after too many wrong passwords.
    Locked,
}

/// A person with a login account.
pub struct User {
    row: user::Model,
    /// A page of memberships that was read with the list.
    memberships: Option<(Page, Slice<Seated>)>,
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self {
            row,
            memberships: None,
        }
    }
}

/// A person with a login account.
#[Object(serial)]
impl User {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// What the user is called and searched by; not unique.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// What the user logs in with; unique without regard to case, and never changed.
    async fn account(&self) -> &str {
        &self.row.account
    }

    /// What kind of account it is.
    async fn account_type(&self) -> AccountType {
        self.row.account_type
    }

    /// Whether the user can log in.
    #[graphql(guard = "Gate::user(Action::UserStatus, self.row.id)", directive = requires::apply(needs(Action::UserStatus)))]
    async fn status(&self, ctx: &Context<'_>) -> Option<UserStatus> {
        Some(status(&self.row, app(ctx).now()).into())
    }

    /// The bound email, that is the one that its owner confirmed.
    #[graphql(guard = "Gate::user(Action::UserEmail, self.row.id)", directive = requires::apply(needs(Action::UserEmail)))]
    async fn email(&self) -> Option<&str> {
        self.row.email.as_deref()
    }

    /// An email that somebody else typed, and that its owner has not confirmed.
    #[graphql(guard = "Gate::user(Action::UserProposedEmail, self.row.id)", directive = requires::apply(needs(Action::UserProposedEmail)))]
    async fn proposed_email(&self) -> Option<&str> {
        self.row.proposed_email.as_deref()
    }

    /// The language of the user's letters.
    #[graphql(guard = "Gate::user(Action::UserLocale, self.row.id)", directive = requires::apply(needs(Action::UserLocale)))]
    async fn locale(&self) -> Option<Locale> {
        Some(self.row.locale)
    }

    /// Whether the password has to be changed at the next login.
    #[graphql(guard = "Gate::user(Action::UserMustChangePassword, self.row.id)", directive = requires::apply(needs(Action::UserMustChangePassword)))]
    async fn must_change_password(&self) -> Option<bool> {
        Some(self.row.must_change_password)
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When the user last logged in; null if never.
    #[graphql(guard = "Gate::user(Action::UserLastLoginAt, self.row.id)", directive = requires::apply(needs(Action::UserLastLoginAt)))]
    async fn last_login_at(&self) -> Option<DateTime<Utc>> {
        self.row.last_login_at
    }

    /// The user's teams and roles, the oldest first.
    #[graphql(
        guard = "Gate::user(Action::UserMemberships, self.row.id)",
        directive = requires::apply(needs(Action::UserMemberships)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<MembershipConnection>> {
        let args = page_args(first, after, last, before);
        match &self.memberships {
            Some((page, slice)) if Page::parse(&args)? == *page => Ok(Some(slice.clone().into())),
            _ => Ok(Some(memberships_of(ctx, self.row.id, &args).await?)),
        }
    }
}

/// A page of a user's memberships, read with those of other users of the same answer.
pub async fn memberships_of(ctx: &Context<'_>, id: UserId, args: &PageArgs) -> Result<MembershipConnection> {
    let page = Page::parse(args)?;
    let loaders = ctx.data_unchecked::<Loaders>();
    let rows = loaders
        .load_one(MembershipsOf(id, page.clone()))
        .await
        .map_err(Error::from)?;
    let mut slice = page.slice(rows.unwrap_or_default());
    if selection::wants_total(ctx) {
        slice.total = Some(memberships::find::count_of_user(app(ctx).database.reader(), id).await?);
    }
    Ok(slice.into())
}

connection!(UserConnection, UserEdge, User, "user");

/// Which users a list holds; each condition narrows it further.
#[derive(InputObject)]
pub struct UserFilter {
    /// Those whose name, account or email holds this text, without regard to case.
    search: Option<String>,
    /// Those of this account type.
    account_type: Option<AccountType>,
    /// Those who are members of this team.
    team_id: Option<ID>,
    /// Those with this status.
    status: Option<UserStatus>,
}

/// By what users are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "OrderField")]
pub enum UserOrderField {
    /// By the time their accounts were made.
    CreatedAt,
    /// By name.
    Name,
    /// By account.
    Account,
    /// By their last login; those who never logged in count as the longest ago.
    LastLoginAt,
}

/// In which direction a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// The smallest, oldest or first of the alphabet comes first.
    Asc,
    /// The largest, newest or last of the alphabet comes first.
    Desc,
}

/// The order of a list of users.
#[derive(InputObject)]
pub struct UserOrder {
    /// By what.
    field: UserOrderField,
    /// In which direction.
    direction: OrderDirection,
}

/// No search is longer than the longest thing that can be found.
pub(super) fn search_text(search: Option<String>) -> Result<Option<String>, Error> {
    match search {
        Some(text) if text.len() > 1024 => Err(Error::BadInput("A search has at most 1024 bytes.".into())),
        Some(text) if text.trim().is_empty() => Ok(None),
        search => Ok(search.map(|text| text.trim().to_owned())),
    }
}

#[derive(Default)]
pub struct UserQuery;

#[Object(guard = "super::guard::Never", serial)]
impl UserQuery {
    /// The user with this id; null when there is none in the viewer's sight.
    #[graphql(guard = "Gate::root(Action::User)")]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> Result<Option<User>> {
        let Ok(id) = UserId::parse(&id) else {
            return Ok(None);
        };
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(user.map(User::from))
    }

    /// All users, the newest first unless ordered otherwise.
    #[graphql(
        guard = "Gate::root(Action::Users)",
        directive = requires::apply(needs(Action::Users)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    #[allow(clippy::too_many_arguments)] // They are the field's arguments.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which users.")] filter: Option<UserFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<UserOrder>,
    ) -> Result<Option<UserConnection>> {
        let viewer = viewer(ctx);
        let grant = viewer.grant(Action::Users)?;
        let (order, descending) = order_by.map_or((OrderField::CreatedAt, true), |by| {
            (by.field.into(), by.direction == OrderDirection::Desc)
        });
        let items = selection::items(ctx);
        let list = List {
            filter: read_filter(filter)?,
            order,
            descending,
            page: Page::parse(&page_args(first, after, last, before))?,
            memberships: selection::page_of(&items, "memberships"),
            with_total: selection::wants_total(ctx),
        };
        let app = app(ctx);
        let slice = page(app.database.reader(), &grant, app.now(), &list).await?;
        Ok(Some(UserConnection::new(
            slice,
            |Listed { user, memberships }| {
                let memberships = list.memberships.clone().zip(memberships);
                (
                    order.cursor(&user),
                    User {
                        row: user,
                        memberships,
                    },
                )
            },
        )))
    }
}

fn read_filter(filter: Option<UserFilter>) -> Result<Filter, Error> {
    let Some(filter) = filter else {
        return Ok(Filter::default());
    };
    Ok(Filter {
        search: search_text(filter.search)?,
        account_type: filter.account_type,
        team_id: filter.team_id.map(|id| TeamId::parse(&id)).transpose()?,
        status: filter.status.map(Status::from),
    })
}

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
    UpdateUserPayload {
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
    DisableUserPayload {
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
    DeleteUserPayload {
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
        answer(ctx, Action::UserCreate, None, done, payload)
            .await
            .map(Some)
    }

    /// Changes a user's name or account type, or proposes an email.
    #[graphql(guard = "Gate::root(Action::UserUpdate)", directive = requires::apply(needs(Action::UserUpdate)))]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateUserInput,
    ) -> Result<Option<UpdateUserPayload>> {
        let change = UpdateUser {
            name: input.name.as_deref(),
            account_type: input.account_type,
            email: input.email.as_deref(),
        };
        let done =
            async { update::update(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?, change).await }
                .await;
        let payload = |user: user::Model| UpdateUserPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserUpdate, Some(&input.user_id), done, payload)
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
        answer(
            ctx,
            Action::UserPasswordReset,
            Some(&input.user_id),
            done,
            payload,
        )
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
        let done =
            async { disable::disable(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |user: user::Model| DisableUserPayload {
            user: Some(user.into()),
            ..Default::default()
        };
        answer(ctx, Action::UserDisable, Some(&input.user_id), done, payload)
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
        answer(ctx, Action::UserEnable, Some(&input.user_id), done, payload)
            .await
            .map(Some)
    }

    /// Deletes a user with their sessions, memberships and personal data.
    #[graphql(guard = "Gate::root(Action::UserDelete)", directive = requires::apply(needs(Action::UserDelete)))]
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: DeleteUserInput,
    ) -> Result<Option<DeleteUserPayload>> {
        let done =
            async { delete::delete(app(ctx), viewer(ctx), UserId::parse(&input.user_id)?).await }.await;
        let payload = |id: UserId| DeleteUserPayload {
            deleted_user_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer(ctx, Action::UserDelete, Some(&input.user_id), done, payload)
            .await
            .map(Some)
    }
}
