//! The letters, one function each. No subject holds a code or a link: subjects show on locked screens.
//!
//! In the text a code stands alone on its line, so that people and programs find it.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::text::Email;

/// A letter, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What kind of letter it is: for the log, which never tells more.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

fn letter(kind: &str, to: &Email, subject: &str, paragraphs: &[&str]) -> Letter {
    let mut text = paragraphs.join("\r\n\r\n");
    text.push_str("\r\n\r\n-- \r\nRollcall\r\n");
    Letter {
        kind: kind.to_owned(),
        to: to.as_str().to_owned(),
        subject: subject.to_owned(),
        text,
    }
}

fn day_and_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

const NOT_YOU: &str = "If this was not you, tell your administrator.";

/// The code that proves an address at registration.
#[must_use]
pub fn verification_code(to: &Email, code: &str) -> Letter {
    letter(
        "verification_code",
        to,
        "Your verification code",
        &[
            "This is the code to register with this address:",
            code,
            "It works once, within 10 minutes. Nobody from us ever asks you for it.",
            "If you did not ask for it, you can ignore this letter.",
        ],
    )
}

/// Instead of a code, for the owner of an address that has an account.
#[must_use]
pub fn address_has_account(to: &Email) -> Letter {
    letter(
        "address_has_account",
        to,
        "You have an account already",
        &[
            "Somebody asked for a code to register with this address. It belongs to an account already.",
            "If this was you, log in with it. If it was not, there is nothing that you need to do.",
        ],
    )
}

/// An account was made by somebody else, and its address waits to be confirmed.
#[must_use]
pub fn account_created(to: &Email, account: &str, public_url: &str, code: &str) -> Letter {
    letter(
        "account_created",
        to,
        "An account was made for you",
        &[
            &format!("An account was made for you. Log in at {public_url} as"),
            account,
            "with the password that you are given by whoever made it. To bind this address to your account, enter this code there:",
            code,
            "It works once, within 10 minutes; you can ask for a new one there.",
        ],
    )
}

/// An address was typed by somebody else, and waits to be confirmed by its owner.
#[must_use]
pub fn email_proposed(to: &Email, account: &str, code: &str) -> Letter {
    letter(
        "email_proposed",
        to,
        "Confirm your address",
        &[
            &format!(
                "An administrator proposed this address for the account {account}. To bind it, log in and enter this code:"
            ),
            code,
            "It works once, within 10 minutes; you can ask for a new one there. Until then the address is not used.",
            "If you know nothing of it, you can ignore this letter.",
        ],
    )
}

/// The code that proves an address which its owner binds.
#[must_use]
pub fn email_confirmation(to: &Email, code: &str) -> Letter {
    letter(
        "email_confirmation",
        to,
        "Confirm your address",
        &[
            "This is the code to bind this address to your account:",
            code,
            "It works once, within 10 minutes. Nobody from us ever asks you for it.",
            "If you did not ask for it, you can ignore this letter.",
        ],
    )
}

/// The address of an account changed: to the new one and the old one.
#[must_use]
pub fn email_bound(to: &Email, account: &str, bound: &Email) -> Letter {
    letter(
        "email_bound",
        to,
        "The address of your account changed",
        &[
            &format!("The address {bound} is now bound to the account {account}."),
            NOT_YOU,
        ],
    )
}

/// The address of an account was taken from it: to that address.
#[must_use]
pub fn email_unbound(to: &Email, account: &str) -> Letter {
    letter(
        "email_unbound",
        to,
        "Your address was taken from your account",
        &[
            &format!(
                "The address {to} is no longer bound to the account {account}. It neither logs in nor gets its letters."
            ),
            NOT_YOU,
        ],
    )
}

/// The password was changed by its owner.
#[must_use]
pub fn password_changed(to: &Email, account: &str) -> Letter {
    letter(
        "password_changed",
        to,
        "Your password was changed",
        &[
            &format!(
                "The password of the account {account} was changed, and all other devices were signed out."
            ),
            NOT_YOU,
        ],
    )
}

/// The password was set by somebody else.
#[must_use]
pub fn password_reset(to: &Email, account: &str) -> Letter {
    letter(
        "password_reset",
        to,
        "Your password was reset",
        &[
            &format!(
                "An administrator reset the password of the account {account}, and all devices were signed out."
            ),
            NOT_YOU,
        ],
    )
}

/// Too many wrong passwords.
#[must_use]
pub fn account_locked(to: &Email, account: &str, until: DateTime<Utc>) -> Letter {
    letter(
        "account_locked",
        to,
        "Your account is locked for a while",
        &[
            &format!(
                "There were too many wrong passwords for the account {account}. It is locked until {}.",
                day_and_time(until)
            ),
            NOT_YOU,
        ],
    )
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_alone_on_its_line_and_never_in_the_subject() {
        let to = Email::parse("mia@example.com").unwrap();
        let letters = [
            verification_code(&to, "123456"),
            account_created(&to, "mia", "https://a.example", "123456"),
            email_proposed(&to, "mia", "123456"),
            email_confirmation(&to, "123456"),
            invitation(
                &to,
                "Blue",
                "Developer",
                "https://a.example",
                "123456",
                DateTime::UNIX_EPOCH,
            ),
        ];
        for letter in letters {
            assert_eq!(
                letter.text.lines().filter(|line| *line == "123456").count(),
                1,
                "{}",
                letter.kind
            );
            assert!(!letter.subject.contains("123456"));
        }
    }
}
