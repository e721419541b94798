//! Takes passkeys away.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::find::of_user_in;
use crate::base::Result;
use crate::base::id::{PasskeyId, UserId};
use crate::entity::{passkey, passkey_enrolment};

/// Removes one; answers whether it was there.
pub async fn remove_in(txn: &impl ConnectionTrait, id: PasskeyId) -> Result<bool> {
    let removed = passkey::Entity::delete_by_id(id).exec(txn).await?;
    Ok(removed.rows_affected == 1)
}

/// Removes all of a user, and one that is being added; answers those that were there.
pub async fn remove_all_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<passkey::Model>> {
    let removed = of_user_in(txn, user_id).await?;
    passkey::Entity::delete_many()
        .filter(passkey::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    passkey_enrolment::Entity::delete_by_id(user_id).exec(txn).await?;
    Ok(removed)
}
