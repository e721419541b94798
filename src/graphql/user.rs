//! Users.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::app;
use super::audience::audience;
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::loader::{Loaders, MembershipsOf, PasskeysOf, SessionsOf, TotpOf};
use super::membership::MembershipConnection;
use super::page::{page_args, page_cost};
use super::passkey::Passkey;
use super::selection;
use super::session::Session;
use crate::access::Action;
use crate::access::viewer_actions::{self, UserAction};
use crate::base::Error;
use crate::base::id::UserId;
use crate::base::page::{Page, PageArgs, Slice};
use crate::entity::user::{self, AccountType, Locale};
use crate::limits;
use crate::memberships;
use crate::memberships::find::Seated;
use crate::users::find::{Status, status};
use crate::users::list::Listed;

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

impl From<(Listed, Option<Page>)> for User {
    /// A user of a list, with the page of memberships that was read with it.
    fn from((listed, page): (Listed, Option<Page>)) -> Self {
        Self {
            row: listed.user,
            memberships: page.zip(listed.memberships),
        }
    }
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

    /// Whether a dynamic code is asked for at each login with the password.
    #[graphql(guard = "Gate::user(Action::UserTotpEnabled, self.row.id)", directive = requires::apply(needs(Action::UserTotpEnabled)))]
    async fn totp_enabled(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let loaders = ctx.data_unchecked::<Loaders>();
        Ok(loaders.load_one(TotpOf(self.row.id)).await.map_err(Error::from)?)
    }

    /// The user's passkeys, the oldest first; 10 at most. Who has one is asked for it at each login with the password,
    /// where no dynamic code is.
    #[graphql(
        guard = "Gate::user(Action::UserPasskeys, self.row.id)",
        directive = requires::apply(needs(Action::UserPasskeys)),
        complexity = "limits::PASSKEYS * child_complexity"
    )]
    async fn passkeys(&self, ctx: &Context<'_>) -> Result<Option<Vec<Passkey>>> {
        let loaders = ctx.data_unchecked::<Loaders>();
        let rows = loaders.load_one(PasskeysOf(self.row.id)).await;
        let rows = rows.map_err(Error::from)?.unwrap_or_default();
        Ok(Some(rows.into_iter().map(Passkey::from).collect()))
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

    /// The user's signed-in devices, the newest first; 50 at most.
    #[graphql(
        guard = "Gate::user(Action::UserSessions, self.row.id)",
        directive = requires::apply(needs(Action::UserSessions)),
        complexity = "limits::SESSIONS as usize * child_complexity"
    )]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Session>>> {
        Ok(Some(sessions_of(ctx, self.row.id).await?))
    }

    /// What the viewer may do to the user, so that a console draws only what would work.
    async fn viewer_actions(&self, ctx: &Context<'_>) -> Vec<UserAction> {
        let audience = audience(ctx);
        let viewer = audience.signed_in.as_ref();
        viewer
            .map(|viewer| viewer_actions::on_user(viewer, &self.row))
            .unwrap_or_default()
    }
}

/// A user's sessions, read with those of other users of the same answer.
pub async fn sessions_of(ctx: &Context<'_>, id: UserId) -> Result<Vec<Session>> {
    let rows = ctx.data_unchecked::<Loaders>().load_one(SessionsOf(id)).await;
    let rows = rows.map_err(Error::from)?.unwrap_or_default();
    let audience = audience(ctx);
    Ok(rows.into_iter().map(|row| Session::of(row, &audience)).collect())
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
