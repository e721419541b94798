//! Lists of teams and of their members.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use super::answer::{app, viewer};
use super::guard::{Gate, admitted, needs, requires};
use super::loader::Loaders;
use super::page::{page_args, page_cost};
use super::selection;
use super::user_query::{OrderDirection, search_text};

use crate::access::Action;
use crate::base::Error;
use crate::base::id::{Id, RoleId, TeamId};
use crate::base::page::{Page, PageArgs};
use crate::entity::team::TeamType;
use crate::fast::{self, Asked, Fast};
use crate::memberships::find::MemberFilter as Members;
use crate::teams::find::Status;
use crate::teams::list::{self as team_list, Filter, List, OrderField};

use super::team::{Team, TeamConnection, TeamStatus};

/// A list of teams, with what the query shows of it.
pub(super) fn look_ahead(ctx: &Context<'_>, list: List) -> List {
    let items = selection::items(ctx);
    List {
        with_admins: selection::selects(&items, "admins"),
        with_member_count: selection::selects(&items, "memberCount"),
        with_superapp_team: selection::selects(&items, "superappTeam"),
        with_total: selection::wants_total(ctx),
        ..list
    }
}

/// The list that a field `teams` of a valid document asks for; none where its arguments ask for nothing that there is.
pub(super) fn asked(asked: &Asked<'_>) -> Option<List> {
    list(
        &asked.page().ok()?,
        asked.argument("filter").ok()?,
        asked.argument("orderBy").ok()?,
    )
    .ok()
}

fn list(args: &PageArgs, filter: Option<TeamFilter>, order_by: Option<TeamOrder>) -> Result<List, Error> {
    let (order, descending) = order_by.map_or((OrderField::CreatedAt, true), |by| {
        (by.field.into(), by.direction == OrderDirection::Desc)
    });
    let filter = read_filter(filter)?;
    Ok(List::plain(filter, (order, descending), Page::parse(args)?))
}

/// Which members of a team a list holds; each condition narrows it further.
#[derive(InputObject)]
pub struct MemberFilter {
    /// Those whose name or account holds this text, without regard to case.
    search: Option<String>,
    /// Those with one of these roles; at most 100.
    role_ids: Option<Vec<ID>>,
}

pub(super) fn read_member_filter(filter: Option<MemberFilter>) -> Result<Members, Error> {
    let Some(filter) = filter else {
        return Ok(Members::default());
    };
    if filter.role_ids.as_ref().is_some_and(|ids| ids.len() > 100) {
        return Err(Error::BadInput("At most 100 roles.".into()));
    }
    let role_ids = filter
        .role_ids
        .map(|ids| ids.iter().map(|id| RoleId::parse(id)).collect());
    Ok(Members {
        search: search_text(filter.search)?,
        role_ids: role_ids.transpose()?,
    })
}

/// Which teams a list holds; each condition narrows it further.
#[derive(InputObject)]
pub struct TeamFilter {
    /// Those whose name holds this text, without regard to case.
    search: Option<String>,
    /// Those of this type.
    #[graphql(name = "type")]
    team_type: Option<TeamType>,
    /// Those with this status.
    status: Option<TeamStatus>,
    /// Those that are bound to this superapp team.
    superapp_team_id: Option<ID>,
}

/// By what teams are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "OrderField")]
pub enum TeamOrderField {
    /// By the time they were made.
    CreatedAt,
    /// By name.
    Name,
}

/// The order of a list of teams.
#[derive(InputObject)]
pub struct TeamOrder {
    /// By what.
    field: TeamOrderField,
    /// In which direction.
    direction: OrderDirection,
}

fn read_filter(filter: Option<TeamFilter>) -> Result<Filter, Error> {
    let Some(filter) = filter else {
        return Ok(Filter::default());
    };
    Ok(Filter {
        search: search_text(filter.search)?,
        team_type: filter.team_type,
        status: filter.status.map(Status::from),
        superapp_team_id: filter.superapp_team_id.map(|id| TeamId::parse(&id)).transpose()?,
    })
}

#[derive(Default)]
pub struct TeamQuery;

#[Object(guard = "super::guard::Never", serial)]
impl TeamQuery {
    /// The team with this id; null when there is none in the viewer's sight.
    #[graphql(guard = "Gate::joined(Action::Team)")]
    async fn team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team's id.")] id: ID,
    ) -> Result<Option<Fast<Team>>> {
        let viewer = async || admitted(ctx, Action::Team).await;
        let Ok(id) = TeamId::parse(&id) else {
            viewer().await?;
            return Ok(None);
        };
        if let Some(asked) = Asked::of(ctx)
            && let Some(json) = Box::pin(fast::team(&asked, app(ctx).now(), id, viewer())).await?
        {
            return Ok(Some(Fast::done(json)));
        }
        viewer().await?;
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(team.map(|row| Fast::Cold(row.into())))
    }

    /// All teams for platform staff, their own for the others; the newest first unless ordered otherwise.
    #[graphql(
        guard = "Gate::root(Action::Teams)",
        directive = requires::apply(needs(Action::Teams)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    #[allow(clippy::too_many_arguments)] // They are the field's arguments.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which teams.")] filter: Option<TeamFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<TeamOrder>,
    ) -> Result<Option<Fast<TeamConnection>>> {
        let viewer = viewer(ctx);
        let grant = viewer.grant(Action::Teams)?;
        let list = list(&page_args(first, after, last, before), filter, order_by)?;
        let app = app(ctx);
        if let Some(asked) = Asked::of(ctx)
            && let Some(json) = Box::pin(fast::teams(&asked, app.now(), &list, viewer)).await?
        {
            return Ok(Some(Fast::done(json)));
        }
        let list = look_ahead(ctx, list);
        let slice = Box::pin(team_list::page(app.database.reader(), &grant, app.now(), &list)).await?;
        let teams = TeamConnection::new(slice, |listed| (list.order.cursor(&listed.team), listed.into()));
        Ok(Some(teams.into()))
    }
}
