//! Gives a member another role.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::admins;
use super::void_codes_in::{Issuer, void_codes_in};
use crate::access::Permission;
use crate::access::role::{is_administrator, permissions};
use crate::app::App;
use crate::base::Result;
use crate::entity::{membership, role, team};

/// Gives the member the role; without the permission to issue codes, those that the member issued end. The team is
/// locked; its last active admin keeps theirs, or what `ruled` makes of that rule's word: a preview notes it and goes on.
pub async fn change_role_in(
    txn: &impl ConnectionTrait,
    app: &App,
    team: &team::Model,
    membership: &membership::Model,
    role: &role::Model,
    field: &str,
    ruled: impl FnOnce(Result<()>) -> Result<()>,
) -> Result<membership::Model> {
    if !is_administrator(role.id) {
        ruled(admins::spare_seat_in(txn, team, membership, field).await)?;
    }
    membership::Entity::update_many()
        .col_expr(membership::Column::RoleId, Expr::value(role.id))
        .col_expr(membership::Column::RoleScope, Expr::value(role.scope.clone()))
        .filter(membership::Column::Id.eq(membership.id))
        .exec(txn)
        .await?;
    if !permissions(role).contains(Permission::TeamMemberManagement) {
        void_codes_in(txn, app.now(), Issuer::InTeam(membership.user_id, team.id)).await?;
    }
    Ok(membership::Model {
        role_id: role.id,
        role_scope: role.scope.clone(),
        ..membership.clone()
    })
}
