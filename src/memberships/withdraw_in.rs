//! Takes somebody out of a team.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::admins;
use super::void_codes_in::{Issuer, void_codes_in};
use crate::access::role::is_administrator;
use crate::app::App;
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::{membership, resource, team};

/// Ends the membership, with it the managing of resources, and the codes that its user issued for the team. The team is
/// locked; its last active admin stays.
pub async fn withdraw_in(
    txn: &impl ConnectionTrait,
    app: &App,
    team: &team::Model,
    membership: &membership::Model,
    field: &str,
) -> Result<()> {
    if is_administrator(membership.role_id) {
        admins::spare_in(txn, std::slice::from_ref(team), membership.user_id, field).await?;
    }
    // What they managed there has no manager from now on.
    resource::Entity::update_many()
        .col_expr(resource::Column::ManagerId, Expr::value(None::<UserId>))
        .filter(resource::Column::ManagerId.eq(membership.user_id))
        .filter(resource::Column::TeamId.eq(team.id))
        .exec(txn)
        .await?;
    membership::Entity::delete_by_id(membership.id).exec(txn).await?;
    void_codes_in(txn, app.now(), Issuer::InTeam(membership.user_id, team.id)).await
}
