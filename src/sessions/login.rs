//! Logs in, by account or bound email and password.
//!
//! Every failure is one and the same error, and takes as long as a success: a login that names nobody is looked up,
//! counted, hashed and noted like any other.

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, QuerySelect};

use super::go_on_in::{Passed, Progress, go_on_from_in};
use super::standing::Standing;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::InvalidCredentials;
use crate::base::id::DeviceId;
use crate::base::password::Password;
use crate::base::settings::Switch;
use crate::base::text::fold;
use crate::base::{Error, Result};
use crate::entity::audit_event::AuditOutcome;
use crate::entity::user;
use crate::limits::{self, LOGINS_FROM_SOURCE};
use crate::passwords::attempt::{self, Attempt, Count, Try};
use crate::passwords::named::named_with_password;
use crate::passwords::policy::{self, Policy};
use crate::secret::token;

/// A login.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The account or the bound email.
    pub login: &'a str,
    /// The password.
    pub password: &'a str,
    /// What an earlier login gave this device.
    pub device_token: Option<&'a str>,
}

/// Whom a login names.
struct Known {
    user: user::Model,
    hash: String,
    password_set_at: DateTime<Utc>,
}

/// The one failure.
pub(super) fn failure(field: &str) -> Error {
    Error::user(
        InvalidCredentials,
        field,
        "The login failed. Check what you typed, or try again later.",
    )
}

/// Logs in.
pub async fn login(app: &App, viewer: &Viewer, input: Login<'_>) -> Result<Progress> {
    // Who is shed is shed before anything is counted.
    let place = app.hasher.admit()?;
    let tally = &viewer.origin.tally;
    let policy = policy::current(app.database.reader()).await?;
    let known = find(app, input.login).await?;
    let device = known
        .as_ref()
        .zip(input.device_token)
        .and_then(|(known, token)| token::read_device(&app.keys, token, known.user.id, app.now()));
    let source = count_source(app, viewer, device).await?;
    let count = match (&known, device) {
        (Some(known), Some(device)) => Count::Device(known.user.id, device),
        (Some(known), None) => Count::Account(known.user.id),
        (None, _) => Count::Nobody(fold(&input.login.chars().take(254).collect::<String>())),
    };
    let attempt = attempt::begin(app, tally, &policy, count).await?;
    // Where no try is left, the work is done for nothing.
    let hash = match (&attempt, &known) {
        (Attempt::Open(_), Some(known)) => Some(known.hash.as_str()),
        _ => None,
    };
    let right = match Password::parse(input.password) {
        Ok(password) => app.hasher.verify(place, &password, hash).await?,
        Err(_) => false,
    };
    if let (true, Attempt::Open(attempt), Some(known)) = (right, &attempt, &known) {
        let way = Way {
            attempt,
            source: source.as_deref(),
            device,
        };
        if let Some(progress) = succeed(app, viewer, &policy, known, way).await? {
            return Ok(progress);
        }
    }
    let mut event = Event::not_done(Action::Login, AuditOutcome::Failed);
    if let Attempt::Open(attempt) = &attempt {
        // Tries at a locked door are counted alone: a flood of them does not fill the log.
        if let Some(known) = &known {
            event = event.on(&known.user);
        }
        attempt.fail(app).await?;
    }
    app.refuse(&viewer.as_nobody(), event).await?;
    Err(failure(""))
}

/// Counts a login for the source address that it comes from, which is answered, to be given back when the login succeeds.
/// Not for known devices: those who share an address with a guesser go on from them.
pub(super) async fn count_source(
    app: &App,
    viewer: &Viewer,
    device: Option<DeviceId>,
) -> Result<Option<String>> {
    let source = viewer
        .origin
        .address
        .as_deref()
        .filter(|_| device.is_none() && app.settings.rate_limits == Switch::On)
        .map(limits::source_of);
    if let Some(source) = &source {
        limits::take(app, &viewer.origin.tally, &LOGINS_FROM_SOURCE, source)
            .await?
            .or_rate_limited()?;
    }
    Ok(source)
}

async fn find(app: &App, login: &str) -> Result<Option<Known>> {
    // Nobody's login is longer, or holds a NUL, which PostgreSQL does not even compare.
    let login = if login.len() > 254 || login.contains('\0') {
        String::new()
    } else {
        fold(login)
    };
    let (named, credential) = named_with_password(app.database.reader(), &login).await?;
    let known = credential.filter(|_| named.is_known);
    Ok(known.map(|credential| Known {
        user: named.user,
        hash: credential.password_hash,
        password_set_at: credential.password_set_at,
    }))
}

/// How a login came.
struct Way<'a> {
    attempt: &'a Try,
    source: Option<&'a str>,
    device: Option<DeviceId>,
}

/// The password was right. `None` when the user was disabled or given another password meanwhile.
async fn succeed(
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    known: &Known,
    way: Way<'_>,
) -> Result<Option<Progress>> {
    let txn = app.begin().await?;
    let user = user::Entity::find_by_id(known.user.id)
        .lock_exclusive()
        .one(&txn)
        .await?;
    let Some(user) = user.filter(|user| user.disabled_at.is_none()) else {
        return Ok(None);
    };
    let standing = Standing::of_in(&txn, &user).await?;
    if standing.password_set_at != known.password_set_at {
        return Ok(None);
    }
    let event = Event::done(Action::Login).by(&user).on(&user);
    let from = (Passed::Password, standing);
    let whose = (user.clone(), way.device);
    let (progress, mut writes) = go_on_from_in(&txn, app, viewer, policy, whose, from).await?;
    let event = match progress.waits_for() {
        Some(step) => event.changing([Change::new("step", None::<&str>, Some(step))]),
        None => event,
    };
    // As long as a second factor can be guessed, the right password takes back no more than its own try.
    if matches!(progress, Progress::Waits { .. }) {
        way.attempt.give_back_in(&txn, app).await?;
    } else {
        writes = way.attempt.forget_with_in(&txn, app, &user, writes).await?;
    }
    if let Some(source) = way.source {
        limits::give_back_in(&txn, &app.keys, &LOGINS_FROM_SOURCE, source).await?;
    }
    app.record_with_in(&txn, viewer, event, writes).await?;
    app.commit(txn).await?;
    Ok(Some(progress))
}
