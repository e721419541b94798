//! Locks, always in the same order: users before teams, each in the order of their ids, so that no
//! two transactions wait for each other. On SQLite the transaction itself is the lock.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::base::Result;
use crate::base::id::{TeamId, UserId};
use crate::entity::{team, user};

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
    let select = team::Entity::find()
        .filter(team::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(team::Column::Id)
        .lock_exclusive();
    Ok(select.all(txn).await?)
}
