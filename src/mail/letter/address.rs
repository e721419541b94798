//! Letters that prove an address.

use super::{Letter, letter};
use crate::base::text::Email;

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
