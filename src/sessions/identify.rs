//! Tells who asks: session, user, teams and permissions in one statement, on every request.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, JoinType, QueryResult};

use crate::access::viewer::team_is_active;
use crate::access::{Origin, Seat, SignedIn, Viewer, role};
use crate::app::App;
use crate::base::id::{RoleId, SessionId, UserId};
use crate::base::{Error, Result};
use crate::entity::role::RoleKind;
use crate::entity::{membership, role as role_table, session, team, user};

/// The viewer of a request. Without a token it is nobody; with one that is wrong, expired or revoked
/// it is an error, as its client believes to be somebody.
pub async fn identify(app: &App, origin: Origin, access_token: Option<&str>) -> Result<Viewer> {
    let Some(token) = access_token else {
        return Ok(Viewer {
            signed_in: None,
            origin,
        });
    };
    let (user_id, session_id) = app
        .keys
        .signing
        .verify(token, app.now())
        .ok_or(Error::Unauthenticated)?;
    known(app, origin, user_id, session_id).await
}

/// The same viewer with the teams and permissions of now, after a mutation of their own changed them.
pub async fn identify_again(app: &App, viewer: &Viewer) -> Result<Viewer> {
    let user = viewer.user()?;
    known(app, viewer.origin.clone(), user.user_id, user.session_id).await
}

async fn known(app: &App, origin: Origin, user_id: UserId, session_id: SessionId) -> Result<Viewer> {
    let rows = app
        .database
        .reader()
        .query_all(&statement(app, user_id, session_id))
        .await?;
    let first = rows.first().ok_or(Error::Unauthenticated)?;
    let mut signed_in = SignedIn {
        user_id,
        account: first.try_get("", "account")?,
        account_type: first.try_get("", "account_type")?,
        session_id,
        seats: Vec::with_capacity(rows.len()),
    };
    for row in &rows {
        signed_in.seats.extend(seat(app, row)?);
    }
    Ok(Viewer {
        signed_in: Some(signed_in),
        origin,
    })
}

fn statement(app: &App, user_id: UserId, session_id: SessionId) -> SelectStatement {
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
        .and_where(Expr::col((session::Entity, session::Column::Id)).eq(session_id))
        .and_where(Expr::col((session::Entity, session::Column::UserId)).eq(user_id))
        .and_where(Expr::col((session::Entity, session::Column::ExpiresAt)).gt(app.now()))
        .and_where(Expr::col((user::Entity, user::Column::DisabledAt)).is_null());
    select
}

fn seat(app: &App, row: &QueryResult) -> Result<Option<Seat>> {
    let Some(membership_id) = row.try_get("", "membership_id")? else {
        return Ok(None);
    };
    let role_id: RoleId = row.try_get("", "role_id")?;
    let kind: RoleKind = row.try_get("", "kind")?;
    let stored: Option<String> = row.try_get("", "permissions")?;
    let active = team_is_active(
        row.try_get("", "disabled_at")?,
        row.try_get("", "expires_at")?,
        app.now(),
    );
    let permissions = role::while_active(active, role::permissions_of(role_id, kind, stored.as_deref()));
    Ok(Some(Seat {
        membership_id,
        team_id: row.try_get("", "team_id")?,
        team_type: row.try_get("", "team_type")?,
        superapp_team_id: row.try_get("", "superapp_team_id")?,
        role_id,
        team_is_active: active,
        is_administrator: role::is_administrator(role_id),
        permissions,
    }))
}
