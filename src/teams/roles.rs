//! The roles that a team can give: the preset ones of its type, and its own.

use std::collections::HashMap;

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};

use crate::access::{Viewer, role as table};
use crate::base::Result;
use crate::base::id::RoleId;
use crate::entity::membership;
use crate::entity::role::{self, RoleKind};
use crate::entity::team::{self, TeamType};

/// The scope of a preset role is its type (migration 3): one index finds both kinds.
fn of_team(team: &team::Model) -> Condition {
    Condition::all()
        .add(role::Column::Scope.is_in([team.scope.clone(), team.team_type.to_value()]))
        .add(role::Column::DeletedAt.is_null())
}

/// The team's own roles, less those that were deleted and only stand behind old invitations.
fn its_own(team: &team::Model) -> Condition {
    Condition::all()
        .add(role::Column::Scope.eq(&team.scope))
        .add(role::Column::DeletedAt.is_null())
}

/// How many roles of its own the team has.
pub async fn count_custom_in(txn: &impl ConnectionTrait, team: &team::Model) -> Result<u64> {
    Ok(role::Entity::find().filter(its_own(team)).count(txn).await?)
}

/// All roles of the team: the preset ones in the order of `domain.md`, then its own by age.
pub async fn all(connection: &impl ConnectionTrait, team: &team::Model) -> Result<Vec<role::Model>> {
    let rows = role::Entity::find()
        .filter(of_team(team))
        .order_by_asc(role::Column::Id)
        .all(connection)
        .await?;
    Ok(presets_first(rows))
}

/// The preset roles of a type.
pub async fn presets(connection: &impl ConnectionTrait, team_type: TeamType) -> Result<Vec<role::Model>> {
    let rows = role::Entity::find()
        .filter(role::Column::Scope.eq(team_type.to_value()))
        .all(connection)
        .await?;
    Ok(presets_first(rows))
}

fn presets_first(mut rows: Vec<role::Model>) -> Vec<role::Model> {
    let place = |row: &role::Model| table::PRESET_ROLES.iter().position(|preset| preset.id == row.id);
    rows.sort_by_key(|row| (place(row).unwrap_or(usize::MAX), row.created_at, row.id));
    rows
}

/// The role with this id, if the team can give it.
pub async fn of_team_in(
    txn: &impl ConnectionTrait,
    team: &team::Model,
    id: RoleId,
) -> Result<Option<role::Model>> {
    Ok(role::Entity::find_by_id(id)
        .filter(of_team(team))
        .one(txn)
        .await?)
}

/// Those of the roles that are in sight: the preset ones for everybody who is signed in, a team's own for
/// its members and platform staff; among them what is left of deleted ones, for the invitations that name them.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[RoleId],
) -> Result<HashMap<RoleId, role::Model>> {
    let Some(signed_in) = &viewer.signed_in else {
        return Ok(HashMap::new());
    };
    let mut reach = Condition::any().add(role::Column::Kind.eq(RoleKind::Preset));
    reach = if signed_in.is_staff() {
        reach.add(role::Column::Kind.eq(RoleKind::Custom))
    } else {
        reach.add(role::Column::TeamId.is_in(signed_in.seats.iter().map(|seat| seat.team_id)))
    };
    let rows = role::Entity::find()
        .filter(reach)
        .filter(role::Column::Id.is_in(ids.iter().copied()))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// How many members hold each of these roles; one that nobody holds is left out.
pub async fn count_holders(
    connection: &impl ConnectionTrait,
    ids: &[RoleId],
) -> Result<HashMap<RoleId, u64>> {
    let select = Query::select()
        .column(membership::Column::RoleId)
        .expr_as(Expr::col(Asterisk).count(), "holders")
        .from(membership::Entity)
        .and_where(membership::Column::RoleId.is_in(ids.iter().copied()))
        .group_by_col(membership::Column::RoleId)
        .take();
    let rows = connection.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let holders: i64 = row.try_get("", "holders")?;
            Ok((
                row.try_get("", "role_id")?,
                u64::try_from(holders).unwrap_or_default(),
            ))
        })
        .collect()
}
