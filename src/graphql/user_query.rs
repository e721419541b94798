//! Lists of users.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use super::answer::app;
use super::guard::{Gate, admitted, needs, requires};
use super::loader::Loaders;
use super::page::{page_args, page_cost};
use super::selection;
use crate::access::Action;
use crate::base::Error;
use crate::base::id::{Id, TeamId, UserId};
use crate::base::page::{Page, PageArgs};
use crate::entity::user::AccountType;
use crate::fast::{self, Asked, Fast};
use crate::users::find::Status;
use crate::users::list::{Filter, List, OrderField, page};

use super::user::{User, UserConnection, UserStatus};

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
    #[graphql(guard = "Gate::joined(Action::User)")]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> Result<Option<Fast<User>>> {
        let viewer = async || admitted(ctx, Action::User).await;
        let Ok(id) = UserId::parse(&id) else {
            viewer().await?;
            return Ok(None);
        };
        if let Some(asked) = Asked::of(ctx)
            && let Some(json) = Box::pin(fast::user(&asked, app(ctx).now(), id, viewer())).await?
        {
            return Ok(Some(Fast::done(json)));
        }
        viewer().await?;
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(user.map(|row| Fast::Cold(row.into())))
    }

    /// All users, the newest first unless ordered otherwise.
    #[graphql(
        guard = "Gate::joined(Action::Users)",
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
    ) -> Result<Option<Fast<UserConnection>>> {
        let viewer = async || admitted(ctx, Action::Users).await;
        let page_args = page_args(first, after, last, before);
        let mut list = match list(&page_args, filter, order_by) {
            Ok(list) => list,
            // Who may not ask is told that, and not what is wrong with the question.
            Err(error) => {
                viewer().await?;
                return Err(error.into());
            }
        };
        let app = app(ctx);
        if let Some(asked) = Asked::of(ctx)
            && let Some(json) = Box::pin(fast::users(&asked, app.now(), &list, viewer())).await?
        {
            return Ok(Some(Fast::done(json)));
        }
        let viewer = viewer().await?;
        let grant = viewer.grant(Action::Users)?;
        list.with_total = selection::wants_total(ctx);
        list.memberships = selection::page_of(&selection::items(ctx), "memberships");
        let slice = Box::pin(page(app.database.reader(), &grant, app.now(), &list)).await?;
        let users = UserConnection::new(slice, |listed| {
            (
                list.order.cursor(&listed.user),
                (listed, list.memberships.clone()).into(),
            )
        });
        Ok(Some(users.into()))
    }
}

/// The list that a field `users` of a valid document asks for; none where its arguments ask for nothing that there is.
pub(super) fn asked(asked: &Asked<'_>) -> Option<List> {
    list(
        &asked.page().ok()?,
        asked.argument("filter").ok()?,
        asked.argument("orderBy").ok()?,
    )
    .ok()
}

/// The list that is asked for. What the query shows of it is read by who needs it.
fn list(args: &PageArgs, filter: Option<UserFilter>, order_by: Option<UserOrder>) -> Result<List, Error> {
    let (order, descending) = order_by.map_or((OrderField::CreatedAt, true), |by| {
        (by.field.into(), by.direction == OrderDirection::Desc)
    });
    Ok(List {
        filter: read_filter(filter)?,
        order,
        descending,
        page: Page::parse(args)?,
        memberships: None,
        with_total: false,
    })
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
