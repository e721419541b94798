//! Reads teams, and none that is out of the viewer's sight.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Order, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter};

use crate::access::Viewer;
use crate::access::viewer::team_is_active;
use crate::base::Result;
use crate::base::id::TeamId;
use crate::entity::select::columns;
use crate::entity::{membership, team, user};
use crate::memberships::admins::administrators;

/// What a team's status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It gives permissions and takes writes.
    Active,
    /// It was disabled by staff.
    Disabled,
    /// Its time is over.
    Expired,
}

impl Status {
    /// The name, as the schema has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// The status of a team, worked out from the row.
#[must_use]
pub fn status(team: &team::Model, now: DateTime<Utc>) -> Status {
    status_of(team.disabled_at, team.expires_at, now)
}

/// The status of a team, worked out from the two columns that tell it.
#[must_use]
pub fn status_of(
    disabled_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Status {
    if disabled_at.is_some() {
        Status::Disabled
    } else if team_is_active(disabled_at, expires_at, now) {
        Status::Active
    } else {
        Status::Expired
    }
}

/// How much of a team somebody sees (`domain.md`, "Teams").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Nothing.
    None,
    /// Id, name, type and status: a mini program team's members, of its superapp team.
    Brief,
    /// Also admins, member count, created and expiry: a superapp team's admins, of a bound team.
    Bound,
    /// Everything that the guards of the fields let through: members and platform staff.
    Full,
}

/// How much of this team the viewer sees.
#[must_use]
pub fn sight(viewer: &Viewer, team: &team::Model) -> Sight {
    let Some(signed_in) = &viewer.signed_in else {
        return Sight::None;
    };
    if signed_in.is_staff() || signed_in.seat(team.id).is_some() {
        return Sight::Full;
    }
    let administers = |id: TeamId| {
        signed_in
            .seat(id)
            .is_some_and(|seat| seat.is_administrator && seat.team_is_active)
    };
    if team.superapp_team_id.is_some_and(administers) {
        Sight::Bound
    } else if signed_in
        .seats
        .iter()
        .any(|seat| seat.superapp_team_id == Some(team.id))
    {
        Sight::Brief
    } else {
        Sight::None
    }
}

/// Which teams are in sight at all.
#[must_use]
pub fn in_reach(viewer: &Viewer) -> Condition {
    let Some(signed_in) = &viewer.signed_in else {
        return Condition::all().add(Expr::value(false));
    };
    if signed_in.is_staff() {
        return Condition::all();
    }
    let seats = &signed_in.seats;
    let named = seats
        .iter()
        .map(|seat| seat.team_id)
        .chain(seats.iter().filter_map(|seat| seat.superapp_team_id));
    let administered = seats
        .iter()
        .filter(|seat| seat.is_administrator && seat.team_is_active)
        .map(|seat| seat.team_id);
    Condition::any()
        .add(team::Column::Id.is_in(named.collect::<Vec<_>>()))
        .add(team::Column::SuperappTeamId.is_in(administered.collect::<Vec<_>>()))
}

/// Those of the teams that are in sight.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[TeamId],
) -> Result<HashMap<TeamId, team::Model>> {
    let rows = team::Entity::find()
        .filter(in_reach(viewer))
        .filter(team::Column::Id.is_in(ids.iter().copied()))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The admins of each of these teams, the longest there first.
pub async fn admins(
    connection: &impl ConnectionTrait,
    ids: &[TeamId],
) -> Result<HashMap<TeamId, Vec<user::Model>>> {
    let mut select = Query::select();
    select.column(("membership", membership::Column::TeamId));
    columns::<user::Entity>(&mut select, "user", "u_");
    select
        .from(membership::Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col(("user", user::Column::Id)).equals(("membership", membership::Column::UserId)),
        )
        .and_where(membership::Column::TeamId.is_in(ids.iter().copied()))
        .and_where(membership::Column::RoleId.is_in(administrators()))
        .order_by(("membership", membership::Column::JoinedAt), Order::Asc)
        .order_by(("membership", membership::Column::Id), Order::Asc);
    let mut admins: HashMap<TeamId, Vec<user::Model>> = HashMap::new();
    for row in connection.query_all(&select).await? {
        let team_id: TeamId = row.try_get("", "team_id")?;
        admins
            .entry(team_id)
            .or_default()
            .push(user::Model::from_query_result(&row, "u_")?);
    }
    Ok(admins)
}

/// How many members each of these teams has.
pub async fn member_counts(
    connection: &impl ConnectionTrait,
    ids: &[TeamId],
) -> Result<HashMap<TeamId, u64>> {
    let select = Query::select()
        .column(membership::Column::TeamId)
        .expr_as(Expr::col(Asterisk).count(), "members")
        .from(membership::Entity)
        .and_where(membership::Column::TeamId.is_in(ids.iter().copied()))
        .group_by_col(membership::Column::TeamId)
        .take();
    let rows = connection.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let members: i64 = row.try_get("", "members")?;
            Ok((
                row.try_get("", "team_id")?,
                u64::try_from(members).unwrap_or_default(),
            ))
        })
        .collect()
}
