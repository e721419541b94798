//! The rows that tell who asks: how they are asked for, and what they say.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{JoinType, QueryResult};
use uuid::Uuid;

use crate::access::viewer::team_is_active;
use crate::access::{Seat, SignedIn, role};
use crate::app::App;
use crate::base::id::{MembershipId, RoleId, SessionId, TeamId, UserId};
use crate::base::{Error, Result};
use crate::entity::lanes::Rows;
use crate::entity::role::RoleKind;
use crate::entity::team::TeamType;
use crate::entity::{membership, named, role as role_table, session, team, user};

/// Whom a token names, and by which session; whether that goes on is not said by it.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    /// The user.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
}

/// Reads the rows; none where the session has ended.
pub fn read(app: &App, Claims { user_id, session_id }: Claims, rows: &Rows) -> Result<Option<SignedIn>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let broken = || Error::internal("a row of the viewer's is not as it was asked for");
    let mut signed_in = SignedIn {
        user_id,
        account: rows.text(0, ACCOUNT)?.ok_or_else(broken)?.to_owned(),
        account_type: rows.text(0, ACCOUNT_TYPE)?.and_then(named).ok_or_else(broken)?,
        session_id,
        seats: Vec::with_capacity(rows.len()),
    };
    for row in 0..rows.len() {
        let Some(membership_id) = rows.uuid(row, MEMBERSHIP_ID)? else {
            continue;
        };
        signed_in.seats.push(seat(
            app.now(),
            SeatRow {
                membership_id: MembershipId(membership_id),
                team_id: TeamId(rows.uuid(row, TEAM_ID)?.ok_or_else(broken)?),
                team_type: rows.text(row, TEAM_TYPE)?.and_then(named).ok_or_else(broken)?,
                role_id: RoleId(rows.uuid(row, ROLE_ID)?.ok_or_else(broken)?),
                disabled_at: rows.time(row, DISABLED_AT)?,
                expires_at: rows.time(row, EXPIRES_AT)?,
                superapp_team_id: rows.uuid(row, SUPERAPP_TEAM_ID)?.map(TeamId),
                kind: rows.text(row, KIND)?.and_then(named).ok_or_else(broken)?,
                permissions: rows.text(row, PERMISSIONS)?,
            },
        ));
    }
    Ok(Some(signed_in))
}

/// The same of rows that the pool has found.
pub fn read_pooled(app: &App, claims: Claims, rows: &[QueryResult]) -> Result<Option<SignedIn>> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut signed_in = SignedIn {
        user_id: claims.user_id,
        account: first.try_get_by_index(ACCOUNT)?,
        account_type: first.try_get_by_index(ACCOUNT_TYPE)?,
        session_id: claims.session_id,
        seats: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        let Some(membership_id) = row.try_get_by_index(MEMBERSHIP_ID)? else {
            continue;
        };
        let permissions: Option<String> = row.try_get_by_index(PERMISSIONS)?;
        signed_in.seats.push(seat(
            app.now(),
            SeatRow {
                membership_id,
                team_id: row.try_get_by_index(TEAM_ID)?,
                team_type: row.try_get_by_index(TEAM_TYPE)?,
                role_id: row.try_get_by_index(ROLE_ID)?,
                disabled_at: row.try_get_by_index(DISABLED_AT)?,
                expires_at: row.try_get_by_index(EXPIRES_AT)?,
                superapp_team_id: row.try_get_by_index(SUPERAPP_TEAM_ID)?,
                kind: row.try_get_by_index(KIND)?,
                permissions: permissions.as_deref(),
            },
        ));
    }
    Ok(Some(signed_in))
}

/// The places of the statement's columns.
const ACCOUNT: usize = 0;
const ACCOUNT_TYPE: usize = 1;
const MEMBERSHIP_ID: usize = 2;
const TEAM_ID: usize = 3;
const TEAM_TYPE: usize = 4;
const ROLE_ID: usize = 5;
const DISABLED_AT: usize = 6;
const EXPIRES_AT: usize = 7;
const SUPERAPP_TEAM_ID: usize = 8;
const KIND: usize = 9;
const PERMISSIONS: usize = 10;

