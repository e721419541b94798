//! Takes somebody out of a team.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::admins;
use crate::access::role::is_administrator;
use crate::base::Result;
use crate::entity::{membership, team};

/// Ends the membership. The team is locked; its last active admin stays.
pub async fn withdraw_in(
    txn: &impl ConnectionTrait,
    team: &team::Model,
    membership: &membership::Model,
    field: &str,
) -> Result<()> {
    if is_administrator(membership.role_id) {
        admins::spare_in(txn, std::slice::from_ref(team), membership.user_id, field).await?;
    }
    membership::Entity::delete_by_id(membership.id).exec(txn).await?;
    Ok(())
}
