//! Locks, always in the same order: users before teams, each in the order of their ids, so that no
//! two transactions wait for each other. On SQLite the transaction itself is the lock.

use sea_orm::sea_query::extension::mysql::{IndexHintScope, MySqlSelectStatementExt};
use sea_orm::sea_query::{Expr, ExprTrait, Query, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::base::Result;
use crate::base::id::{TeamId, UserId};
use crate::entity::{invitation, membership, team, user};

/// Locks these users; those that do not exist are left out.
pub async fn users_in(txn: &impl ConnectionTrait, ids: &[UserId]) -> Result<Vec<user::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let select = user::Entity::find()
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(user::Column::Id)
        .lock_exclusive();
    Ok(select.all(txn).await?)
}

/// Locks these teams; those that do not exist are left out.
pub async fn teams_in(txn: &impl ConnectionTrait, ids: &[TeamId]) -> Result<Vec<team::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = team::Entity::find()
        .filter(team::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(team::Column::Id)
        .lock_exclusive();
    // MySQL may come by another index that begins with the id (`team_type_and_scope`), and lock its entry before the row.
    // Who has the row already wants that entry when it writes: a deadlock. Printed on MySQL alone.
    QueryTrait::query(&mut select).force_index("PRIMARY", IndexHintScope::All);
    Ok(select.all(txn).await?)
}

/// Locks the teams in which anything names the user: a membership, an invitation, who made it. Who writes to those rows
/// without it, and who deletes such a team, could wait for each other.
pub async fn teams_of_in(txn: &impl ConnectionTrait, id: UserId) -> Result<Vec<team::Model>> {
    let named = Query::select()
        .column(membership::Column::TeamId)
        .from(membership::Entity)
        .and_where(membership::Column::UserId.eq(id))
        .union(
            UnionType::Distinct,
            Query::select()
                .column(invitation::Column::TeamId)
                .from(invitation::Entity)
                .and_where(
                    invitation::Column::CreatedBy
                        .eq(id)
                        .or(invitation::Column::UsedBy.eq(id)),
                )
                .take(),
        )
        .union(
            UnionType::Distinct,
            Query::select()
                .expr_as(Expr::col(team::Column::Id), "team_id")
                .from(team::Entity)
                .and_where(
                    team::Column::CreatedBy
                        .eq(id)
                        .or(team::Column::RegisteredBy.eq(id)),
                )
                .take(),
        )
        .take();
    let rows = txn.query_all(&named).await?;
    let ids = rows.iter().map(|row| row.try_get("", "team_id"));
    teams_in(txn, &ids.collect::<Result<Vec<TeamId>, _>>()?).await
}
