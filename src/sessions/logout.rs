//! Signs out.

use sea_orm::EntityTrait;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::base::id::SessionId;
use crate::entity::{session, user};
use crate::secret::token::RefreshToken;

/// Ends the session that the request came by. Who is not signed in already has what they want, unless their browser keeps
/// a refresh token: with it the session would go on.
pub async fn logout(app: &App, viewer: &Viewer, refresh_token: Option<&str>) -> Result<()> {
    let Some(user) = &viewer.signed_in else {
        return match refresh_token.and_then(|token| RefreshToken::read(&app.keys, token)) {
            Some(token) => end(app, viewer, token.session_id).await,
            None => Ok(()),
        };
    };
    let txn = app.begin().await?;
    session::Entity::delete_by_id(user.session_id).exec(&txn).await?;
    app.record_in(&txn, viewer, Event::done(Action::Logout).on_id(user.session_id))
        .await?;
    app.commit(txn).await
}

/// Ends the session of a refresh token, whatever its generation: an old one can do this, and nothing else.
async fn end(app: &App, viewer: &Viewer, id: SessionId) -> Result<()> {
    let txn = app.begin().await?;
    let row = session::Entity::find_by_id(id).one(&txn).await?;
    let user = match &row {
        Some(row) => user::Entity::find_by_id(row.user_id).one(&txn).await?,
        None => None,
    };
    let Some(user) = user else {
        return Ok(());
    };
    session::Entity::delete_by_id(id).exec(&txn).await?;
    app.record_in(&txn, viewer, Event::done(Action::Logout).by(&user).on_id(id))
        .await?;
    app.commit(txn).await
}
