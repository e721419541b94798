//! Teams.

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::app;
use super::audience::audience;
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::loader::{AdminsOf, Loaders, MemberCountOf};
use super::page::{page_args, page_cost};
use super::team_inside::TeamInside;
use super::team_query::look_ahead;
pub use super::team_row::{Team, TeamStatus};
use super::user::User;
use crate::access::viewer_actions::{self, TeamAction};
use crate::access::{Action, Permission};
use crate::base::Error;
use crate::base::page::Page;
use crate::entity::team::TeamType;
use crate::teams::find::{Sight, status};
use crate::teams::link;
use crate::teams::list::{self as team_list, Filter, List, OrderField};

/// An organization inside the enterprise. Members and platform staff see all of it; the admins of its
/// superapp team id, name, type, status, admins, member count, creation and expiry; the members of teams
/// bound to it id, name, type and status.
#[Object(serial)]
impl Team {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The name; unique without regard to case.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// What the team makes.
    #[graphql(name = "type")]
    async fn team_type(&self) -> TeamType {
        self.row.team_type
    }

    /// Whether the team gives permissions and takes writes.
    async fn status(&self, ctx: &Context<'_>) -> TeamStatus {
        status(&self.row, app(ctx).now()).into()
    }

    /// A remark.
    async fn remark(&self, ctx: &Context<'_>) -> Option<&str> {
        self.row
            .remark
            .as_deref()
            .filter(|_| self.shows(ctx, Sight::Full))
    }

    /// When a mini program team expires; null if never.
    async fn expires_at(&self, ctx: &Context<'_>) -> Option<DateTime<Utc>> {
        self.row.expires_at.filter(|_| self.shows(ctx, Sight::Bound))
    }

    /// When the team was made.
    #[allow(clippy::unused_async)] // The macro wants it; only its error can make the field fail.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>> {
        self.require(ctx, Sight::Bound)?;
        Ok(self.row.created_at)
    }

    /// Who made the team; null when that user was deleted.
    #[graphql(guard = "Gate::team(Action::TeamCreatedBy, self.row.id)", directive = requires::apply(needs(Action::TeamCreatedBy)))]
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(id) = self.row.created_by else {
            return Ok(None);
        };
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(user.map(User::from))
    }

    /// The team's admins, the longest there first.
    async fn admins(&self, ctx: &Context<'_>) -> Result<Vec<User>> {
        self.require(ctx, Sight::Bound)?;
        let admins = if let Some(admins) = &self.admins {
            admins.clone()
        } else {
            let admins = ctx
                .data_unchecked::<Loaders>()
                .load_one(AdminsOf(self.row.id))
                .await;
            admins.map_err(Error::from)?.unwrap_or_default()
        };
        Ok(admins.into_iter().map(User::from).collect())
    }

    /// How many members the team has.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<u64> {
        self.require(ctx, Sight::Bound)?;
        if let Some(count) = self.member_count {
            return Ok(count);
        }
        let count = ctx
            .data_unchecked::<Loaders>()
            .load_one(MemberCountOf(self.row.id))
            .await;
        Ok(count.map_err(Error::from)?.unwrap_or_default())
    }

    /// The superapp team that a mini program team is bound to.
    async fn superapp_team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        if !self.shows(ctx, Sight::Full) {
            return Ok(None);
        }
        if let Some(team) = &self.bound_to {
            return Ok(team.clone().map(Team::from));
        }
        let Some(id) = self.row.superapp_team_id else {
            return Ok(None);
        };
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(team.map(Team::from))
    }

    /// The mini program teams that are bound to a superapp team, the newest first.
    #[graphql(
        guard = "Gate::team(Action::TeamMiniProgramTeams, self.row.id)",
        directive = requires::apply(needs(Action::TeamMiniProgramTeams)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn mini_program_teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<TeamConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let list = List::plain(Filter::default(), (OrderField::CreatedAt, true), page);
        let list = look_ahead(ctx, list);
        let slice = team_list::page_of_bound(app(ctx).database.reader(), self.row.id, &list).await?;
        Ok(Some(TeamConnection::new(slice, |listed| {
            (list.order.cursor(&listed.team), listed.into())
        })))
    }

    /// The link by which a member of the platform registers a mini program team of their own, bound to this superapp
    /// team; null when it was revoked, and for a mini program team. It leads to the page `/register-team`, which a console
    /// has to have; what stands behind the `#` is the token of `teamRegistration` and `registerTeam`.
    #[graphql(guard = "Gate::team(Action::TeamRegistrationLink, self.row.id)", directive = requires::apply(needs(Action::TeamRegistrationLink)))]
    async fn registration_link(&self, ctx: &Context<'_>) -> Option<String> {
        link::text(app(ctx), &self.row)
    }

    /// What is inside of the team.
    #[graphql(flatten)]
    #[allow(unused_variables, clippy::unused_async)] // The macro hands it in, and wants it.
    async fn inside(&self, ctx: &Context<'_>) -> TeamInside<'_> {
        TeamInside(&self.row)
    }

    /// What the viewer may do to the team, so that a console draws only what would work.
    async fn viewer_actions(&self, ctx: &Context<'_>) -> Vec<TeamAction> {
        let audience = audience(ctx);
        let viewer = audience.signed_in.as_ref();
        viewer
            .map(|viewer| viewer_actions::on_team(viewer, &self.row))
            .unwrap_or_default()
    }

    /// What the viewer may do in the team; nothing while it is disabled or expired.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Vec<Permission> {
        let audience = audience(ctx);
        let signed_in = audience.signed_in.as_ref();
        signed_in
            .map(|user| user.permissions(self.row.id).iter().collect())
            .unwrap_or_default()
    }
}

connection!(TeamConnection, TeamEdge, Team, "team");
