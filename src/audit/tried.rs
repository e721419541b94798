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
    let sees = |id: UserId| actor.is_staff() || actor.user_id == id;
    let target = match named {
        AnyId::TeamId(id) => {
            let row = team::Entity::find_by_id(id).one(db).await?;
            row.filter(|row| in_team(row.id)).map(|row| {
                event.team_id = Some(row.id);
                other(row.id, row.name)
            })
        }
        AnyId::MembershipId(id) => {
            let row = membership::Entity::find_by_id(id).one(db).await?;
            match row.filter(|row| in_team(row.team_id)) {
                Some(row) => {
                    event.team_id = Some(row.team_id);
                    whole_user(db, row.user_id).await?
                }
                None => None,
            }
        }
        AnyId::InvitationId(id) => {
            let row = invitation::Entity::find_by_id(id).one(db).await?;
            event.team_id = row.map(|row| row.team_id).filter(|id| in_team(*id));
            None
        }
        AnyId::ResourceId(id) => {
            let row = resource::Entity::find_by_id(id).one(db).await?;
            row.filter(|row| in_team(row.team_id)).map(|row| {
                event.team_id = Some(row.team_id);
                other(row.id, row.name)
            })
        }
        AnyId::RoleId(id) => {
            let row = role::Entity::find_by_id(id).one(db).await?;
            // A preset one is of no team, and everybody's to see.
            row.filter(|row| row.team_id.is_none_or(in_team)).map(|row| {
                event.team_id = row.team_id;
                other(row.id, row.name)
            })
        }
        AnyId::UserId(id) if sees(id) => whole_user(db, id).await?,
        AnyId::SessionId(id) => {
            let row = session::Entity::find_by_id(id).one(db).await?;
            match row.filter(|row| sees(row.user_id)) {
                Some(row) => whole_user(db, row.user_id).await?,
                None => None,
            }
        }
        AnyId::PasskeyId(id) => {
            let row = passkey::Entity::find_by_id(id).one(db).await?;
            match row.filter(|row| sees(row.user_id)) {
                Some(row) => whole_user(db, row.user_id).await?,
                None => None,
            }
        }
        _ => None,
    };
    event.target = target.or(event.target);
    Ok(event)
}

fn other(id: impl std::fmt::Display, name: String) -> Target {
    Target::Other {
        id: id.to_string(),
        name: Some(name),
    }
}

async fn whole_user(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Target>> {
    let row = user::Entity::find_by_id(id).one(db).await?;
    Ok(row.as_ref().map(Target::from))
}
