//! In which team something was tried in vain.
//!
//! What was done says so itself. What was not done may have failed before its team was known, so the team is looked up by
//! the target.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::access::SignedIn;
use crate::base::Result;
use crate::base::id::{AnyId, TeamId};
use crate::entity::{invitation, membership, resource, role, team};

/// The team that the target is or belongs to, where the actor is one of it or of the platform's staff: a team's log tells
/// its admins what those tried, and no stranger can write into it.
pub async fn team_tried(db: &impl ConnectionTrait, actor: &SignedIn, target: &str) -> Result<Option<TeamId>> {
    let belongs = |id: &TeamId| actor.is_staff() || actor.seats.iter().any(|seat| seat.team_id == *id);
    let Ok(id) = AnyId::parse(target) else {
        return Ok(None);
    };
    let team_id = match id {
        AnyId::TeamId(id) => team::Entity::find_by_id(id).one(db).await?.map(|row| row.id),
        AnyId::MembershipId(id) => membership::Entity::find_by_id(id)
            .one(db)
            .await?
            .map(|row| row.team_id),
        AnyId::InvitationId(id) => invitation::Entity::find_by_id(id)
            .one(db)
            .await?
            .map(|row| row.team_id),
        AnyId::ResourceId(id) => resource::Entity::find_by_id(id)
            .one(db)
            .await?
            .map(|row| row.team_id),
        // A preset one belongs to no team.
        AnyId::RoleId(id) => role::Entity::find_by_id(id)
            .one(db)
            .await?
            .and_then(|row| row.team_id),
        _ => None,
    };
    Ok(team_id.filter(belongs))
}
