//! The way to a team's resources, for a verb that writes there.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::find;
use crate::access::{Grant, Permission, Viewer};
use crate::app::App;
use crate::base::error::UserErrorCode::NotAMember;
use crate::base::form::Form;
use crate::base::id::{ResourceId, UserId};
use crate::base::{Error, Result};
use crate::entity::resource::{self, ResourceKind};
use crate::entity::team::{self, TeamType};
use crate::memberships::{self, lock};
use crate::teams::manage::managed_in;

/// What a team of this type makes, and the permission that it takes.
pub(super) fn of_type(team_type: TeamType) -> (ResourceKind, Permission) {
    match team_type {
        TeamType::Superapp => (ResourceKind::Superapp, Permission::SuperappManagement),
        TeamType::MiniProgram => (ResourceKind::MiniProgram, Permission::MiniProgramManagement),
    }
}

/// Locks the user who is to become the manager, before the team: whoever is deleting them has locked them too.
pub(super) async fn lock_manager_in(txn: &impl ConnectionTrait, id: Option<UserId>) -> Result<()> {
    let ids: Vec<UserId> = id.into_iter().collect();
    lock::users_in(txn, &ids).await?;
    Ok(())
}

/// Notes an error unless the user is a member of the locked team. It is the same for a user whom the viewer does not see
/// and for none at all, so that nobody learns which it is.
pub(super) async fn take_manager_in(
    txn: &impl ConnectionTrait,
    form: &mut Form,
    team: &team::Model,
    id: Option<UserId>,
) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    let is_member = memberships::find::of_user_in(txn, id, team.id).await?.is_some();
    let rule = "The manager has to be a member of the team.";
    form.require(is_member, NotAMember, "managerId", rule);
    Ok(())
}

/// The resource that a verb is about, with its team locked and the viewer let in.
pub(super) async fn managed_resource_in(
    txn: &impl ConnectionTrait,
    app: &App,
    viewer: &Viewer,
    grant: &Grant<'_>,
    id: ResourceId,
) -> Result<(team::Model, resource::Model)> {
    // Read once to learn the team, and again under its lock.
    let found = find::by_id(txn, viewer, id).await?.ok_or(Error::NotFound)?;
    let (_, permission) = of_type(found.team_type);
    let team = managed_in(txn, app, viewer, grant, found.team_id, permission)
        .await?
        .team;
    let row = resource::Entity::find_by_id(id)
        .one(txn)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((team, row))
}
