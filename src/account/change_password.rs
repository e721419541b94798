//! Changes one's own password, with the current one; all other sessions end.

use sea_orm::EntityTrait;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::{Error, Result};
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::passwords::hash_anew::hash_anew;
use crate::passwords::{attempt, check, policy, set_in};
use crate::sessions::end_in::end_in;

/// Changes the password.
pub async fn change_password(
    app: &App,
    viewer: &Viewer,
    current: &str,
    new: &str,
    confirmation: &str,
) -> Result<()> {
    let grant = viewer.grant(Action::PasswordChange)?;
    let id = grant.user.user_id;
    let reader = app.database.reader();
    let policy = policy::current(reader).await?;
    let user = user::Entity::find_by_id(id)
        .one(reader)
        .await?
        .ok_or(Error::Unauthenticated)?;
    let mut form = Form::default();
    let password = check::take_confirmed(
        &mut form,
        &policy,
        ("newPassword", new),
        ("newPasswordConfirmation", confirmation),
        &[&user.account, &user.name],
    );
    let (password,) = form.finish((password,))?;
    attempt::check_current(app, viewer, "currentPassword", current).await?;
    let hash = hash_anew(app, &policy, id, &password, "newPassword").await?;

    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[id])
        .await?
        .pop()
        .ok_or(Error::Unauthenticated)?;
    set_in::set_in(&txn, app, &policy, id, hash, false).await?;
    end_in(&txn, id, Some(grant.user.session_id)).await?;
    if let Some(to) = Recipient::of(&user) {
        app.send_in(&txn, &letter::password_changed(&to, &user.account))
            .await?;
    }
    let event = Event::done(Action::PasswordChange)
        .on(&user)
        .changing([Change::untold("password")]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await
}
