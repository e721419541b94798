//! Mails a code that proves an address.
//!
//! The answer is the same, and takes the same work, whether or not the address belongs to an account:
//! a code is made in both cases, and only its letter differs.

use sea_orm::EntityTrait;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::form::Form;
use crate::base::settings::Registration;
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::codes::{self, Purpose};
use crate::entity::user::{self, Locale};
use crate::mail::letter::{self, Recipient};
use crate::passwords::named::named;

/// What a code is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    /// To register.
    Register,
    /// To bind the address to the viewer.
    BindEmail,
}

/// Mails the code, in this language where the address is nobody's yet; answers the seconds until another can be asked for.
pub async fn send_verification_code(
    app: &App,
    viewer: &Viewer,
    purpose: CodePurpose,
    email: &str,
    locale: Option<Locale>,
) -> Result<i32> {
    let purpose = match purpose {
        CodePurpose::Register if app.settings.registration == Registration::Closed => {
            return Err(Error::Forbidden {
                requires: Action::UserCreate.requirement_names(),
            });
        }
        CodePurpose::Register => Purpose::Register,
        CodePurpose::BindEmail => Purpose::BindEmail(viewer.user()?.user_id),
    };
    let mut form = Form::default();
    let email = form.take("email", Email::parse(email));
    let (email,) = form.finish((email,))?;
    let resend_after = codes::admit(app, viewer, &email).await?;

    let txn = app.begin().await?;
    let named = named(&txn, &email.folded()).await?;
    let asker = match purpose {
        Purpose::BindEmail(id) => user::Entity::find_by_id(id).one(&txn).await?,
        Purpose::Register | Purpose::ResetPassword => None,
    };
    let code = codes::issue_in(&txn, app, purpose, &email).await?;
    let other = named
        .known()
        .filter(|owner| asker.as_ref().is_none_or(|asker| asker.id != owner.id));
    let letter = match (other, asker) {
        (Some(owner), _) => letter::address_has_account(&Recipient::at(email, owner), &owner.account),
        (None, Some(asker)) => {
            letter::email_confirmation(&Recipient::at(email, &asker), &asker.account, &code)
        }
        (None, None) => {
            let to = Recipient::unknown(email, locale.unwrap_or_default());
            letter::verification_code(&to, &code)
        }
    };
    app.send_in(&txn, &letter).await?;
    app.record_in(&txn, viewer, Event::done(Action::VerificationCodeSend))
        .await?;
    app.commit(txn).await?;
    Ok(resend_after)
}
