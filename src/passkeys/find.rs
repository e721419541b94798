//! Reads passkeys.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::{Action, Subject, Viewer};
use crate::base::error::UserErrorCode::NotBound;
use crate::base::id::{PasskeyId, UserId};
use crate::base::{Error, Result};
use crate::entity::passkey;

/// The passkeys of each of these users, the oldest first; `limits::PASSKEYS` at most.
pub async fn of_users(
    connection: &impl ConnectionTrait,
    ids: &[UserId],
) -> Result<HashMap<UserId, Vec<passkey::Model>>> {
    let rows = passkey::Entity::find()
        .filter(passkey::Column::UserId.is_in(ids.iter().copied()))
        .order_by_asc(passkey::Column::CreatedAt)
        .order_by_asc(passkey::Column::Id)
        .all(connection)
        .await?;
    let mut passkeys: HashMap<UserId, Vec<passkey::Model>> = HashMap::new();
    for row in rows {
        passkeys.entry(row.user_id).or_default().push(row);
    }
    Ok(passkeys)
}

/// The passkeys of one user, the oldest first.
pub async fn of_user_in(connection: &impl ConnectionTrait, id: UserId) -> Result<Vec<passkey::Model>> {
    Ok(of_users(connection, &[id]).await?.remove(&id).unwrap_or_default())
}

/// One passkey, when the viewer may see it: their own, and everybody's for platform staff.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: PasskeyId,
) -> Result<Option<passkey::Model>> {
    let row = passkey::Entity::find_by_id(id).one(connection).await?;
    Ok(row.filter(|row| viewer.may(Action::UserPasskeys, Subject::User(row.user_id))))
}

/// The user's own passkey with this id; of another's nobody is told that it is there.
pub async fn own_in(
    connection: &impl ConnectionTrait,
    owner: UserId,
    id: PasskeyId,
) -> Result<passkey::Model> {
    passkey::Entity::find_by_id(id)
        .filter(passkey::Column::UserId.eq(owner))
        .one(connection)
        .await?
        .ok_or_else(|| Error::user(NotBound, "passkeyId", "You have no such passkey."))
}
