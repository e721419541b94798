//! Tells whose dynamic codes are on.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};

use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::totp;

/// Whether the user's dynamic codes are on.
pub async fn is_on_in(connection: &impl ConnectionTrait, user_id: UserId) -> Result<bool> {
    Ok(!are_on(connection, &[user_id]).await?.is_empty())
}

/// The user's secret, where it is on.
#[must_use]
pub fn on_of(user_id: UserId) -> Select<totp::Entity> {
    on().filter(totp::Column::UserId.eq(user_id))
}

fn on() -> Select<totp::Entity> {
    totp::Entity::find().filter(totp::Column::ConfirmedAt.is_not_null())
}

/// Those of the users whose dynamic codes are on.
pub async fn are_on(connection: &impl ConnectionTrait, ids: &[UserId]) -> Result<HashSet<UserId>> {
    let on: Vec<UserId> = on()
        .select_only()
        .column(totp::Column::UserId)
        .filter(totp::Column::UserId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(on.into_iter().collect())
}
