//! Changes a refresh token for a new one, and a new access token.
//!
//! A token works once. Who brings an old one more than 10 seconds after it was used ends the session:
//! it has been stolen, by them or from them (RFC 9700, section 4.14.2). Within 10 seconds it is a client that
//! sent its request twice, and is refused; or another page of the same browser, which keeps one token for all of them, and
//! goes on.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::login::failure;
use super::open::{REFRESH_LIFE, Tokens, tokens};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::id::SessionId;
use crate::base::{Error, Result};
use crate::entity::audit_event::AuditOutcome;
use crate::entity::{session, user};
use crate::secret::token::RefreshToken;

/// How long after its use a token's second use is taken for a mistake.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// How a session goes on in a browser.
pub enum Refreshed {
    /// With the next tokens.
    Next(Tokens),
    /// With what another page of the same browser was given a moment ago, and an access token until it is there.
    Again {
        /// The access token.
        access_token: String,
        /// When it expires.
        expires_at: DateTime<Utc>,
    },
}

/// The use of a refresh token whose session goes on.
enum Used {
    /// Its first.
    First(Tokens),
    /// Another, at the same time.
    Again(SessionId, Box<user::Model>),
}

/// Goes on with a session.
pub async fn refresh(app: &App, viewer: &Viewer, refresh_token: &str) -> Result<Tokens> {
    match take(app, viewer, refresh_token).await? {
        Used::First(tokens) => Ok(tokens),
        Used::Again(_, user) => {
            let event = Event::not_done(Action::SessionRefresh, AuditOutcome::Refused).on(&*user);
            app.refuse(&viewer.as_nobody(), event).await?;
            Err(refused())
        }
    }
}

/// Goes on with the session of a browser, whose pages share one refresh token: those that refresh at once all go on. A
/// second use gives no refresh token, so that what somebody else has copied is found out all the same.
pub async fn refresh_shared(app: &App, viewer: &Viewer, refresh_token: &str) -> Result<Refreshed> {
    let (id, user) = match take(app, viewer, refresh_token).await? {
        Used::First(tokens) => return Ok(Refreshed::Next(tokens)),
        Used::Again(id, user) => (id, user),
    };
    let signing = &app.keys.signing;
    let (access_token, expires_at) = signing.sign(&app.public_url, user.id, id, app.now())?;
    let txn = app.begin().await?;
    let event = Event::done(Action::SessionRefresh).by(&user).on_id(id);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(Refreshed::Again {
        access_token,
        expires_at,
    })
}

fn refused() -> Error {
    failure("refreshToken")
}

/// Uses a refresh token.
async fn take(app: &App, viewer: &Viewer, refresh_token: &str) -> Result<Used> {
    let now = app.now();
    // Of a token that names nobody, or nobody any more.
    let nobodys = Event::not_done(Action::SessionRefresh, AuditOutcome::Refused);
    let Some(token) = RefreshToken::read(&app.keys, refresh_token) else {
        app.refuse(viewer, nobodys).await?;
        return Err(refused());
    };
    let txn = app.begin().await?;
    let rotated = session::Entity::update_many()
        // First: MySQL reads what the statement has already set.
        .col_expr(
            session::Column::PreviousRotatedAt,
            Expr::col(session::Column::RotatedAt),
        )
        .col_expr(session::Column::RotatedAt, Expr::value(now))
        .col_expr(session::Column::LastUsedAt, Expr::value(now))
        .col_expr(
            session::Column::Generation,
            Expr::col(session::Column::Generation).add(1),
        )
        .filter(session::Column::Id.eq(token.session_id))
        .filter(session::Column::Generation.eq(token.generation))
        .filter(session::Column::RefreshExpiresAt.gt(now))
        .filter(session::Column::ExpiresAt.gt(now))
        .exec(&txn)
        .await?;
    let row = session::Entity::find_by_id(token.session_id).one(&txn).await?;
    let user = match &row {
        Some(row) => user::Entity::find_by_id(row.user_id).one(&txn).await?,
        None => None,
    };
    let (Some(row), Some(user)) = (row, user) else {
        txn.rollback().await?;
        app.refuse(viewer, nobodys).await?;
        return Err(refused());
    };
    if rotated.rows_affected == 1 {
        let row = session::Model {
            refresh_expires_at: Ord::min(now + REFRESH_LIFE, row.expires_at),
            ..row
        };
        session::Entity::update_many()
            .col_expr(
                session::Column::RefreshExpiresAt,
                Expr::value(row.refresh_expires_at),
            )
            .filter(session::Column::Id.eq(row.id))
            .exec(&txn)
            .await?;
        let event = Event::done(Action::SessionRefresh).by(&user).on_id(row.id);
        app.record_in(&txn, viewer, event).await?;
        app.commit(txn).await?;
        return tokens(app, &row).map(Used::First);
    }
    // The first use of the token before the current one was the last rotation; of an older one, the
    // rotation before that or an earlier one.
    let age = row.generation - token.generation;
    let first_use = if age == 1 {
        Some(row.rotated_at)
    } else {
        row.previous_rotated_at
    };
    let stolen = age > 0 && first_use.is_some_and(|first| now - first > GRACE);
    if stolen {
        session::Entity::delete_by_id(row.id).exec(&txn).await?;
        let change = Change::new(
            "session",
            Some("open"),
            Some("ended: an old refresh token was used again"),
        );
        // By its owner, so that they find it in their own log.
        let event = Event::not_done(Action::SessionRefresh, AuditOutcome::Refused)
            .by(&user)
            .on(&user)
            .changing([change]);
        app.record_in(&txn, viewer, event).await?;
        app.commit(txn).await?;
        return Err(refused());
    }
    txn.rollback().await?;
    if age > 0 && row.refresh_expires_at > now && row.expires_at > now {
        return Ok(Used::Again(row.id, Box::new(user)));
    }
    let event = Event::not_done(Action::SessionRefresh, AuditOutcome::Refused).on(&user);
    app.refuse(&viewer.as_nobody(), event).await?;
    Err(refused())
}
