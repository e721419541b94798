//! Letters about an account, to its owner.

use chrono::{DateTime, Utc};

use super::words::Words;
use super::{Letter, Recipient, letter};
use crate::base::text::Email;

/// An account was made by somebody else, and its address waits to be confirmed.
#[must_use]
pub fn account_created(to: &Recipient, account: &str, code: &str) -> Letter {
    letter!(to, account_created, account, code)
}

/// An address was bound to an account: to that address.
#[must_use]
pub fn email_bound(to: &Recipient, account: &str, bound: &Email) -> Letter {
    letter!(to, email_bound, account, bound)
}

/// Another address was bound to an account in place of this one: to this one.
#[must_use]
pub fn email_replaced(to: &Recipient, account: &str, bound: &Email) -> Letter {
    letter!(to, email_replaced, account, bound)
}

/// The address of an account was taken from it: to that address.
#[must_use]
pub fn email_unbound(to: &Recipient, account: &str) -> Letter {
    let address = &to.email;
    letter!(to, email_unbound, account, address)
}

/// The code that sets a new password in place of a forgotten one.
#[must_use]
pub fn password_reset_code(to: &Recipient, account: &str, code: &str) -> Letter {
    letter!(to, password_reset_code, account, code)
}

/// The password was changed by its owner.
#[must_use]
pub fn password_changed(to: &Recipient, account: &str) -> Letter {
    letter!(to, password_changed, account)
}

/// The password was set by somebody else.
#[must_use]
pub fn password_reset(to: &Recipient, account: &str) -> Letter {
    letter!(to, password_reset, account)
}

/// Too many wrong passwords.
#[must_use]
pub fn account_locked(to: &Recipient, account: &str, until: DateTime<Utc>) -> Letter {
    let until = Words::of(to.locale).moment(until);
    letter!(to, account_locked, account, until)
}
