//! Letters about the ways into an account, to its owner.

use chrono::{DateTime, Utc};

use super::words::Words;
use super::{Letter, Recipient, letter};

/// Somebody logged in from a device that the account has not seen before.
#[must_use]
pub fn new_device(
    to: &Recipient,
    account: &str,
    when: DateTime<Utc>,
    address: Option<&str>,
    user_agent: Option<&str>,
) -> Letter {
    let words = Words::of(to.locale);
    let when = words.moment(when);
    let told = |value: Option<&str>| {
        value
            .filter(|value| !value.trim().is_empty())
            .unwrap_or(words.unknown)
            .to_owned()
    };
    let (address, agent) = (told(address), told(user_agent));
    letter!(to, new_device, account, when, address, agent)
}

/// An authenticator app was bound.
#[must_use]
pub fn totp_bound(to: &Recipient, account: &str) -> Letter {
    letter!(to, totp_bound, account)
}

/// The authenticator app was unbound.
#[must_use]
pub fn totp_unbound(to: &Recipient, account: &str) -> Letter {
    letter!(to, totp_unbound, account)
}

/// A login was completed with a recovery code; so many are left.
#[must_use]
pub fn recovery_code_used(to: &Recipient, account: &str, left: u64) -> Letter {
    letter!(to, recovery_code_used, account, left)
}

/// A passkey was added.
#[must_use]
pub fn passkey_added(to: &Recipient, account: &str, name: &str) -> Letter {
    letter!(to, passkey_added, account, name)
}

/// A passkey was removed.
#[must_use]
pub fn passkey_removed(to: &Recipient, account: &str, name: &str) -> Letter {
    letter!(to, passkey_removed, account, name)
}
