//! Removes one's own passkey, with the current password.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::id::PasskeyId;
use crate::base::{Error, Result};
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::passkeys;
use crate::passwords::attempt;
use crate::sessions::end_in::end_in;

/// Removes it; all other sessions end, as the device that has it may be in other hands.
pub async fn remove_passkey(
    app: &App,
    viewer: &Viewer,
    id: PasskeyId,
    password: &str,
) -> Result<user::Model> {
    let grant = viewer.grant(Action::PasskeyRemove)?;
    let (user_id, session_id) = (grant.user.user_id, grant.user.session_id);
    // Before the password, of which no try is spent on what is never done.
    passkeys::own_in(app.database.reader(), user_id, id).await?;
    attempt::check_current(app, viewer, "password", password).await?;

    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[user_id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let row = passkeys::own_in(&txn, user.id, id).await?;
    passkeys::remove_in(&txn, id).await?;
    end_in(&txn, user.id, Some(session_id)).await?;
    if let Some(to) = Recipient::of(&user) {
        app.send_in(&txn, &letter::passkey_removed(&to, &user.account, &row.name))
            .await?;
    }
    let event = Event::done(Action::PasskeyRemove)
        .on(&user)
        .changing([Change::new("passkeyId", Some(id), None::<PasskeyId>)])
        .changing_personal([Change::new("passkey", Some(&row.name), None::<&str>)]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(user)
}
