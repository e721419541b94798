//! Custom roles, as a team's managers handle them.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use super::impact::answer_outcome;
use super::role::Role;
use crate::access::{Action, Permission};
use crate::base::id::{Id, RoleId, TeamId};
use crate::entity::role;
use crate::impact::Run;
use crate::teams::create_role::create_role;
use crate::teams::delete_role::delete_role;
use crate::teams::update_role::update_role;

payload! {
    /// The role that was made.
    CreateRolePayload {
        /// The role.
        role: Role,
    }
}
payload! {
    /// The role after the change.
    foresees UpdateRolePayload {
        /// The role.
        role: Role,
    }
}
payload! {
    /// The role that is gone.
    foresees DeleteRolePayload {
        /// The id of the role.
        deleted_role_id: ID,
    }
}

/// A custom role to be made.
#[derive(InputObject)]
pub struct CreateRoleInput {
    /// The team; at most 50 custom roles to a team.
    team_id: ID,
    /// The name: 3-64 characters as in a user's name, with single spaces inside; unique in the team without regard to
    /// case, and none of a preset role.
    name: String,
    /// What its holders may do: any permissions that the team's type knows, or none.
    permissions: Vec<Permission>,
}

/// A change of a custom role. What is left out stays.
#[derive(InputObject)]
pub struct UpdateRoleInput {
    /// The role.
    role_id: ID,
    /// The name.
    name: Option<String>,
    /// All that its holders may do from now on.
    permissions: Option<Vec<Permission>>,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

/// A custom role to be deleted.
#[derive(InputObject)]
pub struct DeleteRoleInput {
    /// The role.
    role_id: ID,
    /// Whether only to tell, in `impact`, what would happen: nothing is written, not even an event.
    #[graphql(default_with = "Some(false)")]
    preview: Option<bool>,
}

#[derive(Default)]
pub struct RoleMutation;

#[Object(guard = "super::guard::Never", serial)]
impl RoleMutation {
    /// Makes a role for a team. With all permissions of the team's type it is still not Administrator.
    #[graphql(guard = "Gate::root(Action::RoleCreate)", directive = requires::apply(needs(Action::RoleCreate)))]
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: CreateRoleInput,
    ) -> Result<Option<CreateRolePayload>> {
        let done = async {
            let team_id = TeamId::parse(&input.team_id)?;
            create_role(app(ctx), viewer(ctx), team_id, &input.name, &input.permissions).await
        };
        let payload = |row: role::Model| CreateRolePayload {
            role: Some(row.into()),
            ..Default::default()
        };
        answer(ctx, Action::RoleCreate, done.await, payload)
            .await
            .map(Some)
    }

    /// Changes a custom role; it holds for all its holders from their next request on. Preset roles are never changed,
    /// and nobody edits the role that they hold.
    #[graphql(guard = "Gate::root(Action::RoleUpdate)", directive = requires::apply(needs(Action::RoleUpdate)))]
    async fn update_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateRoleInput,
    ) -> Result<Option<UpdateRolePayload>> {
        let run = Run::of(input.preview);
        let done = async {
            let id = RoleId::parse(&input.role_id)?;
            let (name, permissions) = (input.name.as_deref(), input.permissions.as_deref());
            update_role(app(ctx), viewer(ctx), id, name, permissions, run).await
        };
        let payload = |row: role::Model| UpdateRolePayload {
            role: Some(row.into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::RoleUpdate, run, done.await, payload)
            .await
            .map(Some)
    }

    /// Deletes a custom role that no member holds, and revokes the invitations that give it. Preset roles are never
    /// deleted.
    #[graphql(guard = "Gate::root(Action::RoleDelete)", directive = requires::apply(needs(Action::RoleDelete)))]
    async fn delete_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: DeleteRoleInput,
    ) -> Result<Option<DeleteRolePayload>> {
        let run = Run::of(input.preview);
        let done = async { delete_role(app(ctx), viewer(ctx), RoleId::parse(&input.role_id)?, run).await };
        let payload = |id: RoleId| DeleteRolePayload {
            deleted_role_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer_outcome(ctx, Action::RoleDelete, run, done.await, payload)
            .await
            .map(Some)
    }
}
