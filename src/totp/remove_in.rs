//! Takes the second factor away.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::is_on_in;
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::{recovery_code, totp};

/// Removes the secret and the recovery codes; answers whether dynamic codes were on.
pub async fn remove_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<bool> {
    let was_on = is_on_in(txn, user_id).await?;
    totp::Entity::delete_by_id(user_id).exec(txn).await?;
    forget_recovery_codes_in(txn, user_id).await?;
    Ok(was_on)
}

/// Removes the recovery codes alone.
pub(super) async fn forget_recovery_codes_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<()> {
    recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    Ok(())
}
