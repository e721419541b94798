//! Teams, disabled, enabled and deleted.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use super::impact::answer_outcome;
use super::team::Team;
use crate::access::Action;
use crate::base::id::{Id, TeamId};
use crate::entity::team;
use crate::impact::Run;
use crate::teams::delete::delete;
use crate::teams::disable::disable;
use crate::teams::enable::enable;

payload! {
    /// The team that is disabled.
    foresees DisableTeamPayload {
        /// The team.
        team: Team,
    }
}
payload! {
    /// The team that is enabled.
    EnableTeamPayload {
        /// The team.
        team: Team,
    }
}
payload! {
    /// The team that is gone.
    foresees DeleteTeamPayload {
        /// The id that it had.
        deleted_team_id: ID,
    }
}

/// A team to be disabled.
#[derive(InputObject)]
pub struct DisableTeamInput {
    /// The team.
    team_id: ID,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// A team to be enabled.
#[derive(InputObject)]
pub struct EnableTeamInput {
    /// The team.
    team_id: ID,
}

/// A team to be deleted.
#[derive(InputObject)]
pub struct DeleteTeamInput {
    /// The team.
    team_id: ID,
    /// The team's name, typed again, upper and lower case as it is written; blanks around it do not count. Another
    /// text is a `MISMATCH`.
    confirm_name: String,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

#[derive(Default)]
pub struct TeamStatusMutation;

#[Object(guard = "super::guard::Never", serial)]
impl TeamStatusMutation {
    /// Disables a team: it gives nobody any permission, and takes no writes but those of platform staff to the team
    /// itself, until it is enabled. Its members can leave. One that is disabled stays so.
    #[graphql(guard = "Gate::root(Action::TeamDisable)", directive = requires::apply(needs(Action::TeamDisable)))]
    async fn disable_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: DisableTeamInput,
    ) -> Result<Option<DisableTeamPayload>> {
        let run = Run::of(input.preview);
        let done = async { disable(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?, run).await }.await;
        let payload = |team: team::Model| DisableTeamPayload {
            team: Some(team.into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::TeamDisable, run, done, payload)
            .await
            .map(Some)
    }

    /// Enables a team that was disabled; all is as it was before. One that has expired meanwhile is then `EXPIRED`.
    #[graphql(guard = "Gate::root(Action::TeamEnable)", directive = requires::apply(needs(Action::TeamEnable)))]
    async fn enable_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: EnableTeamInput,
    ) -> Result<Option<EnableTeamPayload>> {
        let done = async { enable(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?).await }.await;
        let payload = |team: team::Model| EnableTeamPayload {
            team: Some(team.into()),
            ..Default::default()
        };
        answer(ctx, Action::TeamEnable, done, payload).await.map(Some)
    }

    /// Deletes a team with its memberships, its own roles, invitations and resources; nothing brings them back. Its
    /// members are told. A superapp team that others are bound to cannot be deleted: `HAS_BOUND_TEAMS`.
    #[graphql(guard = "Gate::root(Action::TeamDelete)", directive = requires::apply(needs(Action::TeamDelete)))]
    async fn delete_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team, and its name.")] input: DeleteTeamInput,
    ) -> Result<Option<DeleteTeamPayload>> {
        let run = Run::of(input.preview);
        let done = async {
            let id = TeamId::parse(&input.team_id)?;
            delete(app(ctx), viewer(ctx), id, &input.confirm_name, run).await
        };
        let payload = |id: TeamId| DeleteTeamPayload {
            deleted_team_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::TeamDelete, run, done.await, payload)
            .await
            .map(Some)
    }
}
