//! Hashes another password of a user, unless it is one of their last.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Policy;
use crate::app::App;
use crate::base::error::UserErrorCode::PasswordReused;
use crate::base::id::UserId;
use crate::base::password::Password;
use crate::base::{Error, Result};
use crate::entity::{credential, password_history};

/// The hash of the new password; `field` is where it stands in the input. Slow on purpose, and so outside of the
/// transaction that writes it.
pub async fn hash_anew(
    app: &App,
    policy: &Policy,
    user_id: UserId,
    password: &Password,
    field: &str,
) -> Result<String> {
    if was_used(app, policy, user_id, password).await? {
        return Err(Error::user(
            PasswordReused,
            field,
            "This password was used lately.",
        ));
    }
    app.hasher.hash(password).await
}

/// Whether this is one of the user's last passwords, as many as the policy refuses, the current one among them.
async fn was_used(app: &App, policy: &Policy, user_id: UserId, password: &Password) -> Result<bool> {
    let count = u64::try_from(policy.refuses_previous).unwrap_or_default();
    if count == 0 {
        return Ok(false);
    }
    let reader = app.database.reader();
    let current = credential::Entity::find_by_id(user_id).one(reader).await?;
    let former = password_history::Entity::find()
        .filter(password_history::Column::UserId.eq(user_id))
        .order_by_desc(password_history::Column::CreatedAt)
        .order_by_desc(password_history::Column::Id)
        .limit(count)
        .all(reader)
        .await?;
    let hashes = current
        .map(|row| row.password_hash)
        .into_iter()
        .chain(former.into_iter().map(|row| row.password_hash))
        .take(usize::try_from(count).unwrap_or_default())
        .collect();
    app.hasher.verify_any(password, hashes).await
}
