//! Sets another user's password, by platform staff; their sessions end and a lock is lifted.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find::governed_in;
use super::insert_in::PasswordChoice;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::UseOwnAccount;
use crate::base::form::Form;
use crate::base::id::UserId;
use crate::base::{Error, Result};
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::passwords::hash_anew::hash_anew;
use crate::passwords::{policy, set_in};
use crate::sessions::end_in::end_in;

/// Sets the password; answers the user, and the password that the platform made, if it did.
pub async fn reset_password(
    app: &App,
    viewer: &Viewer,
    id: UserId,
    choice: PasswordChoice<'_>,
) -> Result<(user::Model, Option<String>)> {
    let grant = viewer.grant(Action::UserPasswordReset)?;
    if id == grant.user.user_id {
        return Err(Error::user(
            UseOwnAccount,
            "userId",
            "Change your own password with the current one.",
        ));
    }
    let reader = app.database.reader();
    let policy = policy::current(reader).await?;
    // Read for the policy's sake alone; the transaction reads it again, under its lock.
    let known = user::Entity::find()
        .filter(user::Column::Id.eq(id))
        .one(reader)
        .await?
        .ok_or(Error::NotFound)?;
    grant.over(known.id, known.account_type)?;
    let mut form = Form::default();
    let choice = choice.take(&mut form, &policy, "password", &[&known.account, &known.name]);
    let ((password, generated),) = form.finish((choice,))?;
    let hash = if generated {
        app.hasher.hash(&password).await?
    } else {
        hash_anew(app, &policy, id, &password, "password").await?
    };

    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    set_in::set_in(&txn, app, &policy, user.id, hash, policy.change_after_reset).await?;
    end_in(&txn, user.id, None).await?;
    if let Some(to) = Recipient::of(&user) {
        app.send_in(&txn, &letter::password_reset(&to, &user.account))
            .await?;
    }
    let event = Event::done(Action::UserPasswordReset)
        .on(&user)
        .changing([Change::untold("password")]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    let user = user::Model {
        must_change_password: policy.change_after_reset,
        locked_until: None,
        ..user
    };
    Ok((user, generated.then(|| password.expose().to_owned())))
}
