//! Members of a team, as its managers handle them.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use super::impact::answer_outcome;
use super::membership::Membership;
use super::user_mutation::password_choice;
use crate::access::Action;
use crate::base::id::{Id, MembershipId, RoleId, TeamId};
use crate::entity::membership;
use crate::entity::user::Locale;
use crate::impact::Run;
use crate::teams::add_members::{NewMember, add_members};
use crate::teams::create_member::create_member;
use crate::teams::leave::leave;
use crate::teams::remove_member::remove_member;
use crate::teams::update_member::update_member;
use crate::users::create::UserForm;

payload! {
    /// The members that were added.
    AddTeamMembersPayload {
        /// Their memberships, in the order of the input.
        memberships: Vec<Membership>,
    }
}
payload! {
    /// The user who was made, as a member of the team.
    CreateTeamMemberPayload {
        /// The membership.
        membership: Membership,
        /// The password that the platform made: shown here and never again.
        generated_password: String,
    }
}
payload! {
    /// The member after the change.
    foresees UpdateTeamMemberPayload {
        /// The membership.
        membership: Membership,
    }
}
payload! {
    /// The member who is out.
    foresees RemoveTeamMemberPayload {
        /// The id of the membership.
        removed_membership_id: ID,
    }
}
payload! {
    /// The viewer is out.
    LeaveTeamPayload {}
}

/// A member to be added.
#[derive(InputObject)]
pub struct NewMemberInput {
    /// The user: an active member of the platform.
    user_id: ID,
    /// The role: a preset one of the team's type, or one of its own.
    role_id: ID,
}

/// Members to be added: all or none.
#[derive(InputObject)]
pub struct AddTeamMembersInput {
    /// The team.
    team_id: ID,
    /// The members; at most 100.
    members: Vec<NewMemberInput>,
}

/// A user to be made, straight into a team and a role.
#[derive(InputObject)]
pub struct CreateTeamMemberInput {
    /// The team.
    team_id: ID,
    /// The role: a preset one of the team's type, or one of its own.
    role_id: ID,
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

/// Another role for a member.
#[derive(InputObject)]
pub struct UpdateTeamMemberInput {
    /// The membership.
    membership_id: ID,
    /// The role: a preset one of the team's type, or one of its own.
    role_id: ID,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// A member to be removed.
#[derive(InputObject)]
pub struct RemoveTeamMemberInput {
    /// The membership.
    membership_id: ID,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// A team to leave.
#[derive(InputObject)]
pub struct LeaveTeamInput {
    /// The team.
    team_id: ID,
}

#[derive(Default)]
pub struct TeamMemberMutation;

#[Object(guard = "super::guard::Never", serial)]
impl TeamMemberMutation {
    /// Makes members of the platform members of a team. Only an admin of it makes an admin.
    #[graphql(guard = "Gate::root(Action::TeamMembersAdd)", directive = requires::apply(needs(Action::TeamMembersAdd)))]
    async fn add_team_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The members.")] input: AddTeamMembersInput,
    ) -> Result<Option<AddTeamMembersPayload>> {
        let members: Vec<NewMember> = input
            .members
            .into_iter()
            .map(|member| NewMember {
                user_id: member.user_id.0,
                role_id: member.role_id.0,
            })
            .collect();
        let done =
            async { add_members(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?, &members).await }
                .await;
        let payload = |rows: Vec<membership::Model>| AddTeamMembersPayload {
            memberships: Some(rows.into_iter().map(Membership::from).collect()),
            ..Default::default()
        };
        answer(ctx, Action::TeamMembersAdd, done, payload).await.map(Some)
    }

    /// Makes a user and puts them straight into a team. Only an admin of it makes an admin.
    #[graphql(guard = "Gate::root(Action::TeamMemberCreate)", directive = requires::apply(needs(Action::TeamMemberCreate)))]
    async fn create_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: CreateTeamMemberInput,
    ) -> Result<Option<CreateTeamMemberPayload>> {
        let form = UserForm {
            name: &input.name,
            account: &input.account,
            password: password_choice(input.password.as_ref(), input.generate_password),
            email: input.email.as_deref(),
            locale: input.locale,
        };
        let done = async {
            let (team_id, role_id) = (TeamId::parse(&input.team_id)?, RoleId::parse(&input.role_id)?);
            create_member(app(ctx), viewer(ctx), team_id, role_id, form).await
        };
        let payload = |(row, generated_password): (membership::Model, _)| CreateTeamMemberPayload {
            membership: Some(row.into()),
            generated_password,
            ..Default::default()
        };
        answer(ctx, Action::TeamMemberCreate, done.await, payload)
            .await
            .map(Some)
    }

    /// Gives a member another role. Nobody changes their own; only an admin makes or unmakes an admin; the last active
    /// one stays.
    #[graphql(guard = "Gate::root(Action::TeamMemberUpdate)", directive = requires::apply(needs(Action::TeamMemberUpdate)))]
    async fn update_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateTeamMemberInput,
    ) -> Result<Option<UpdateTeamMemberPayload>> {
        let run = Run::of(input.preview);
        let done = async {
            let (id, role_id) = (
                MembershipId::parse(&input.membership_id)?,
                RoleId::parse(&input.role_id)?,
            );
            update_member(app(ctx), viewer(ctx), id, role_id, run).await
        };
        let payload = |row: membership::Model| UpdateTeamMemberPayload {
            membership: Some(row.into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::TeamMemberUpdate, run, done.await, payload)
            .await
            .map(Some)
    }

    /// Removes a member from a team. Only an admin removes an admin; the last active one stays.
    #[graphql(guard = "Gate::root(Action::TeamMemberRemove)", directive = requires::apply(needs(Action::TeamMemberRemove)))]
    async fn remove_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The member.")] input: RemoveTeamMemberInput,
    ) -> Result<Option<RemoveTeamMemberPayload>> {
        let run = Run::of(input.preview);
        let done = async {
            remove_member(
                app(ctx),
                viewer(ctx),
                MembershipId::parse(&input.membership_id)?,
                run,
            )
            .await
        }
        .await;
        let payload = |id: MembershipId| RemoveTeamMemberPayload {
            removed_membership_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::TeamMemberRemove, run, done, payload)
            .await
            .map(Some)
    }

    /// Leaves a team, also a disabled or expired one; the last active admin stays.
    #[graphql(guard = "Gate::root(Action::TeamLeave)", directive = requires::apply(needs(Action::TeamLeave)))]
    async fn leave_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: LeaveTeamInput,
    ) -> Result<Option<LeaveTeamPayload>> {
        let done = async { leave(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?).await }.await;
        answer(ctx, Action::TeamLeave, done, |()| LeaveTeamPayload::default())
            .await
            .map(Some)
    }
}
