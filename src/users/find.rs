//! Reads users, and nobody that is out of the viewer's sight.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::{Grant, Viewer, role};
use crate::base::id::{TeamId, UserId};
use crate::base::{Error, Result};
use crate::entity::team::TeamType;
use crate::entity::{membership, team, user};
use crate::memberships;

/// What a user's status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// May log in.
    Active,
    /// Was disabled by staff.
    Disabled,
    /// Is locked for a while, after too many wrong passwords.
    Locked,
}

impl Status {
    /// The name, as the schema has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Locked => "LOCKED",
        }
    }
}

/// The status of a user, worked out from the row.
#[must_use]
pub fn status(user: &user::Model, now: DateTime<Utc>) -> Status {
    status_of(user.disabled_at, user.locked_until, now)
}

/// The status of a user, worked out from the two columns that tell it.
#[must_use]
pub fn status_of(
    disabled_at: Option<DateTime<Utc>>,
    locked_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Status {
    if disabled_at.is_some() {
        Status::Disabled
    } else if locked_until.is_some_and(|until| now < until) {
        Status::Locked
    } else {
        Status::Active
    }
}

/// Who is in sight: everybody for platform staff; for the others themselves, the members of their
/// teams, and the admins of the teams that are bound to a team that they are an admin of.
#[must_use]
pub fn in_reach(viewer: &Viewer) -> Condition {
    let Some(signed_in) = &viewer.signed_in else {
        return Condition::all().add(Expr::value(false));
    };
    if signed_in.is_staff() {
        return Condition::all();
    }
    let mut any = Condition::any().add(user::Column::Id.eq(signed_in.user_id));
    if !signed_in.seats.is_empty() {
        let own_teams = signed_in.seats.iter().map(|seat| seat.team_id);
        any = any.add(
            user::Column::Id.in_subquery(
                Query::select()
                    .column(membership::Column::UserId)
                    .from(membership::Entity)
                    .and_where(membership::Column::TeamId.is_in(own_teams))
                    .take(),
            ),
        );
    }
    let administered: Vec<TeamId> = signed_in
        .seats
        .iter()
        .filter(|seat| seat.is_administrator && seat.team_is_active && seat.team_type == TeamType::Superapp)
        .map(|seat| seat.team_id)
        .collect();
    if !administered.is_empty() {
        let bound = Query::select()
            .column(team::Column::Id)
            .from(team::Entity)
            .and_where(team::Column::SuperappTeamId.is_in(administered))
            .take();
        any = any.add(
            user::Column::Id.in_subquery(
                Query::select()
                    .column(membership::Column::UserId)
                    .from(membership::Entity)
                    .and_where(membership::Column::RoleId.eq(role::administrator(TeamType::MiniProgram).id))
                    .and_where(membership::Column::TeamId.in_subquery(bound))
                    .take(),
            ),
        );
    }
    Condition::all().add(any)
}

/// Those of the users that are in sight.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[UserId],
) -> Result<HashMap<UserId, user::Model>> {
    let rows = user::Entity::find()
        .filter(in_reach(viewer))
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Locks the user that a verb of platform staff is about, and asks the grant whether it reaches there.
pub async fn governed_in(txn: &impl ConnectionTrait, grant: &Grant<'_>, id: UserId) -> Result<user::Model> {
    let user = memberships::lock::users_in(txn, &[id])
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    grant.over(user.id, user.account_type)?;
    Ok(user)
}
