//! Logs in by a passkey alone, which says who it is.
//!
//! It is two factors: something that is had, and that has verified its user. So nothing else is asked for, but a new
//! password where one is due. Nor does a lock keep it out: what locks is guessing, and a signature cannot be guessed; so
//! who guesses a password keeps nobody out who has a passkey. The lock stays, for passwords. Every failure is one and the
//! same error, and those of a source address are bounded with its failed passwords.

use sea_orm::{EntityTrait, QuerySelect};
use serde_json::Value;
use webauthn_rs::prelude::PublicKeyCredential;

use super::go_on_in::{Passed, Progress, go_on_in};
use super::login::{count_source, failure};
use super::second_factor::{copied, used};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::id::DeviceId;
use crate::entity::audit_event::AuditOutcome;
use crate::entity::{passkey, user};
use crate::limits::{self, LOGINS_FROM_SOURCE};
use crate::passkeys::{self, Checked, Ticket};
use crate::passwords::policy;
use crate::secret::token;

/// A login by a passkey.
#[derive(Clone, Copy)]
pub struct PasskeyLogin<'a> {
    /// What the start gave.
    pub challenge: &'a str,
    /// The answer of the passkey.
    pub passkey: &'a Value,
    /// What an earlier login gave this device.
    pub device_token: Option<&'a str>,
}

/// An answer that may be right.
struct Answered {
    ticket: Ticket,
    answer: PublicKeyCredential,
    row: passkey::Model,
    device: Option<DeviceId>,
}

/// Logs in.
pub async fn finish_passkey_login(app: &App, viewer: &Viewer, input: PasskeyLogin<'_>) -> Result<Progress> {
    let answered = find(app, input).await?;
    let device = answered.as_ref().and_then(|answered| answered.device);
    let source = count_source(app, viewer, device).await?;
    let mut event = Event::not_done(Action::PasskeyLoginFinish, AuditOutcome::Failed);
    if let Some(answered) = answered {
        match finish(app, viewer, &answered, source.as_deref()).await? {
            Finished::Done(progress) => return Ok(progress),
            Finished::Refused { user, change } => event = event.on(&*user).changing(change),
            Finished::Nobodys => {}
        }
    }
    app.refuse(&viewer.as_nobody(), event).await?;
    Err(failure(""))
}

async fn find(app: &App, input: PasskeyLogin<'_>) -> Result<Option<Answered>> {
    let Some(ticket) = Ticket::read(&app.keys, input.challenge, app.now()) else {
        return Ok(None);
    };
    let found = passkeys::answered_by(app.database.reader(), input.passkey).await?;
    Ok(found.map(|(answer, row)| Answered {
        device: input
            .device_token
            .and_then(|token| token::read_device(&app.keys, token, row.user_id, app.now())),
        ticket,
        answer,
        row,
    }))
}

/// How it ended.
enum Finished {
    Done(Progress),
    Refused {
        user: Box<user::Model>,
        change: Option<Change>,
    },
    /// The user has gone meanwhile.
    Nobodys,
}

async fn finish(app: &App, viewer: &Viewer, answered: &Answered, source: Option<&str>) -> Result<Finished> {
    let Answered {
        ticket,
        answer,
        row,
        device,
    } = answered;
    let policy = policy::current(app.database.reader()).await?;
    let txn = app.begin().await?;
    let user = user::Entity::find_by_id(row.user_id)
        .lock_exclusive()
        .one(&txn)
        .await?;
    let Some(user) = user else {
        return Ok(Finished::Nobodys);
    };
    let refused = |change| Finished::Refused {
        user: Box::new(user.clone()),
        change,
    };
    if user.disabled_at.is_some() {
        return Ok(refused(None));
    }
    // The signature first: who has none cannot spend the challenge of another.
    match passkeys::check_in(&txn, app, (user.id, row.id), answer, &ticket.state, false).await? {
        Checked::Right => {}
        Checked::Copied => return Ok(refused(Some(copied(row.id)))),
        Checked::Wrong => return Ok(refused(None)),
    }
    if !passkeys::spend_in(&txn, ticket).await? {
        return Ok(refused(None));
    }
    let locked_until = user.locked_until;
    let event = Event::done(Action::PasskeyLoginFinish).by(&user).on(&user);
    let whose = (user.clone(), *device);
    let (mut progress, writes) = go_on_in(&txn, app, viewer, &policy, whose, Passed::SecondFactor).await?;
    if let Progress::Done(done) = &mut progress {
        done.user.locked_until = locked_until;
    }
    let step = progress
        .waits_for()
        .map(|step| Change::new("step", None::<&str>, Some(step)));
    let event = event.changing([used(row.id)]).changing(step);
    if let Some(source) = source {
        limits::give_back_in(&txn, &app.keys, &LOGINS_FROM_SOURCE, source).await?;
    }
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(Finished::Done(progress))
}
