//! Signs out.

use sea_orm::EntityTrait;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::entity::session;

/// Ends the session that the request came by. Who is not signed in already has what they want.
pub async fn logout(app: &App, viewer: &Viewer) -> Result<()> {
    let Some(user) = &viewer.signed_in else {
        return Ok(());
    };
    let txn = app.begin().await?;
    session::Entity::delete_by_id(user.session_id).exec(&txn).await?;
    app.record_in(&txn, viewer, Event::done(Action::Logout).on_id(user.session_id))
        .await?;
    app.commit(txn).await
}
