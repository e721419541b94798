//! Mails a code that sets a new password.
//!
//! The answer is the same, and takes the same work, whether or not the address belongs to an account: where it does not,
//! the letter is written, stored, and thrown away in its turn.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::base::form::Form;
use crate::base::text::Email;
use crate::codes::{self, Purpose};
use crate::entity::user::{self, Locale};
use crate::mail::letter::{self, Letter, Recipient};

/// Mails the code; answers the seconds until another can be asked for.
pub async fn request_password_reset(app: &App, viewer: &Viewer, email: &str) -> Result<i32> {
    let mut form = Form::default();
    let email = form.take("email", Email::parse(email));
    let (email,) = form.finish((email,))?;
    let resend_after = codes::admit(app, viewer, &email).await?;

    let txn = app.begin().await?;
    let owner = user::Entity::find()
        .filter(user::Column::EmailFolded.eq(email.folded()))
        .filter(user::Column::DisabledAt.is_null())
        .one(&txn)
        .await?;
    let code = codes::issue_in(&txn, app, Purpose::ResetPassword, &email).await?;
    let letter = match owner {
        Some(owner) => {
            let to = Recipient::at(email, &owner);
            letter::password_reset_code(&to, &owner.account, &code)
        }
        None => Letter::decoy(&Recipient::unknown(email, Locale::default())),
    };
    app.send_in(&txn, &letter).await?;
    app.record_in(&txn, viewer, Event::done(Action::PasswordResetRequest))
        .await?;
    app.commit(txn).await?;
    Ok(resend_after)
}
