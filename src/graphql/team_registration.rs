//! Registration links, and the teams that are registered by them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::answer::{answer, app, payload, viewer};
use super::audience::looks_again;
use super::guard::{Gate, needs, requires};
use super::team::Team;
use crate::access::Action;
use crate::base::id::{Id, TeamId};
use crate::entity::team;
use crate::teams::link::target;
use crate::teams::register::register;
use crate::teams::reset_link::reset_link;

/// Where a registration link leads.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TeamRegistration {
    /// The name of the superapp team that the new team will be bound to.
    superapp_team_name: String,
}

payload! {
    /// The team whose link was replaced or revoked.
    ResetTeamRegistrationLinkPayload {
        /// The team.
        team: Team,
    }
}
payload! {
    /// The team that was registered.
    RegisterTeamPayload {
        /// The team.
        team: Team,
    }
}

/// A registration link to be replaced or revoked.
#[derive(InputObject)]
pub struct ResetTeamRegistrationLinkInput {
    /// The superapp team.
    team_id: ID,
    /// Whether the team is to have no link at all; otherwise it gets a new one.
    revoke: Option<bool>,
}

/// A team to be registered by a link.
#[derive(InputObject)]
pub struct RegisterTeamInput {
    /// What stands behind the `#` of the link.
    #[graphql(secret)]
    token: String,
    /// The new team's name: 3-64 characters as in a user's name, with single spaces inside.
    name: String,
}

#[derive(Default)]
pub struct TeamRegistrationQuery;

#[Object(guard = "super::guard::Never", serial)]
impl TeamRegistrationQuery {
    /// Where a registration link leads; null when it does not work (any more). A client sends the token in the body of a
    /// POST, as addresses are logged on the way.
    #[graphql(guard = "Gate::root(Action::TeamRegistration)")]
    async fn team_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What stands behind the `#` of the link.", secret)] token: String,
    ) -> Result<Option<TeamRegistration>> {
        let app = app(ctx);
        let team = target(app.database.reader(), app, &token).await?;
        Ok(team.map(|team| TeamRegistration {
            superapp_team_name: team.name,
        }))
    }
}

#[derive(Default)]
pub struct TeamRegistrationMutation;

#[Object(guard = "super::guard::Never", serial)]
impl TeamRegistrationMutation {
    /// Replaces a superapp team's registration link, or revokes it; the one before does not work from then on. For
    /// platform staff and the team's admins.
    #[graphql(guard = "Gate::root(Action::TeamLinkReset)", directive = requires::apply(needs(Action::TeamLinkReset)))]
    async fn reset_team_registration_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: ResetTeamRegistrationLinkInput,
    ) -> Result<Option<ResetTeamRegistrationLinkPayload>> {
        let done = async {
            let (id, revoke) = (TeamId::parse(&input.team_id)?, input.revoke.unwrap_or_default());
            reset_link(app(ctx), viewer(ctx), id, revoke).await
        };
        let payload = |team: team::Model| ResetTeamRegistrationLinkPayload {
            team: Some(team.into()),
            ..Default::default()
        };
        answer(ctx, Action::TeamLinkReset, done.await, payload)
            .await
            .map(Some)
    }

    /// Makes a mini program team that is bound to the superapp team of a registration link, with the viewer as its
    /// admin. A link that is wrong, replaced or revoked, or whose team is not active, is the same `INVALID_CODE`. A user
    /// registers at most 5 teams that exist at the same time.
    #[graphql(guard = "Gate::root(Action::TeamRegister)", directive = requires::apply(needs(Action::TeamRegister)))]
    async fn register_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link's token, and the new team's name.")] input: RegisterTeamInput,
    ) -> Result<Option<RegisterTeamPayload>> {
        let done = register(app(ctx), viewer(ctx), &input.token, &input.name).await;
        if done.is_ok() {
            looks_again(ctx).await?;
        }
        let payload = |team: team::Model| RegisterTeamPayload {
            team: Some(team.into()),
            ..Default::default()
        };
        answer(ctx, Action::TeamRegister, done, payload).await.map(Some)
    }
}
