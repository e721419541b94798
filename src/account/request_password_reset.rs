//! Mails a code that sets a new password.
//!
//! The answer is the same, and takes the same work, whether or not the address belongs to an account: where it does not,
//! the letter is written, stored, and thrown away in its turn.

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::base::form::Form;
use crate::base::text::Email;
use crate::codes::{self, Purpose};
use crate::mail::letter::{self, Recipient};
use crate::passwords::named::named;

/// Mails the code; answers the seconds until another can be asked for.
pub async fn request_password_reset(app: &App, viewer: &Viewer, email: &str) -> Result<i32> {
    let mut form = Form::default();
    let email = form.take("email", Email::parse(email));
    let (email,) = form.finish((email,))?;
    let resend_after = codes::admit(app, viewer, &email).await?;

    let folded = email.folded();
    let txn = app.begin().await?;
    let named = named(&txn, &folded).await?;
    let code = codes::issue_in(&txn, app, Purpose::ResetPassword, &email).await?;
    let to = Recipient::at(email, &named.user);
    let letter = letter::password_reset_code(&to, &named.user.account, &code);
    // An account may look like an address; and who is disabled stays out.
    let is_owner = named
        .known()
        .is_some_and(|owner| owner.disabled_at.is_none() && owner.email_folded.as_ref() == Some(&folded));
    app.send_in(&txn, &if is_owner { letter } else { letter.decoy() })
        .await?;
    app.record_in(&txn, viewer, Event::done(Action::PasswordResetRequest))
        .await?;
    app.commit(txn).await?;
    Ok(resend_after)
}
