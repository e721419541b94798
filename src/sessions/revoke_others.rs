//! Ends all sessions of the viewer but the one that asks.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::end_in::end_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::{Error, Result};
use crate::entity::{session, user};

/// Ends the others, and the logins that wait for their next step; answers how many sessions ended.
pub async fn revoke_others(app: &App, viewer: &Viewer) -> Result<u64> {
    let grant = viewer.grant(Action::OtherSessionsRevoke)?;
    let id = grant.user.user_id;
    let txn = app.begin().await?;
    let user = user::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&txn)
        .await?
        .ok_or(Error::Unauthenticated)?;
    // Those that have expired already are swept out first: they are none that end now.
    session::Entity::delete_many()
        .filter(session::Column::UserId.eq(id))
        .filter(session::Column::RefreshExpiresAt.lte(app.now()))
        .exec(&txn)
        .await?;
    let ended = end_in(&txn, id, Some(grant.user.session_id)).await?;
    let change = Change::new("sessions", Some(ended + 1), Some(1));
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::OtherSessionsRevoke)
            .on(&user)
            .changing([change]),
    )
    .await?;
    app.commit(txn).await?;
    Ok(ended)
}
