//! Tells whose dynamic codes are on.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::totp;

/// Whether the user's dynamic codes are on.
pub async fn is_on_in(connection: &impl ConnectionTrait, user_id: UserId) -> Result<bool> {
    Ok(!are_on(connection, &[user_id]).await?.is_empty())
}

/// Those of the users whose dynamic codes are on.
pub async fn are_on(connection: &impl ConnectionTrait, ids: &[UserId]) -> Result<HashSet<UserId>> {
    let on: Vec<UserId> = totp::Entity::find()
        .select_only()
        .column(totp::Column::UserId)
        .filter(totp::Column::UserId.is_in(ids.iter().copied()))
        .filter(totp::Column::ConfirmedAt.is_not_null())
        .into_tuple()
        .all(connection)
        .await?;
    Ok(on.into_iter().collect())
}
