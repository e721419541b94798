//! Teams, made and changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use super::impact::answer_outcome;
use super::user_mutation::password_choice;

use crate::access::Action;
use crate::base::id::{Id, TeamId};
use crate::entity::team::{self, TeamType};
use crate::entity::user::Locale;
use crate::impact::Run;
use crate::teams::create::{CreateTeam, create};
use crate::teams::update::{UpdateTeam, update};
use crate::users::create::UserForm;

use super::team::Team;

payload! {
    /// The team that was made.
    CreateTeamPayload {
        /// The team.
        team: Team,
        /// The new admin's password that the platform made: shown here and never again.
        generated_password: String,
    }
}
payload! {
    /// The team after the change.
    foresees UpdateTeamPayload {
        /// The team.
        team: Team,
    }
}

/// A user who is made together with something else.
#[derive(InputObject)]
pub struct NewUserInput {
    /// The name: 3-64 Chinese characters, ASCII letters, digits and `+ = , . @ - _`.
    name: String,
    /// The account: 3-64 ASCII letters, digits and `+ = , . @ - _`.
    account: String,
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

/// A team to be made.
#[derive(InputObject)]
pub struct CreateTeamInput {
    /// The name: 3-64 characters as in a user's name, with single spaces inside.
    name: String,
    /// What the team makes.
    #[graphql(name = "type")]
    team_type: TeamType,
    /// Members of the platform who become its admins; at most 100.
    admin_ids: Option<Vec<ID>>,
    /// A user who is made with the team and becomes its admin.
    new_admin: Option<NewUserInput>,
    /// The superapp team that a mini program team is bound to.
    superapp_team_id: Option<ID>,
    /// When a mini program team expires.
    expires_at: Option<DateTime<Utc>>,
    /// A remark of at most 256 characters.
    remark: Option<String>,
}

/// A change of a team. What is left out stays.
#[derive(InputObject)]
pub struct UpdateTeamInput {
    /// The team.
    team_id: ID,
    /// The name.
    name: Option<String>,
    /// The remark; an empty one takes it away.
    remark: Option<String>,
    /// All admins, for platform staff: one left out loses the membership, one new gets the role.
    admin_ids: Option<Vec<ID>>,
    /// The superapp team that a mini program team is bound to; for platform staff.
    superapp_team_id: Option<ID>,
    /// When a mini program team expires; for platform staff.
    expires_at: Option<DateTime<Utc>>,
    /// Whether a mini program team is to have no expiry any more; not together with `expiresAt`. For platform staff.
    #[graphql(default_with = "Some(false)")]
    never_expires: Option<bool>,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

#[derive(Default)]
pub struct TeamMutation;

#[Object(guard = "super::guard::Never", serial)]
impl TeamMutation {
    /// Makes a team with its admins: members of the platform, or one who is made with it.
    #[graphql(guard = "Gate::root(Action::TeamCreate)", directive = requires::apply(needs(Action::TeamCreate)))]
    async fn create_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: CreateTeamInput,
    ) -> Result<Option<CreateTeamPayload>> {
        let admin_ids: Vec<String> = input
            .admin_ids
            .unwrap_or_default()
            .into_iter()
            .map(|id| id.0)
            .collect();
        let new_admin = input.new_admin.as_ref().map(|new| UserForm {
            name: &new.name,
            account: &new.account,
            password: password_choice(new.password.as_ref(), new.generate_password),
            email: new.email.as_deref(),
            locale: new.locale,
        });
        let done = async {
            let team = CreateTeam {
                name: &input.name,
                team_type: input.team_type,
                admin_ids: &admin_ids,
                new_admin,
                superapp_team_id: input
                    .superapp_team_id
                    .as_deref()
                    .map(|id| TeamId::parse(id))
                    .transpose()?,
                expires_at: input.expires_at,
                remark: input.remark.as_deref(),
            };
            create(app(ctx), viewer(ctx), team).await
        };
        let payload = |(team, generated_password): (team::Model, _)| CreateTeamPayload {
            team: Some(team.into()),
            generated_password,
            ..Default::default()
        };
        answer(ctx, Action::TeamCreate, done.await, payload)
            .await
            .map(Some)
    }

    /// Changes a team: platform staff everything, holders of `TEAM_MEMBER_MANAGEMENT` its name and remark.
    #[graphql(guard = "Gate::root(Action::TeamUpdate)", directive = requires::apply(needs(Action::TeamUpdate)))]
    async fn update_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateTeamInput,
    ) -> Result<Option<UpdateTeamPayload>> {
        let run = Run::of(input.preview);
        let admin_ids: Option<Vec<String>> = input
            .admin_ids
            .map(|ids| ids.into_iter().map(|id| id.0).collect());
        let done = async {
            let change = UpdateTeam {
                name: input.name.as_deref(),
                remark: input.remark.as_deref(),
                admin_ids: admin_ids.as_deref(),
                superapp_team_id: input
                    .superapp_team_id
                    .as_deref()
                    .map(|id| TeamId::parse(id))
                    .transpose()?,
                expires_at: input.expires_at,
                never_expires: input.never_expires.unwrap_or_default(),
            };
            update(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?, change, run).await
        };
        let payload = |team: team::Model| UpdateTeamPayload {
            team: Some(team.into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::TeamUpdate, run, done.await, payload)
            .await
            .map(Some)
    }
}
