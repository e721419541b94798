//! Ends a session: one of one's own, or another's by rank.

use sea_orm::{EntityTrait, QuerySelect};

use super::find;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::id::SessionId;
use crate::base::{Error, Result};
use crate::entity::{session, user};

/// Ends the session. It is over from the next request on, on every node: each request reads its row.
pub async fn revoke(app: &App, viewer: &Viewer, id: SessionId) -> Result<SessionId> {
    let grant = viewer.grant(Action::SessionRevoke)?;
    let txn = app.begin().await?;
    let session = find::by_id(&txn, app.now(), viewer, id)
        .await?
        .ok_or(Error::NotFound)?;
    // Locked, so that the rank which is asked is the one of now.
    let owner = user::Entity::find_by_id(session.user_id)
        .lock_exclusive()
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    grant.over(owner.id, owner.account_type)?;
    let ended = session::Entity::delete_by_id(id).exec(&txn).await?;
    if ended.rows_affected == 0 {
        // Another was faster.
        return Err(Error::NotFound);
    }
    let change = Change::new("sessionId", Some(id), None::<SessionId>);
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::SessionRevoke).on(&owner).changing([change]),
    )
    .await?;
    app.commit(txn).await?;
    Ok(id)
}
