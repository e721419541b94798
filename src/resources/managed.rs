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

/// Locks the user who is to become the manager, before the team: whoever is deleting them has locked them too. Answers
/// whether there is such a user.
pub(super) async fn lock_manager_in(txn: &impl ConnectionTrait, id: Option<UserId>) -> Result<bool> {
    let ids: Vec<UserId> = id.into_iter().collect();
    Ok(lock::users_in(txn, &ids).await?.len() == ids.len())
}

/// Notes an error unless the user is a member of the locked team.
pub(super) async fn take_manager_in(
    txn: &impl ConnectionTrait,
    form: &mut Form,
    team: &team::Model,
    id: Option<UserId>,
    exists: bool,
) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    if !exists {
        return Err(Error::NotFound);
    }
    let is_member = memberships::find::of_user_in(txn, id, team.id).await?.is_some();
    let rule = "The manager is a member of the team.";
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
