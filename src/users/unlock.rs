//! Lifts the lock of an account, by platform staff.

use super::find::{Status, governed_in, status};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::user;
use crate::passwords::{attempt, policy};

/// Lifts the lock and forgets the failures that led to it, or would have soon. Of an account that is not locked, too:
/// then the count alone begins anew.
pub async fn unlock(app: &App, viewer: &Viewer, id: UserId) -> Result<user::Model> {
    let grant = viewer.grant(Action::UserUnlock)?;
    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    let policy = policy::current(&txn).await?;
    attempt::forget_in(&txn, app, &policy, id).await?;
    let event = Event::done(Action::UserUnlock).on(&user);
    let event = match status(&user, app.now()) {
        Status::Locked => event.changing([Change::new("status", Some("LOCKED"), Some("ACTIVE"))]),
        Status::Active | Status::Disabled => event,
    };
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(user::Model {
        locked_until: None,
        ..user
    })
}
