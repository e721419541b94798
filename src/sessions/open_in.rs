//! Opens a session.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

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

/// Opens a session for the user. Past the most that a user can have, the one used longest ago ends.
pub async fn open_in(
    txn: &impl ConnectionTrait,
    app: &App,
    origin: &Origin,
    user_id: UserId,
) -> Result<(session::Model, Tokens)> {
    make_room_in(txn, user_id).await?;
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
    let active = session::ActiveModel {
        id: Set(row.id),
        user_id: Set(row.user_id),
        generation: Set(row.generation),
        rotated_at: Set(row.rotated_at),
        previous_rotated_at: Set(row.previous_rotated_at),
        refresh_expires_at: Set(row.refresh_expires_at),
        expires_at: Set(row.expires_at),
        created_at: Set(row.created_at),
        last_used_at: Set(row.last_used_at),
        address: Set(row.address.clone()),
        user_agent: Set(row.user_agent.clone()),
    };
    session::Entity::insert(active)
        .exec_without_returning(txn)
        .await?;
    let tokens = tokens(app, &row)?;
    Ok((row, tokens))
}

async fn make_room_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<()> {
    let surplus = session::Entity::find()
        .filter(session::Column::UserId.eq(user_id))
        .order_by_desc(session::Column::LastUsedAt)
        .order_by_desc(session::Column::Id)
        .offset(limits::SESSIONS - 1)
        .limit(limits::SESSIONS)
        .all(txn)
        .await?;
    if !surplus.is_empty() {
        let ids = surplus.into_iter().map(|row| row.id);
        session::Entity::delete_many()
            .filter(session::Column::Id.is_in(ids))
            .exec(txn)
            .await?;
    }
    Ok(())
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
