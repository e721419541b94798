//! Switches one's own dynamic codes off: with the current password, and a code.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::error::UserErrorCode::{InvalidCode, NotBound, Required};
use crate::base::{Error, Result};
use crate::entity::user;
use crate::memberships::lock;
use crate::passwords::attempt;
use crate::sessions::end_in::end_in;
use crate::totp::{self, Given, Spent};
use crate::users::unbind_totp::unbind_in;

/// Switches them off; all other sessions end.
pub async fn disable_totp(
    app: &App,
    viewer: &Viewer,
    password: &str,
    given: Option<Given<'_>>,
) -> Result<user::Model> {
    let grant = viewer.grant(Action::TotpDisable)?;
    let (id, session_id) = (grant.user.user_id, grant.user.session_id);
    let given =
        given.ok_or_else(|| Error::user(Required, "code", "A dynamic code or a recovery code is needed."))?;
    let reader = app.database.reader();
    // Before the password, of which no try is spent on what is never done.
    if !totp::is_on_in(reader, id).await? {
        return Err(Error::user(NotBound, "", "Dynamic codes are not on."));
    }
    let attempt = attempt::current(app, viewer, "password", password).await?;

    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    if totp::spend_in(&txn, app, id, given).await? == Spent::Nothing {
        return Err(Error::user(
            InvalidCode,
            given.field("code"),
            "The code is not right.",
        ));
    }
    attempt.forget_in(&txn, app).await?;
    let change = unbind_in(&txn, app, &user, "").await?;
    end_in(&txn, id, Some(session_id)).await?;
    let event = Event::done(Action::TotpDisable).on(&user).changing([change]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(user)
}
