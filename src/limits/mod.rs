//! How often something may happen: one table of limits, one way to count.
//!
//! A count is taken *before* the deed and given back when it turns out to have been none of what is
//! counted, so that a hundred parallel tries are a hundred counts. It is committed by itself: a
//! refusal that rolls back must not roll the count back too.

mod give_back;
pub mod rates;
mod take;

use chrono::TimeDelta;

pub use give_back::{forget_family_in, forgetting, give_back_in};
pub use take::{Taken, source_of, take, take_in, was_left_in};

/// At most so many in a window of time.
#[derive(Debug)]
pub struct Limit {
    /// The name of its counters.
    pub name: &'static str,
    /// How many.
    pub most: i32,
    /// In which time, from the first on.
    pub window: TimeDelta,
    /// For how long none is left once the last was taken; otherwise until the window's end.
    pub lock: Option<TimeDelta>,
}

/// A mailed code for an address, again (`domain.md`, "Registration").
pub const CODE_RESEND: Limit = Limit {
    name: "code-resend",
    most: 1,
    window: TimeDelta::seconds(60),
    lock: None,
};
/// Mailed codes for an address.
pub const CODES_TO_ADDRESS: Limit = Limit {
    name: "codes-to-address",
    most: 10,
    window: TimeDelta::days(1),
    lock: None,
};
/// Mailed codes asked for from a source.
pub const CODES_FROM_SOURCE: Limit = Limit {
    name: "codes-from-source",
    most: 10,
    window: TimeDelta::days(1),
    lock: None,
};
/// Logins of a source address that have not succeeded (`domain.md`, "Login"): far more than the people behind one
/// address mistype, far fewer than a list of leaked passwords has.
pub const LOGINS_FROM_SOURCE: Limit = Limit {
    name: "logins-from-source",
    most: 100,
    window: TimeDelta::minutes(15),
    lock: None,
};
/// Letters about a login from a device of the same kind and place, where the device sends no token that we gave it.
pub const NEW_DEVICE_LETTERS: Limit = Limit {
    name: "new-device-letters",
    most: 1,
    window: TimeDelta::days(30),
    lock: None,
};
/// Wrong invitation codes of a user (`domain.md`, "Invitations").
pub const WRONG_INVITATIONS: Limit = Limit {
    name: "wrong-invitations",
    most: 10,
    window: TimeDelta::hours(1),
    lock: Some(TimeDelta::hours(1)),
};
/// Invitation mails of a team (`domain.md`, "Roles and permissions", limits).
pub const INVITATION_MAILS: Limit = Limit {
    name: "invitation-mails",
    most: 50,
    window: TimeDelta::days(1),
    lock: None,
};

/// Members of a team.
pub const TEAM_MEMBERS: u64 = 5_000;
/// Custom roles of a team.
pub const CUSTOM_ROLES: u64 = 50;
/// Live invitations of a team.
pub const LIVE_INVITATIONS: u64 = 200;
/// Teams that a user registered by link, and that exist.
pub const TEAMS_BY_LINK: u64 = 5;
/// Resources of a team.
pub const RESOURCES: u64 = 1_000;
/// Members of one addition.
pub const MEMBERS_PER_ADDITION: usize = 100;
/// Passkeys of a user.
pub const PASSKEYS: usize = 10;
/// Sessions of a user.
pub const SESSIONS: u64 = 50;
