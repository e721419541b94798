//! The way into a team, for a verb that writes there.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::access::viewer::team_is_active;
use crate::access::{Action, Grant, Permission, Subject, Viewer, role};
use crate::app::App;
use crate::base::id::{MembershipId, RoleId, TeamId, UserId};
use crate::base::{Error, Result};
use crate::entity::{membership, role as role_table, team, user};
use crate::memberships;

use super::find::{Sight, sight};
use super::roles;

/// A team whose row is locked, and what the viewer is there.
#[derive(Debug)]
pub struct Managed {
    /// The team.
    pub team: team::Model,
    /// The role that the viewer holds there.
    pub role_id: RoleId,
    /// Whether the viewer is an admin of it.
    pub by_admin: bool,
}

/// Locks the team and lets a holder of the permission in: asked again, under the lock, of the
/// database. Platform staff are let in to no team's inside.
pub async fn managed_in(
    txn: &impl ConnectionTrait,
    app: &App,
    viewer: &Viewer,
    grant: &Grant<'_>,
    team_id: TeamId,
    permission: Permission,
) -> Result<Managed> {
    let team = in_sight_in(txn, viewer, team_id).await?;
    let seat = memberships::find::of_user_in(txn, grant.user.user_id, team_id).await?;
    let seat = seat.ok_or_else(|| grant.refusal())?;
    let role = role_table::Entity::find_by_id(seat.role_id)
        .one(txn)
        .await?
        .ok_or(Error::NotFound)?;
    let active = team_is_active(team.disabled_at, team.expires_at, app.now());
    if !role::permissions_in_team(&role, active).contains(permission) {
        return Err(grant.refusal());
    }
    Ok(Managed {
        team,
        role_id: role.id,
        by_admin: role::is_administrator(role.id),
    })
}

/// Locks the team, when it is in sight.
pub async fn in_sight_in(
    txn: &impl ConnectionTrait,
    viewer: &Viewer,
    team_id: TeamId,
) -> Result<team::Model> {
    let team = memberships::lock::teams_in(txn, &[team_id])
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    if sight(viewer, &team) == Sight::None {
        Err(Error::NotFound)
    } else {
        Ok(team)
    }
}

/// The membership that a verb is about, with its user and team locked and the viewer let in. The user too: who is
/// being disabled or deleted must not become an admin meanwhile, and then count as one.
pub async fn managed_membership_in(
    txn: &impl ConnectionTrait,
    app: &App,
    viewer: &Viewer,
    grant: &Grant<'_>,
    id: MembershipId,
) -> Result<(Managed, membership::Model, user::Model)> {
    // Read once to learn the team, and again under its lock. A team that is in sight may keep its members out of it:
    // a bound team shows a few of its fields alone.
    let found = memberships::find::by_id(txn, viewer, id)
        .await?
        .ok_or(Error::NotFound)?;
    memberships::lock::users_in(txn, &[found.user_id]).await?;
    let managed = managed_in(
        txn,
        app,
        viewer,
        grant,
        found.team_id,
        Permission::TeamMemberManagement,
    )
    .await?;
    let membership = memberships::find::by_id_in(txn, id)
        .await?
        .ok_or(Error::NotFound)?;
    let user = user::Entity::find_by_id(membership.user_id)
        .one(txn)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((managed, membership, user))
}

/// The custom role that a verb is about, with its team locked and the viewer let in. Preset roles are nobody's to change.
pub async fn managed_role_in(
    txn: &impl ConnectionTrait,
    app: &App,
    viewer: &Viewer,
    grant: &Grant<'_>,
    id: RoleId,
) -> Result<(Managed, role_table::Model)> {
    // Read once to learn the team, and again under its lock.
    let found = roles::by_ids(txn, viewer, &[id])
        .await?
        .remove(&id)
        .ok_or(Error::NotFound)?;
    let team_id = found.team_id.ok_or_else(|| grant.refusal())?;
    let permission = Permission::TeamMemberManagement;
    let managed = managed_in(txn, app, viewer, grant, team_id, permission).await?;
    let role = roles::of_team_in(txn, &managed.team, id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((managed, role))
}

/// Why somebody who manages a team's members gives this member no other role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untouchable {
    /// It is themselves.
    Oneself,
    /// It is an administrator, and they are none.
    Administrator,
}

/// What stands in the way of giving the member another role, whichever it is.
#[must_use]
pub fn untouchable(manager: UserId, by_admin: bool, membership: &membership::Model) -> Option<Untouchable> {
    if membership.user_id == manager {
        Some(Untouchable::Oneself)
    } else if role::is_administrator(membership.role_id) && !by_admin {
        Some(Untouchable::Administrator)
    } else {
        None
    }
}

/// Whether the viewer may give the member another role.
#[must_use]
pub fn may_edit(viewer: &Viewer, membership: &membership::Model) -> bool {
    let team_id = membership.team_id;
    viewer.may(Action::TeamMemberUpdate, Subject::Team(team_id))
        && viewer.signed_in.as_ref().is_some_and(|user| {
            let by_admin = user.seat(team_id).is_some_and(|seat| seat.is_administrator);
            untouchable(user.user_id, by_admin, membership).is_none()
        })
}
