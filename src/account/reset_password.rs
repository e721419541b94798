//! Sets a new password with a mailed code: for who has forgotten the old one, or is locked out.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::InvalidCode;
use crate::base::form::Form;
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::codes::{self, Purpose};
use crate::entity::user;
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::passwords::hash_anew::hash_anew;
use crate::passwords::{check, policy, set_in};
use crate::sessions::end_in::end_in;

/// A new password.
#[derive(Clone, Copy)]
pub struct ResetPassword<'a> {
    /// The bound address that the code went to.
    pub email: &'a str,
    /// The mailed code.
    pub code: &'a str,
    /// The new password.
    pub new_password: &'a str,
    /// The same again.
    pub new_password_confirmation: &'a str,
}

/// Sets the password: all sessions end and a lock is lifted. A second factor is still asked for at the next login.
pub async fn reset_password(app: &App, viewer: &Viewer, input: ResetPassword<'_>) -> Result<()> {
    let policy = policy::current(app.database.reader()).await?;
    let new = ("newPassword", input.new_password);
    let confirmation = ("newPasswordConfirmation", input.new_password_confirmation);
    let mut form = Form::default();
    let email = form.take("email", Email::parse(input.email));
    let password = check::take_confirmed(&mut form, &policy, new, confirmation, &[]);
    let (email, password) = form.finish((email, password))?;
    let proof = codes::try_code(
        app,
        &viewer.origin.tally,
        Purpose::ResetPassword,
        &email,
        input.code,
        "code",
    )
    .await?;
    let nobody = || Error::user(InvalidCode, "code", "The code is not right.");
    let owner = user::Entity::find()
        .filter(user::Column::EmailFolded.eq(email.folded()))
        .one(app.database.reader())
        .await?
        .ok_or_else(nobody)?;
    // Who it is, and what they used before, is looked at only for the owner of the address.
    let mut form = Form::default();
    let known: [&str; 2] = [&owner.account, &owner.name];
    check::take_confirmed(&mut form, &policy, new, confirmation, &known);
    form.close()?;
    let hash = hash_anew(app, &policy, owner.id, &password, "newPassword").await?;

    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[owner.id])
        .await?
        .pop()
        // Of another address, or disabled, meanwhile.
        .filter(|user| user.disabled_at.is_none() && user.email_folded == owner.email_folded)
        .ok_or_else(nobody)?;
    codes::spend_in(&txn, &proof, "code").await?;
    set_in::set_in(&txn, app, &policy, user.id, hash, false).await?;
    end_in(&txn, user.id, None).await?;
    if let Some(to) = Recipient::of(&user) {
        app.send_in(&txn, &letter::password_changed(&to, &user.account))
            .await?;
    }
    let event = Event::done(Action::PasswordReset)
        .by(&user)
        .on(&user)
        .changing([Change::untold("password")]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await
}
