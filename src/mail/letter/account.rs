//! Letters about an account, to its owner.

use chrono::{DateTime, Utc};

use super::{Letter, NOT_YOU, day_and_time, letter};
use crate::base::text::Email;

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
