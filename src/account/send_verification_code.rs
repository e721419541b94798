//! Mails a code that proves an address.
//!
//! The answer is the same, and takes the same work, whether or not the address belongs to an account:
//! a code is made in both cases, and only its letter differs.

use sea_orm::EntityTrait;

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::form::Form;
use crate::base::settings::{Registration, Switch};
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::codes::{self, Purpose};
use crate::entity::login_name;
use crate::limits::{self, CODE_RESEND, CODES_FROM_SOURCE, CODES_TO_ADDRESS};
use crate::mail::letter;

/// What a code is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    /// To register.
    Register,
    /// To bind the address to the viewer.
    BindEmail,
}

/// Mails the code; answers the seconds until another can be asked for.
pub async fn send_verification_code(
    app: &App,
    viewer: &Viewer,
    purpose: CodePurpose,
    email: &str,
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
    let address = email.folded();
    limits::take(app, &CODE_RESEND, &address)
        .await?
        .or_rate_limited()?;
    if let (Some(source), Switch::On) = (&viewer.origin.address, app.settings.rate_limits) {
        limits::take(app, &CODES_FROM_SOURCE, source)
            .await?
            .or_rate_limited()?;
    }
    limits::take(app, &CODES_TO_ADDRESS, &address)
        .await?
        .or_rate_limited()?;

    let txn = app.begin().await?;
    let owner = login_name::Entity::find_by_id(&address).one(&txn).await?;
    let code = codes::issue_in(&txn, app, purpose, &email).await?;
    let letter = match purpose {
        Purpose::Register if owner.is_some() => letter::address_has_account(&email),
        Purpose::Register => letter::verification_code(&email, &code),
        Purpose::BindEmail(user_id) if owner.as_ref().is_some_and(|owner| owner.user_id != user_id) => {
            letter::address_has_account(&email)
        }
        Purpose::BindEmail(_) => letter::email_confirmation(&email, &code),
    };
    app.send_in(&txn, &letter).await?;
    app.record_in(&txn, viewer, Event::done(Action::VerificationCodeSend))
        .await?;
    app.commit(txn).await?;
    Ok(i32::try_from(CODE_RESEND.window.num_seconds()).unwrap_or(i32::MAX))
}
