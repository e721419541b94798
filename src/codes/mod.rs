//! Mailed codes of 6 digits: one purpose, one address, 10 minutes, one use, 5 tries.
//!
//! A row holds neither code nor address, only keyed hashes of both. A try is counted before the code
//! is looked at, and committed by itself, so that parallel guesses are all counted.

mod admit;
mod issue_in;
mod spend_in;
mod try_code;

pub use admit::admit;
pub use issue_in::issue_in;
pub use spend_in::spend_in;
pub use try_code::{Proof, try_code};

use chrono::TimeDelta;

use crate::base::id::{Id, UserId};
use crate::base::text::Email;
use crate::secret::Keys;
use crate::secret::keys::Use;

/// How long a code holds.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);
/// How many tries a code bears.
pub const MOST_TRIES: i32 = 5;

/// What a code proves an address for. A code for one thing is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To register with it.
    Register,
    /// To bind it to this user.
    BindEmail(UserId),
    /// To set a new password of whoever it is bound to.
    ResetPassword,
}

/// What a row of the table is found by.
fn subject(keys: &Keys, purpose: Purpose, email: &Email) -> String {
    let address = email.folded();
    match purpose {
        Purpose::Register => keys.mac(Use::VerificationCode, &[b"register", address.as_bytes()]),
        Purpose::ResetPassword => keys.mac(Use::VerificationCode, &[b"reset-password", address.as_bytes()]),
        Purpose::BindEmail(user_id) => keys.mac(
            Use::VerificationCode,
            &[b"bind-email", user_id.uuid().as_bytes(), address.as_bytes()],
        ),
    }
}