/// A column: the table, `user`, `membership`, `team` or `role`, and its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(pub &'static str, pub &'static str);

/// What stands in these places. A membership's ids of team and role are theirs.
pub const SELECTED: [Column; 11] = [
    Column("user", "account"),
    Column("user", "account_type"),
    Column("membership", "id"),
    Column("team", "id"),
    Column("membership", "team_type"),
    Column("role", "id"),
    Column("team", "disabled_at"),
    Column("team", "expires_at"),
    Column("team", "superapp_team_id"),
    Column("role", "kind"),
    Column("role", "permissions"),
];

/// The statement's text is the same for everybody; its values are given each time, in this order: session, user, now.
pub fn any_statement() -> SelectStatement {
    let any = Claims {
        user_id: UserId(Uuid::nil()),
        session_id: SessionId(Uuid::nil()),
    };
    statement(any, DateTime::UNIX_EPOCH)
}

pub fn statement(claims: Claims, now: DateTime<Utc>) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            (user::Entity, user::Column::Account),
            (user::Entity, user::Column::AccountType),
        ])
        .expr_as(
            Expr::col((membership::Entity, membership::Column::Id)),
            "membership_id",
        )
        .columns([
            (membership::Entity, membership::Column::TeamId),
            (membership::Entity, membership::Column::TeamType),
        ])
        .column((membership::Entity, membership::Column::RoleId))
        .columns([
            (team::Entity, team::Column::DisabledAt),
            (team::Entity, team::Column::ExpiresAt),
        ])
        .column((team::Entity, team::Column::SuperappTeamId))
        .columns([
            (role_table::Entity, role_table::Column::Kind),
            (role_table::Entity, role_table::Column::Permissions),
        ])
        .from(session::Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).equals((session::Entity, session::Column::UserId)),
        )
        .join(
            JoinType::LeftJoin,
            membership::Entity,
            Expr::col((membership::Entity, membership::Column::UserId))
                .equals((user::Entity, user::Column::Id)),
        )
        .join(
            JoinType::LeftJoin,
            team::Entity,
            Expr::col((team::Entity, team::Column::Id))
                .equals((membership::Entity, membership::Column::TeamId)),
        )
        .join(
            JoinType::LeftJoin,
            role_table::Entity,
            Expr::col((role_table::Entity, role_table::Column::Id))
                .equals((membership::Entity, membership::Column::RoleId)),
        )
        .and_where(Expr::col((session::Entity, session::Column::Id)).eq(claims.session_id))
        .and_where(Expr::col((session::Entity, session::Column::UserId)).eq(claims.user_id))
        .and_where(Expr::col((session::Entity, session::Column::ExpiresAt)).gt(now))
        .and_where(Expr::col((user::Entity, user::Column::DisabledAt)).is_null());
    select
}

/// A row of the statement that has a membership.
#[derive(Clone, Copy)]
struct SeatRow<'r> {
    membership_id: MembershipId,
    team_id: TeamId,
    team_type: TeamType,
    role_id: RoleId,
    disabled_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    superapp_team_id: Option<TeamId>,
    kind: RoleKind,
    permissions: Option<&'r str>,
}

fn seat(now: DateTime<Utc>, row: SeatRow<'_>) -> Seat {
    let active = team_is_active(row.disabled_at, row.expires_at, now);
    let permissions = role::permissions_of(row.role_id, row.kind, row.permissions);
    Seat {
        membership_id: row.membership_id,
        team_id: row.team_id,
        team_type: row.team_type,
        superapp_team_id: row.superapp_team_id,
        role_id: row.role_id,
        team_is_active: active,
        is_administrator: role::is_administrator(row.role_id),
        permissions: role::while_active(active, permissions),
    }
}
