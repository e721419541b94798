//! Reads sessions that go on, and none that is out of the viewer's sight.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::{Action, SignedIn, Subject, Viewer};
use crate::app::App;
use crate::base::id::{SessionId, UserId};
use crate::base::{Error, Result};
use crate::entity::session;

/// Which sessions go on: the access token is dead long before the refresh token is.
fn alive(now: DateTime<Utc>) -> Condition {
    Condition::all().add(session::Column::RefreshExpiresAt.gt(now))
}

/// The session that the viewer's request came by.
pub async fn current(app: &App, user: &SignedIn) -> Result<session::Model> {
    let row = session::Entity::find_by_id(user.session_id)
        .one(app.database.reader())
        .await?;
    row.ok_or(Error::Unauthenticated)
}

/// The sessions of each of these users, the newest first; `limits::SESSIONS` at most.
pub async fn of_users(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    ids: &[UserId],
) -> Result<HashMap<UserId, Vec<session::Model>>> {
    let rows = session::Entity::find()
        .filter(session::Column::UserId.is_in(ids.iter().copied()))
        .filter(alive(now))
        .order_by_desc(session::Column::CreatedAt)
        .order_by_desc(session::Column::Id)
        .all(connection)
        .await?;
    let mut sessions: HashMap<UserId, Vec<session::Model>> = HashMap::new();
    for row in rows {
        sessions.entry(row.user_id).or_default().push(row);
    }
    Ok(sessions)
}

/// One session, when the viewer may see it: their own, and everybody's for platform staff.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    viewer: &Viewer,
    id: SessionId,
) -> Result<Option<session::Model>> {
    let row = session::Entity::find_by_id(id)
        .filter(alive(now))
        .one(connection)
        .await?;
    Ok(row.filter(|row| viewer.may(Action::UserSessions, Subject::User(row.user_id))))
}
