//! Letters that prove an address.

use super::{Letter, Recipient, letter};

/// The code that proves an address at registration.
#[must_use]
pub fn verification_code(to: &Recipient, code: &str) -> Letter {
    letter!(to, verification_code, code)
}

/// Instead of a code, for the owner of an address that has an account.
#[must_use]
pub fn address_has_account(to: &Recipient, account: &str) -> Letter {
    letter!(to, address_has_account, account)
}

/// An address was typed by somebody else, and waits to be confirmed by its owner.
#[must_use]
pub fn email_proposed(to: &Recipient, account: &str, code: &str) -> Letter {
    letter!(to, email_proposed, account, code)
}

/// The code that proves an address which its owner binds.
#[must_use]
pub fn email_confirmation(to: &Recipient, account: &str, code: &str) -> Letter {
    letter!(to, email_confirmation, account, code)
}
