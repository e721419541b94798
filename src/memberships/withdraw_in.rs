//! Takes somebody out of a team.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::admins;
use super::void_codes_in::{Issuer, void_codes_in};
use crate::app::App;
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::{membership, resource, team};

/// Ends the membership, with it the managing of resources, and the codes that its user issued for the team. The team is
/// locked; its last active admin stays, or what `ruled` makes of that rule's word: a preview notes it and goes on.
pub async fn withdraw_in(
    txn: &impl ConnectionTrait,
    app: &App,
    team: &team::Model,
    membership: &membership::Model,
    field: &str,
    ruled: impl FnOnce(Result<()>) -> Result<()>,
) -> Result<()> {
    ruled(admins::spare_seat_in(txn, team, membership, field).await)?;
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
