//! Switches another user's dynamic codes off, by platform staff: for who has lost the device and the recovery codes.

use super::find::governed_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{NotBound, UseOwnAccount};
use crate::base::id::UserId;
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::sessions::end_in::end_in;
use crate::totp;

/// Switches them off; all sessions of the user end.
pub async fn unbind_totp(app: &App, viewer: &Viewer, id: UserId) -> Result<user::Model> {
    let grant = viewer.grant(Action::UserTotpUnbind)?;
    if id == grant.user.user_id {
        return Err(Error::user(
            UseOwnAccount,
            "userId",
            "Switch your own dynamic codes off with the current password.",
        ));
    }
    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    let change = unbind_in(&txn, app, &user, "userId").await?;
    end_in(&txn, id, None).await?;
    let event = Event::done(Action::UserTotpUnbind).on(&user).changing([change]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(user)
}

/// Takes the second factor of a user whose row is locked, and tells them.
pub async fn unbind_in(txn: &Transaction, app: &App, user: &user::Model, field: &str) -> Result<Change> {
    if !totp::remove_in(txn, user.id).await? {
        return Err(Error::user(NotBound, field, "Dynamic codes are not on."));
    }
    if let Some(to) = Recipient::of(user) {
        app.send_in(txn, &letter::totp_unbound(&to, &user.account))
            .await?;
    }
    Ok(Change::new("totpEnabled", Some(true), Some(false)))
}
