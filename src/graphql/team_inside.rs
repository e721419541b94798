//! What is inside of a team: its members, roles, invitations and resources, and who could come in.
//!
//! The fields are `Team`'s; that type stands in `team.rs`.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::answer::app;
use super::guard::{Gate, needs, requires};
use super::invitation::{InvitationConnection, InvitationStatus};
use super::membership::MembershipConnection;
use super::page::{page_args, page_cost};
use super::resource::ResourceConnection;
use super::role::Role;
use super::selection;
use super::team_query::{MemberFilter, read_member_filter};
use crate::access::Action;
use crate::base::page::Page;
use crate::entity::team;
use crate::memberships::find::page_of_team;
use crate::teams::candidates::{Candidate, candidates};
use crate::teams::roles;
use crate::{invitations, resources};

/// The fields of a team that its members and platform staff see.
pub struct TeamInside<'t>(pub &'t team::Model);

/// A member of the platform who could be added to the team: what a form shows to choose from.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct MemberCandidate {
    /// The user's id.
    user_id: ID,
    /// The name.
    name: String,
    /// The account.
    account: String,
}

impl From<Candidate> for MemberCandidate {
    fn from(candidate: Candidate) -> Self {
        Self {
            user_id: candidate.id.to_string().into(),
            name: candidate.name,
            account: candidate.account,
        }
    }
}

/// The fields of a team that its members and platform staff see.
#[Object(serial)]
impl TeamInside<'_> {
    /// The team's members, the longest there first.
    #[graphql(
        guard = "Gate::team(Action::TeamMembers, self.0.id)",
        directive = requires::apply(needs(Action::TeamMembers)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which members.")] filter: Option<MemberFilter>,
    ) -> Result<Option<MembershipConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let filter = read_member_filter(filter)?;
        let reader = app(ctx).database.reader();
        let slice = page_of_team(reader, self.0.id, &filter, &page, selection::wants_total(ctx)).await?;
        Ok(Some(slice.into()))
    }

    /// The roles that the team can give: the preset ones, then its own.
    #[graphql(
        guard = "Gate::team(Action::TeamRoles, self.0.id)",
        directive = requires::apply(needs(Action::TeamRoles)),
        complexity = "20 * child_complexity"
    )]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>> {
        let rows = roles::all(app(ctx).database.reader(), self.0).await?;
        Ok(Some(rows.into_iter().map(Role::from).collect()))
    }

    /// The team's invitations, the newest first.
    #[graphql(
        guard = "Gate::team(Action::TeamInvitations, self.0.id)",
        directive = requires::apply(needs(Action::TeamInvitations)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    #[allow(clippy::too_many_arguments)] // They are the field's arguments.
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those with this status.")] status: Option<InvitationStatus>,
    ) -> Result<Option<InvitationConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let (app, total) = (app(ctx), selection::wants_total(ctx));
        let (reader, status) = (app.database.reader(), status.map(Into::into));
        let slice =
            invitations::find::page_of_team(reader, self.0.id, status, app.now(), &page, total).await?;
        Ok(Some(slice.into()))
    }

    /// The team's resources, the newest first.
    #[graphql(
        guard = "Gate::team(Action::TeamResources, self.0.id)",
        directive = requires::apply(needs(Action::TeamResources)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn resources(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<ResourceConnection>> {
        let page = Page::parse(&page_args(first, after, last, before))?;
        let (reader, total) = (app(ctx).database.reader(), selection::wants_total(ctx));
        let slice = resources::find::page_of_team(reader, self.0.id, &page, total).await?;
        Ok(Some(slice.into()))
    }

    /// Members of the platform whose name or account begins with the text, to add them to the team: active ones, and
    /// none who is in it. They are found from three characters on, or two Chinese ones; a shorter text finds nobody, so
    /// that a form can ask at each keystroke.
    #[graphql(
        guard = "Gate::team(Action::TeamMemberCandidates, self.0.id)",
        directive = requires::apply(needs(Action::TeamMemberCandidates)),
        complexity = "20 * child_complexity"
    )]
    async fn member_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How the name or the account begins, without regard to case.")] search: String,
        #[graphql(desc = "How many at most; 20 by default and at most.")] first: Option<i32>,
    ) -> Result<Option<Vec<MemberCandidate>>> {
        let found = candidates(app(ctx).database.reader(), self.0.id, &search, first).await?;
        Ok(Some(found.into_iter().map(MemberCandidate::from).collect()))
    }
}
