//! What somebody tried in vain: what it was about, and in which team.
//!
//! What was done says both itself. What was not done may have failed before either was known, so they are looked up by the
//! id that was named, so far as its team is the actor's. The user of a membership, a session or a passkey stands for it, as
//! where it is done.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::event::{Event, Target};
use crate::access::SignedIn;
use crate::base::Result;
use crate::base::id::{AnyId, TeamId, UserId};
use crate::entity::{invitation, membership, passkey, resource, role, session, team, user};

/// The event with its whole target, and in the team that this is or belongs to. In the team of others it is not: a team's
/// log tells its admins what their members and the platform's staff tried, and no stranger can write into it. Nor does it
/// tell a stranger, who reads their own events, what stands behind the id.
pub async fn tried(db: &impl ConnectionTrait, actor: &SignedIn, mut event: Event) -> Result<Event> {
    let named = match &event.target {
        Some(Target::Other { id, name: None }) => AnyId::parse(id),
        _ => return Ok(event),
    };
    let Ok(named) = named else { return Ok(event) };
    let in_team = |id: TeamId| actor.is_staff() || actor.seats.iter().any(|seat| seat.team_id == id);
    let sees = |id: &UserId| actor.is_staff() || actor.user_id == *id;
    let whose = match named {
        AnyId::TeamId(id) => {
            let row = team::Entity::find_by_id(id).one(db).await?;
            if let Some(row) = row.filter(|row| in_team(row.id)) {
                event = event.in_team(row.id).on_named(row.id, row.name);
            }
            None
        }
        AnyId::RoleId(id) => {
            let row = role::Entity::find_by_id(id).one(db).await?;
            // A preset one is of no team, and everybody's to see.
            if let Some(row) = row.filter(|row| row.team_id.is_none_or(in_team)) {
                event.team_id = row.team_id;
                event = event.on_named(row.id, row.name);
            }
            None
        }
        AnyId::ResourceId(id) => {
            let row = resource::Entity::find_by_id(id).one(db).await?;
            if let Some(row) = row.filter(|row| in_team(row.team_id)) {
                event = event.in_team(row.team_id).on_named(row.id, row.name);
            }
            None
        }
        AnyId::InvitationId(id) => {
            let row = invitation::Entity::find_by_id(id).one(db).await?;
            event.team_id = row.map(|row| row.team_id).filter(|id| in_team(*id));
            None
        }
        AnyId::MembershipId(id) => {
            let row = membership::Entity::find_by_id(id).one(db).await?;
            let row = row.filter(|row| in_team(row.team_id));
            event.team_id = row.as_ref().map(|row| row.team_id);
            row.map(|row| row.user_id)
        }
        AnyId::SessionId(id) => {
            let row = session::Entity::find_by_id(id).one(db).await?;
            row.map(|row| row.user_id).filter(sees)
        }
        AnyId::PasskeyId(id) => {
            let row = passkey::Entity::find_by_id(id).one(db).await?;
            row.map(|row| row.user_id).filter(sees)
        }
        AnyId::UserId(id) => Some(id).filter(sees),
        _ => None,
    };
    let Some(id) = whose else { return Ok(event) };
    let user = user::Entity::find_by_id(id).one(db).await?;
    Ok(match &user {
        Some(user) => event.on(user),
        None => event,
    })
}
