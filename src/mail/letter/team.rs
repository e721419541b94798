//! Letters about teams.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Letter, day_and_time, letter};
use crate::base::text::Email;

/// The user became a member of a team.
#[must_use]
pub fn added_to_team(to: &Email, team: &str, role: &str) -> Letter {
    letter(
        "added_to_team",
        to,
        "You were added to a team",
        &[&format!(
            "You are now a member of the team {team}, with the role {role}."
        )],
    )
}

/// The user's role in a team changed.
#[must_use]
pub fn role_changed(to: &Email, team: &str, role: &str) -> Letter {
    letter(
        "role_changed",
        to,
        "Your role changed",
        &[&format!("Your role in the team {team} is now {role}.")],
    )
}

/// The user is no longer a member of a team.
#[must_use]
pub fn removed_from_team(to: &Email, team: &str) -> Letter {
    letter(
        "removed_from_team",
        to,
        "You were removed from a team",
        &[&format!("You are no longer a member of the team {team}.")],
    )
}

/// An invitation code.
#[must_use]
pub fn invitation(
    to: &Email,
    team: &str,
    role: &str,
    public_url: &str,
    code: &str,
    until: DateTime<Utc>,
) -> Letter {
    let mut how = format!("You are invited to the team {team}, with the role {role}. ");
    let _ = write!(
        how,
        "Register or log in at {public_url} and enter this invitation code:"
    );
    letter(
        "invitation",
        to,
        "You are invited to a team",
        &[
            &how,
            code,
            &format!("It works once, until {}.", day_and_time(until)),
        ],
    )
}

/// A team is about to expire, or has.
#[must_use]
pub fn team_expiry(to: &Email, team: &str, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Letter {
    const WHO: &str = "Platform staff can extend it.";
    let when = day_and_time(expires_at);
    if expires_at <= now {
        return letter(
            "team_expired",
            to,
            &format!("The team {team} has expired"),
            &[
                &format!(
                    "The team {team} has expired on {when}. Nobody can work in it any more, and nothing of it is lost."
                ),
                WHO,
            ],
        );
    }
    // What is left of a day counts as one: a letter that is a minute late still says 7 days.
    let days = (expires_at - now + TimeDelta::days(1) - TimeDelta::microseconds(1)).num_days();
    let left = if days == 1 {
        "1 day".to_owned()
    } else {
        format!("{days} days")
    };
    letter(
        "team_expires",
        to,
        &format!("The team {team} expires in {left}"),
        &[
            &format!(
                "The team {team} expires on {when}. From then on nobody can work in it, until it is extended."
            ),
            WHO,
        ],
    )
}
