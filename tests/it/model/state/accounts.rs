//! What there is of sessions, passwords, codes and counts of tries.

use std::collections::{BTreeSet, VecDeque};

use super::Handle;

/// Seconds since the beginning.
pub type Seconds = i64;

pub const MINUTE: Seconds = 60;
pub const HOUR: Seconds = 60 * MINUTE;
pub const DAY: Seconds = 24 * HOUR;

/// The tokens that a step got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tokens {
    /// Those with which the one who took this step came: they signed in for it, or went on.
    Arrival(Handle),
    /// Those that this step itself was answered; after a login with what makes the device known.
    Deed(Handle),
}

/// A signed-in device, named by its first tokens.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    pub user: Handle,
    pub started: Seconds,
    /// When its refresh token expires.
    pub until: Seconds,
    /// How often it went on.
    pub generation: usize,
    pub rotated: Seconds,
    pub rotated_before: Option<Seconds>,
    pub is_over: bool,
}

impl Session {
    const REFRESH_LIFE: Seconds = 7 * DAY;
    pub const LONGEST: Seconds = 30 * DAY;

    pub fn new(user: Handle, now: Seconds) -> Self {
        Self {
            user,
            started: now,
            until: now + Self::REFRESH_LIFE,
            generation: 0,
            rotated: now,
            rotated_before: None,
            is_over: false,
        }
    }

    pub fn goes_on(&self, now: Seconds) -> bool {
        !self.is_over && now < self.until
    }

    pub fn rotate(&mut self, now: Seconds) {
        self.rotated_before = Some(self.rotated);
        self.rotated = now;
        self.generation += 1;
        self.until = (now + Self::REFRESH_LIFE).min(self.started + Self::LONGEST);
    }
}

/// What tokens are good for.
#[derive(Clone, Copy, Debug)]
pub struct Issued {
    pub session: Tokens,
    pub generation: usize,
    /// When the access token expires.
    pub expires: Seconds,
}

impl Issued {
    pub const ACCESS_LIFE: Seconds = 15 * MINUTE;
}

/// What makes a device known: whose it is, by which login it was first met, and when the token of it was made.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    pub user: Handle,
    pub met: Tokens,
    pub made: Seconds,
}

impl Device {
    pub const LIFE: Seconds = 180 * DAY;
}

/// A session, as a step names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionName {
    /// The one by which this user does what they do.
    Main(Handle),
    /// The one of these tokens.
    Of(Tokens),
}

/// A password, as a step names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Password {
    /// The one that the super admin has from the start.
    First,
    /// One that somebody typed: each number is another.
    Typed(Handle),
    /// The one that the platform made in this step.
    Generated(Handle),
    /// One that is too weak by any policy.
    Weak,
}

impl Password {
    /// How many characters it has, as long as no policy asks for more than 16.
    pub fn length(self) -> usize {
        match self {
            Self::First => 13,
            Self::Typed(_) | Self::Generated(_) => 16,
            Self::Weak => 8,
        }
    }
}

/// The settings of the password policy that are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub minimum_length: usize,
    /// How many former passwords are refused, the current one among them.
    pub refuses_previous: usize,
    /// Zero for never.
    pub expires_after_days: i64,
    pub change_after_reset: bool,
    pub lock_after_failures: usize,
    pub failure_window_minutes: i64,
    pub lock_minutes: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimum_length: 8,
            refuses_previous: 5,
            expires_after_days: 0,
            change_after_reset: true,
            lock_after_failures: 5,
            failure_window_minutes: 15,
            lock_minutes: 15,
        }
    }
}

/// Whose tries are counted, or which mails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// Passwords and dynamic codes of this account.
    Account(Handle),
    /// The same from a device that is known.
    Device(Handle, Tokens),
    /// The current password, in a session.
    Session(Tokens),
    /// Invitation codes of this user.
    Invitations(Handle),
    /// Codes to this address within a minute.
    Resent(String),
    /// Codes to this address within a day.
    Mailed(String),
}

/// At most so many in a window of time, from the first on.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub most: usize,
    pub window: Seconds,
    /// For how long none is left once the last was taken.
    pub lock: Option<Seconds>,
}

#[derive(Clone, Copy, Debug)]
pub struct Counter {
    pub count: usize,
    pub started: Seconds,
    pub ends: Seconds,
}

/// The dynamic codes of a user.
#[derive(Clone, Debug)]
pub struct Totp {
    /// The step that made the secret.
    pub secret: Handle,
    /// Since a first code has confirmed it.
    pub on: Option<TotpOn>,
}

#[derive(Clone, Debug)]
pub struct TotpOn {
    /// The last half minute whose code was used.
    pub last: i64,
    /// The step that gave the recovery codes.
    pub batch: Handle,
    /// The numbers of the recovery codes that are left.
    pub left: BTreeSet<usize>,
}

impl TotpOn {
    pub const RECOVERY_CODES: usize = 10;
}

/// A second factor, as a step gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The code of the device that was enrolled in this step, of so many half minutes from now.
    Code { secret: Handle, away: i64 },
    /// The recovery code of this number, of those that this step gave.
    Recovery { batch: Handle, number: usize },
}

/// A login that waits.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The step that gave the challenge.
    pub challenge: Handle,
    pub waits_for: WaitsFor,
    /// The known device that it comes from.
    pub device: Option<Tokens>,
    pub until: Seconds,
}

impl Waiting {
    pub const LIFE: Seconds = 10 * MINUTE;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    Totp,
    TotpEnrolment,
    PasswordChange,
}

impl WaitsFor {
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "TOTP_REQUIRED",
            Self::TotpEnrolment => "TOTP_ENROLMENT_REQUIRED",
            Self::PasswordChange => "PASSWORD_CHANGE_REQUIRED",
        }
    }
}

/// What a mailed code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Register,
    Bind(Handle),
    Reset,
}

/// A code that was mailed, or made for nobody.
#[derive(Clone, Copy, Debug)]
pub struct MailedCode {
    /// The step that made it.
    pub name: Handle,
    /// Whether it stood in the letter.
    pub was_told: bool,
    pub tries: usize,
    pub expires: Seconds,
}

impl MailedCode {
    pub const LIFE: Seconds = 10 * MINUTE;
    pub const TRIES: usize = 5;
}

/// What guards an account.
#[derive(Clone, Debug)]
pub struct Guarded {
    pub password: Password,
    pub password_set: Seconds,
    /// The passwords before, the newest first.
    pub former: VecDeque<Password>,
    /// Whether the password has to be changed within the next login.
    pub must_change: bool,
    /// Until when the account is shown as locked.
    pub locked_until: Seconds,
    pub totp: Option<Totp>,
    /// As it was typed.
    pub email: Option<String>,
    /// The address that somebody else typed.
    pub proposed_email: Option<String>,
    /// Whether the user came by an address of their own: then they keep one.
    pub has_registered: bool,
    pub waiting: Option<Waiting>,
    pub last_login: Option<Seconds>,
    /// The logins that failed since then.
    pub failed: usize,
}

impl Guarded {
    pub fn new(password: Password, must_change: bool, now: Seconds) -> Self {
        Self {
            password,
            password_set: now,
            former: VecDeque::new(),
            must_change,
            locked_until: now,
            totp: None,
            email: None,
            proposed_email: None,
            has_registered: false,
            waiting: None,
            last_login: None,
            failed: 0,
        }
    }

    pub fn totp_is_on(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.on.is_some())
    }
}
