//! Revokes the codes of an issuer who may no longer issue them (`domain.md`, "Invitations"), in the transaction
//! that takes the right away: whoever gets it back issues new ones. `redeem_in` asks the same at the moment of use.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::base::Result;
use crate::base::id::{RoleId, TeamId, UserId};
use crate::entity::{invitation, membership};

/// Whose codes.
#[derive(Clone, Copy, Debug)]
pub enum Issuer {
    /// All that the user issued: the user is disabled, or goes.
    Everywhere(UserId),
    /// Those for this team that the user issued: the user leaves, or gets a role without the permission.
    InTeam(UserId, TeamId),
    /// Those for this team that the holders of its role issued: the role loses the permission.
    Holding(RoleId, TeamId),
}

/// Revokes them. Those that have expired stay what they are.
pub async fn void_codes_in(txn: &impl ConnectionTrait, now: DateTime<Utc>, issuer: Issuer) -> Result<()> {
    invitation::Entity::update_many()
        .col_expr(invitation::Column::RevokedAt, Expr::value(Some(now)))
        .col_expr(invitation::Column::CodeHash, Expr::value(None::<String>))
        .filter(issued_by(issuer))
        .filter(invitation::Column::CodeHash.is_not_null())
        .filter(invitation::Column::ExpiresAt.gt(now))
        .exec(txn)
        .await?;
    Ok(())
}

fn issued_by(issuer: Issuer) -> Condition {
    let of_team = |team_id: TeamId| Condition::all().add(invitation::Column::TeamId.eq(team_id));
    match issuer {
        Issuer::Everywhere(user_id) => Condition::all().add(invitation::Column::CreatedBy.eq(user_id)),
        Issuer::InTeam(user_id, team_id) => of_team(team_id).add(invitation::Column::CreatedBy.eq(user_id)),
        Issuer::Holding(role_id, team_id) => of_team(team_id).add(
            invitation::Column::CreatedBy.in_subquery(
                Query::select()
                    .column(membership::Column::UserId)
                    .from(membership::Entity)
                    .and_where(membership::Column::TeamId.eq(team_id))
                    .and_where(membership::Column::RoleId.eq(role_id))
                    .take(),
            ),
        ),
    }
}
