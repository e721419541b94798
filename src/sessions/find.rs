//! Reads sessions.

use sea_orm::EntityTrait;

use crate::access::SignedIn;
use crate::app::App;
use crate::base::{Error, Result};
use crate::entity::session;

/// The session that the viewer's request came by.
pub async fn current(app: &App, user: &SignedIn) -> Result<session::Model> {
    let row = session::Entity::find_by_id(user.session_id)
        .one(app.database.reader())
        .await?;
    row.ok_or(Error::Unauthenticated)
}
