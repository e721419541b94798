//! Tells which of many sessions go on.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, JoinType};

use crate::base::Result;
use crate::base::id::SessionId;
use crate::entity::{session, user};

/// Those of the sessions that go on, for connections that outlive the access token they began with. It is the rule of
/// each request (`identify`), and one more: what can be refreshed no more is over.
pub async fn living(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    ids: &[SessionId],
) -> Result<HashSet<SessionId>> {
    let column = |column| Expr::col((session::Entity, column));
    let select = Query::select()
        .column((session::Entity, session::Column::Id))
        .from(session::Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).equals((session::Entity, session::Column::UserId)),
        )
        .and_where(column(session::Column::Id).is_in(ids.iter().copied()))
        .and_where(column(session::Column::ExpiresAt).gt(now))
        .and_where(column(session::Column::RefreshExpiresAt).gt(now))
        .and_where(Expr::col((user::Entity, user::Column::DisabledAt)).is_null())
        .take();
    let rows = connection.query_all(&select).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}
