//! Goes on with a login that waits for a new password.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::end_in::end_in;
use super::login::{Step, failure, sign_in};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{PasswordReused, Required};
use crate::base::form::Form;
use crate::base::id::ChallengeId;
use crate::base::{Error, Result};
use crate::entity::{login_challenge, user};
use crate::mail::letter::{self, Recipient};
use crate::passwords::{check, policy, set_in};
use crate::secret::token;

/// The next step of a login.
#[derive(Debug)]
pub struct CompleteLogin<'a> {
    /// What the step before gave.
    pub challenge: &'a str,
    /// The new password.
    pub new_password: Option<&'a str>,
    /// The same again.
    pub new_password_confirmation: Option<&'a str>,
}

/// Sets the new password and signs in; all other sessions end.
pub async fn complete_login(app: &App, viewer: &Viewer, input: CompleteLogin<'_>) -> Result<Step> {
    let id = token::read_challenge(&app.keys, input.challenge).ok_or_else(|| failure("challenge"))?;
    let user = waiting_user(app, id).await?;
    let policy = policy::current(app.database.reader()).await?;
    let mut form = Form::default();
    for (field, value) in [
        ("newPassword", input.new_password),
        ("newPasswordConfirmation", input.new_password_confirmation),
    ] {
        form.require(value.is_some(), Required, field, "A new password is needed.");
    }
    let (Some(password), Some(confirmation)) = (input.new_password, input.new_password_confirmation) else {
        form.close()?;
        return Err(failure("challenge"));
    };
    let password = check::take_confirmed(
        &mut form,
        &policy,
        ("newPassword", password),
        ("newPasswordConfirmation", confirmation),
        &[&user.account, &user.name],
    );
    let (password,) = form.finish((password,))?;
    if set_in::was_used(app, &policy, user.id, &password).await? {
        return Err(Error::user(
            PasswordReused,
            "newPassword",
            "This password was used lately.",
        ));
    }
    let hash = app.hasher.hash(&password).await?;

    let txn = app.begin().await?;
    let user = user::Entity::find_by_id(user.id)
        .lock_exclusive()
        .one(&txn)
        .await?;
    let spent = login_challenge::Entity::delete_many()
        .filter(login_challenge::Column::Id.eq(id))
        .filter(login_challenge::Column::ExpiresAt.gt(app.now()))
        .exec(&txn)
        .await?;
    let user = user
        .filter(|user| spent.rows_affected == 1 && user.disabled_at.is_none())
        .ok_or_else(|| failure("challenge"))?;
    set_in::set_in(&txn, app, &policy, user.id, hash, false).await?;
    end_in(&txn, user.id, None).await?;
    let user = user::Model {
        must_change_password: false,
        ..user
    };
    let (user, tokens) = sign_in(&txn, app, viewer, user).await?;
    if let Some(to) = Recipient::of(&user) {
        app.send_in(&txn, &letter::password_changed(&to, &user.account))
            .await?;
    }
    let event = Event::done(Action::LoginComplete)
        .by(&user)
        .on(&user)
        .changing([Change::untold("password")]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(Step::Done {
        user: Box::new(user),
        tokens,
    })
}

async fn waiting_user(app: &App, id: ChallengeId) -> Result<user::Model> {
    let reader = app.database.reader();
    let challenge = login_challenge::Entity::find_by_id(id).one(reader).await?;
    let challenge = challenge
        .filter(|challenge| app.now() < challenge.expires_at)
        .ok_or_else(|| failure("challenge"))?;
    let user = user::Entity::find_by_id(challenge.user_id).one(reader).await?;
    user.ok_or_else(|| failure("challenge"))
}
