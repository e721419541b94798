//! Takes the bound email from one's own account, with the current password.

use sea_orm::EntityTrait;

use crate::access::viewer_actions::keeps_an_email;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::error::UserErrorCode::Required;
use crate::base::{Error, Result};
use crate::entity::user;
use crate::memberships::lock;
use crate::passwords::attempt;
use crate::users::unbind_email::unbind_in;

/// Unbinds the email; who registered with one keeps one.
pub async fn unbind_email(app: &App, viewer: &Viewer, password: &str) -> Result<user::Model> {
    let grant = viewer.grant(Action::EmailUnbind)?;
    let id = grant.user.user_id;
    let known = user::Entity::find_by_id(id)
        .one(app.database.reader())
        .await?
        .ok_or(Error::Unauthenticated)?;
    // Before the password, of which no try is spent on what is never done.
    if keeps_an_email(&known) {
        return Err(Error::user(
            Required,
            "",
            "An account that was registered with an address keeps one: bind another instead.",
        ));
    }
    attempt::check_current(app, viewer, "password", password).await?;

    let txn = app.begin().await?;
    let mut user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    let event = Event::done(Action::EmailUnbind).on(&user);
    let change = unbind_in(&txn, app, &mut user, "").await?;
    app.record_in(&txn, viewer, event.changing_personal([change]))
        .await?;
    app.commit(txn).await?;
    Ok(user)
}
