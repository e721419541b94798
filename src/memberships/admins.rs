//! A team keeps an active admin.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, RelationTrait,
};
use sea_orm::{JoinType, QueryOrder};

use super::lock;
use crate::access::role;
use crate::base::error::UserErrorCode::LastTeamAdmin;
use crate::base::id::{RoleId, TeamId, UserId};
use crate::base::{Error, Result};
use crate::entity::{membership, team, user};

/// The roles that make an admin, of both types of team.
pub fn administrators() -> impl Iterator<Item = RoleId> {
    crate::entity::team::TeamType::ALL
        .into_iter()
        .map(|team_type| role::administrator(team_type).id)
}

/// The teams that the user is an admin of.
async fn teams_of_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<TeamId>> {
    let rows = membership::Entity::find()
        .filter(membership::Column::UserId.eq(user_id))
        .filter(membership::Column::RoleId.is_in(administrators()))
        .order_by_asc(membership::Column::TeamId)
        .all(txn)
        .await?;
    Ok(rows.into_iter().map(|row| row.team_id).collect())
}

/// The users who are admins of the team, active or not.
pub async fn of_team_in(txn: &impl ConnectionTrait, team_id: TeamId) -> Result<Vec<membership::Model>> {
    let rows = membership::Entity::find()
        .filter(membership::Column::TeamId.eq(team_id))
        .filter(membership::Column::RoleId.is_in(administrators()))
        .order_by_asc(membership::Column::JoinedAt)
        .all(txn);
    Ok(rows.await?)
}

/// Locks all teams in which anything names the user, and answers those that the user is an admin of.
pub async fn lock_teams_of_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<team::Model>> {
    let mut teams = lock::teams_of_in(txn, user_id).await?;
    let administered = teams_of_in(txn, user_id).await?;
    teams.retain(|team| administered.contains(&team.id));
    Ok(teams)
}

/// Refuses when the locked team would be left without an active admin once this membership is none of an admin any more.
pub async fn spare_seat_in(
    txn: &impl ConnectionTrait,
    team: &team::Model,
    membership: &membership::Model,
    field: &str,
) -> Result<()> {
    if !role::is_administrator(membership.role_id) {
        return Ok(());
    }
    spare_in(txn, std::slice::from_ref(team), membership.user_id, field).await
}

/// Refuses, with the teams' names, when one of the locked teams would be left without an active admin
/// once this user is none. Only an active user counts as one.
pub async fn spare_in(
    txn: &impl ConnectionTrait,
    teams: &[team::Model],
    without: UserId,
    field: &str,
) -> Result<()> {
    let mut orphaned = Vec::new();
    for team in teams {
        let others = membership::Entity::find()
            .join(JoinType::InnerJoin, membership::Relation::User.def())
            .filter(membership::Column::TeamId.eq(team.id))
            .filter(membership::Column::RoleId.is_in(administrators()))
            .filter(membership::Column::UserId.ne(without))
            .filter(user::Column::DisabledAt.is_null())
            .count(txn)
            .await?;
        if others == 0 {
            orphaned.push(team.name.as_str());
        }
    }
    if orphaned.is_empty() {
        return Ok(());
    }
    let mend = match orphaned.len() {
        1 => "Give it another admin first.",
        _ => "Give each another admin first.",
    };
    let names = orphaned.join(", ");
    Err(Error::user(
        LastTeamAdmin,
        field,
        format!("This is the only active admin of: {names}. {mend}"),
    ))
}
