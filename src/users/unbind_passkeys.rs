//! Removes all passkeys of another user, by platform staff: for who has lost the devices, or whose devices were taken.

use super::find::governed_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{NotBound, UseOwnAccount};
use crate::base::id::{PasskeyId, UserId};
use crate::base::{Error, Result};
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::passkeys;
use crate::sessions::end_in::end_in;

/// Removes them; all sessions of the user end.
pub async fn unbind_passkeys(app: &App, viewer: &Viewer, id: UserId) -> Result<user::Model> {
    let grant = viewer.grant(Action::UserPasskeysUnbind)?;
    if id == grant.user.user_id {
        return Err(Error::user(
            UseOwnAccount,
            "userId",
            "Remove your own passkeys with the current password.",
        ));
    }
    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    let removed = passkeys::remove_all_in(&txn, id).await?;
    if removed.is_empty() {
        return Err(Error::user(NotBound, "userId", "The user has no passkey."));
    }
    end_in(&txn, id, None).await?;
    if let Some(to) = Recipient::of(&user) {
        let letters: Vec<_> = removed
            .iter()
            .map(|row| letter::passkey_removed(&to, &user.account, &row.name))
            .collect();
        app.send_all_in(&txn, &letters).await?;
    }
    let ids = removed
        .iter()
        .map(|row| Change::new("passkeyId", Some(row.id), None::<PasskeyId>));
    let names = removed
        .iter()
        .map(|row| Change::new("passkey", Some(&row.name), None::<&str>));
    let event = Event::done(Action::UserPasskeysUnbind)
        .on(&user)
        .changing(ids)
        .changing_personal(names);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(user)
}
