//! Gives a member another role.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::admins;
use crate::access::role::is_administrator;
use crate::base::Result;
use crate::entity::{membership, role, team};

/// Gives the member the role. The team is locked; its last active admin keeps theirs.
pub async fn change_role_in(
    txn: &impl ConnectionTrait,
    team: &team::Model,
    membership: &membership::Model,
    role: &role::Model,
    field: &str,
) -> Result<membership::Model> {
    if is_administrator(membership.role_id) && !is_administrator(role.id) {
        admins::spare_in(txn, std::slice::from_ref(team), membership.user_id, field).await?;
    }
    membership::Entity::update_many()
        .col_expr(membership::Column::RoleId, Expr::value(role.id))
        .col_expr(membership::Column::RoleScope, Expr::value(role.scope.clone()))
        .filter(membership::Column::Id.eq(membership.id))
        .exec(txn)
        .await?;
    Ok(membership::Model {
        role_id: role.id,
        role_scope: role.scope.clone(),
        ..membership.clone()
    })
}
