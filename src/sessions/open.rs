//! Opens a session.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Alias, DeleteStatement, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::access::Origin;
use crate::app::App;
use crate::base::Result;
use crate::base::id::{Id, SessionId, UserId};
use crate::entity::session;
use crate::limits;
use crate::secret::token::RefreshToken;

/// How long a session can go on at all (`domain.md`, "Login").
pub const LONGEST: TimeDelta = TimeDelta::days(30);
/// How long a refresh token holds.
pub const REFRESH_LIFE: TimeDelta = TimeDelta::days(7);

/// What a client keeps of a session.
#[derive(Clone)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// The refresh token.
    pub refresh_token: String,
    /// When it expires.
    pub refresh_expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// A new session of the user, to be written, and its tokens.
pub fn open(app: &App, origin: &Origin, user_id: UserId) -> Result<(session::Model, Tokens)> {
    let now = app.now();
    let row = session::Model {
        id: SessionId::new(now),
        user_id,
        generation: 0,
        rotated_at: now,
        previous_rotated_at: None,
        refresh_expires_at: now + REFRESH_LIFE,
        expires_at: now + LONGEST,
        created_at: now,
        last_used_at: now,
        address: origin.address.clone(),
        user_agent: origin.user_agent.clone(),
    };
    let tokens = tokens(app, &row)?;
    Ok((row, tokens))
}

/// What makes room for one more session of the user: of those that they have, the ones used longest ago end.
pub(super) fn making_room(user_id: UserId) -> DeleteStatement {
    let surplus = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::UserId.eq(user_id))
        .order_by_desc(session::Column::LastUsedAt)
        .order_by_desc(session::Column::Id)
        .offset(limits::SESSIONS - 1)
        .limit(limits::SESSIONS)
        .into_query();
    // In a table of its own: MySQL deletes from none that it reads, and takes no limit in a condition.
    let surplus = Query::select()
        .column(session::Column::Id)
        .from_subquery(surplus, Alias::new("surplus"))
        .take();
    session::Entity::delete_many()
        .filter(session::Column::Id.in_subquery(surplus))
        .into_query()
}

/// The tokens of a session as it stands.
pub(super) fn tokens(app: &App, row: &session::Model) -> Result<Tokens> {
    let (access_token, expires_at) =
        app.keys
            .signing
            .sign(&app.public_url, row.user_id, row.id, app.now())?;
    let refresh = RefreshToken {
        session_id: row.id,
        generation: row.generation,
    };
    Ok(Tokens {
        access_token,
        expires_at,
        refresh_token: refresh.print(&app.keys),
        refresh_expires_at: row.refresh_expires_at,
    })
}
