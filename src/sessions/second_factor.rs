//! The step of a login that asks for a second factor.

use serde_json::Value;

use super::challenge::{Waiting, waiting_in};
use super::complete_login::CompleteLogin;
use super::go_on_in::{Passed, Progress, go_on_in};
use super::login::failure;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::Required;
use crate::base::id::PasskeyId;
use crate::base::{Error, Result};
use crate::entity::audit_event::AuditOutcome;
use crate::entity::database::Transaction;
use crate::entity::login_challenge::Step;
use crate::mail::letter::{self, Recipient};
use crate::passkeys::{self, Checked};
use crate::passwords::attempt::{self, Attempt};
use crate::passwords::policy::Policy;
use crate::totp::{Given, Spent, spend_in};

/// What somebody gives as a second factor.
#[derive(Clone, Copy)]
pub(super) enum Factor<'a> {
    /// A dynamic code or a recovery code.
    Totp(Given<'a>),
    /// The answer of a passkey.
    Passkey(&'a Value),
}

impl<'a> Factor<'a> {
    /// The factor that the input holds, of those that this step takes.
    pub(super) fn of(step: Step, input: &CompleteLogin<'a>) -> Result<Self> {
        let given = Given::of(input.totp_code, input.recovery_code).filter(|_| step == Step::Totp);
        given
            .map(Self::Totp)
            .or(input.passkey.map(Self::Passkey))
            .ok_or_else(|| match step {
                Step::Passkey => Error::user(Required, "passkey", "The answer of a passkey is needed."),
                _ => Error::user(
                    Required,
                    "totpCode",
                    "A dynamic code or a recovery code is needed.",
                ),
            })
    }

    /// Where it stands in the input.
    fn field(self) -> &'static str {
        match self {
            Self::Totp(given) => given.field("totpCode"),
            Self::Passkey(_) => "passkey",
        }
    }
}

/// What became of it: the changes that the event tells, when it was right, and otherwise what the event of the failure
/// tells.
enum Shown {
    Right(Option<Change>),
    Wrong(Option<Change>),
}

/// Takes the second factor. A try of it is counted before it is looked at, whichever it is.
pub(super) async fn show_second_factor(
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    login: &Waiting,
    factor: Factor<'_>,
) -> Result<Progress> {
    let refused = || failure(factor.field());
    let Attempt::Open(attempt) = attempt::begin(app, &viewer.origin.tally, policy, login.count()).await?
    else {
        return Err(refused());
    };
    let txn = app.begin().await?;
    let login = waiting_in(&txn, app, login).await?;
    let shown = match factor {
        Factor::Totp(given) => show_code_in(&txn, app, &login, given).await?,
        Factor::Passkey(answer) => show_passkey_in(&txn, app, &login, answer).await?,
    };
    let change = match shown {
        Shown::Right(change) => change,
        Shown::Wrong(change) => {
            txn.rollback().await?;
            attempt.fail(app).await?;
            let event = Event::not_done(Action::LoginComplete, AuditOutcome::Failed)
                .on(&login.user)
                .changing(change);
            app.refuse(&viewer.as_nobody(), event).await?;
            return Err(refused());
        }
    };
    attempt.forget_in(&txn, app).await?;
    let event = Event::done(Action::LoginComplete)
        .by(&login.user)
        .on(&login.user)
        .changing(change);
    let whose = (login.user, login.device);
    let (progress, writes) = go_on_in(&txn, app, viewer, policy, whose, Passed::SecondFactor).await?;
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(progress)
}

async fn show_code_in(txn: &Transaction, app: &App, login: &Waiting, given: Given<'_>) -> Result<Shown> {
    let user = &login.user;
    Ok(match spend_in(txn, app, user.id, given).await? {
        Spent::Nothing => Shown::Wrong(None),
        Spent::Code => Shown::Right(None),
        Spent::Recovery { left } => {
            if let Some(to) = Recipient::of(user) {
                app.send_in(txn, &letter::recovery_code_used(&to, &user.account, left))
                    .await?;
            }
            Shown::Right(Some(Change::new("recoveryCodes", Some(left + 1), Some(left))))
        }
    })
}

async fn show_passkey_in(txn: &Transaction, app: &App, login: &Waiting, answer: &Value) -> Result<Shown> {
    let Some(state) = &login.passkey_state else {
        return Ok(Shown::Wrong(None));
    };
    let Some((answer, row)) = passkeys::answered_by(txn, answer).await? else {
        return Ok(Shown::Wrong(None));
    };
    let whose = (login.user.id, row.id);
    Ok(
        match passkeys::check_in(txn, app, whose, &answer, state, true).await? {
            Checked::Right => Shown::Right(Some(used(row.id))),
            Checked::Copied => Shown::Wrong(Some(copied(row.id))),
            Checked::Wrong => Shown::Wrong(None),
        },
    )
}

/// What an event tells of a login by a passkey.
pub(super) fn used(id: PasskeyId) -> Change {
    Change::new("passkeyId", None::<PasskeyId>, Some(id))
}

/// What an event tells of an answer that only a copy of the passkey can have given.
pub(super) fn copied(id: PasskeyId) -> Change {
    Change::new(
        "passkeyId",
        Some(id.to_string()),
        Some("refused: its counter went back, so there is a copy of it".to_owned()),
    )
}
