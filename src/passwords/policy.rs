//! The password policy in force.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::base::Result;
use crate::entity::password_policy;

/// What a password has to be.
pub type Policy = password_policy::Model;

/// The policy as long as nobody has changed it (`domain.md`, "Password policy").
#[must_use]
pub fn default_policy() -> Policy {
    Policy {
        id: 1,
        minimum_length: 8,
        maximum_length: 128,
        character_classes: 3,
        allows_account_or_name: false,
        refuses_common: true,
        refuses_previous: 5,
        expires_after_days: 0,
        change_after_reset: true,
        lock_after_failures: 5,
        failure_window_minutes: 15,
        lock_minutes: 15,
    }
}

/// The policy in force.
pub async fn current(connection: &impl ConnectionTrait) -> Result<Policy> {
    let stored = password_policy::Entity::find_by_id(1).one(connection).await?;
    Ok(stored.unwrap_or_else(default_policy))
}
