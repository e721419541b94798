//! Letters about teams.

use chrono::{DateTime, TimeDelta, Utc};

use super::words::Words;
use super::{Letter, Recipient, letter};

/// Somebody made the user a member of a team.
#[must_use]
pub fn added_to_team(to: &Recipient, account: &str, team: &str, role: &str) -> Letter {
    let role = Words::of(to.locale).role(role);
    letter!(to, added_to_team, account, team, role)
}

/// The user became a member of a team by themselves: by a code, or as they made it.
#[must_use]
pub fn joined_team(to: &Recipient, account: &str, team: &str, role: &str) -> Letter {
    let role = Words::of(to.locale).role(role);
    letter!(to, joined_team, account, team, role)
}

/// The user's role in a team changed.
#[must_use]
pub fn role_changed(to: &Recipient, account: &str, team: &str, role: &str) -> Letter {
    let role = Words::of(to.locale).role(role);
    letter!(to, role_changed, account, team, role)
}

/// The user is no longer a member of a team.
#[must_use]
pub fn removed_from_team(to: &Recipient, account: &str, team: &str) -> Letter {
    letter!(to, removed_from_team, account, team)
}

/// A team that the user was a member of is gone.
#[must_use]
pub fn team_deleted(to: &Recipient, account: &str, team: &str) -> Letter {
    letter!(to, team_deleted, account, team)
}

/// An invitation code, from the account that made it.
#[must_use]
pub fn invitation(
    to: &Recipient,
    inviter: &str,
    team: &str,
    role: &str,
    code: &str,
    until: DateTime<Utc>,
) -> Letter {
    let words = Words::of(to.locale);
    let (role, until) = (words.role(role), words.moment(until));
    letter!(to, invitation, inviter, team, role, code, until)
}

/// A team is about to expire, or has.
#[must_use]
pub fn team_expiry(
    to: &Recipient,
    account: &str,
    team: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Letter {
    let words = Words::of(to.locale);
    let when = words.moment(expires_at);
    if expires_at <= now {
        return letter!(to, team_expired, account, team, when);
    }
    // What is left of a day counts as one: a letter that is a minute late still says 7 days.
    let days = (expires_at - now + TimeDelta::days(1) - TimeDelta::microseconds(1)).num_days();
    let left = (words.days)(days);
    letter!(to, team_expires, account, team, when, left)
}
