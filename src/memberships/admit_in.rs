//! Makes somebody a member.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use super::find;
use crate::app::App;
use crate::base::Result;
use crate::base::error::UserErrorCode::{AlreadyMember, LimitReached, StaffCannotJoin};
use crate::base::form::Flaw;
use crate::base::id::{Id, MembershipId};
use crate::entity::insert::insert_unless_taken;
use crate::entity::{membership, role, team, user};
use crate::limits;

/// Makes the user a member of the team with this role. User and team are locked. The inner error is
/// what the one who asked can mend; which field it belongs to, they know.
pub async fn admit_in(
    txn: &impl ConnectionTrait,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &role::Model,
) -> Result<Result<membership::Model, Flaw>> {
    if user.account_type.is_staff() {
        return Ok(Err(staff_cannot_join()));
    }
    let members = membership::Entity::find()
        .filter(membership::Column::TeamId.eq(team.id))
        .count(txn)
        .await?;
    if members >= limits::TEAM_MEMBERS {
        let rule = format!("A team has at most {} members.", limits::TEAM_MEMBERS);
        return Ok(Err(Flaw::new(LimitReached, rule)));
    }
    let now = app.now();
    let row = membership::Model {
        id: MembershipId::new(now),
        user_id: user.id,
        team_id: team.id,
        team_type: team.team_type,
        team_scope: team.scope.clone(),
        role_id: role.id,
        role_scope: role.scope.clone(),
        joined_at: now,
    };
    let active = membership::ActiveModel {
        id: Set(row.id),
        user_id: Set(row.user_id),
        team_id: Set(row.team_id),
        team_type: Set(row.team_type),
        team_scope: Set(row.team_scope.clone()),
        role_id: Set(row.role_id),
        role_scope: Set(row.role_scope.clone()),
        joined_at: Set(row.joined_at),
    };
    let seat = [membership::Column::UserId, membership::Column::TeamId];
    let ours = membership::Column::Id.eq(row.id);
    Ok(if insert_unless_taken(txn, active, seat, ours).await? {
        Ok(row)
    } else {
        Err(already_member())
    })
}

/// Why the user cannot become a member, whatever the role: for an input that has no role to try it with.
pub async fn obstacle_in(
    txn: &impl ConnectionTrait,
    user: &user::Model,
    team: &team::Model,
) -> Result<Option<Flaw>> {
    if user.account_type.is_staff() {
        return Ok(Some(staff_cannot_join()));
    }
    let seat = find::of_user_in(txn, user.id, team.id).await?;
    Ok(seat.map(|_| already_member()))
}

fn staff_cannot_join() -> Flaw {
    Flaw::new(StaffCannotJoin, "Platform staff cannot be members of a team.")
}

fn already_member() -> Flaw {
    Flaw::new(AlreadyMember, "This user is a member of the team already.")
}
