//! Codes that people type: an 8-digit invitation and a 6-digit mailed code.
//!
//! So few digits are safe by counting the tries, not by their number; they are stored as keyed
//! hashes, so that a stolen database does not give them away.

use subtle::ConstantTimeEq;

use super::keys::{Keys, Use};
use crate::base::id::{CodeId, Id};
use crate::base::random;

/// Digits of an invitation code (`domain.md`, "Invitations").
pub const INVITATION_DIGITS: usize = 8;
/// Digits of a mailed code (`domain.md`, "Registration").
pub const VERIFICATION_DIGITS: usize = 6;

/// A new invitation code.
#[must_use]
pub fn new_invitation() -> String {
    random::digits(INVITATION_DIGITS)
}

/// A new mailed code.
#[must_use]
pub fn new_verification() -> String {
    random::digits(VERIFICATION_DIGITS)
}

/// Whether the text has the form of a code with this many digits. People type blanks around it.
#[must_use]
pub fn digits(text: &str, count: usize) -> Option<&str> {
    let text = text.trim();
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// The stored form of an invitation code.
#[must_use]
pub fn invitation_hash(keys: &Keys, code: &str) -> String {
    keys.mac(Use::InvitationCode, &[code.as_bytes()])
}

/// All stored forms that an invitation code can have, by each secret in use.
#[must_use]
pub fn invitation_hashes(keys: &Keys, code: &str) -> Vec<String> {
    keys.macs(Use::InvitationCode, &[code.as_bytes()])
}

/// The stored form of a mailed code, bound to its row.
#[must_use]
pub fn verification_hash(keys: &Keys, id: CodeId, code: &str) -> String {
    keys.mac(Use::VerificationCode, &[id.uuid().as_bytes(), code.as_bytes()])
}

/// Whether the code is the one of this row; in constant time.
#[must_use]
pub fn verification_matches(keys: &Keys, id: CodeId, code: &str, stored: &str) -> bool {
    keys.macs(Use::VerificationCode, &[id.uuid().as_bytes(), code.as_bytes()])
        .iter()
        .any(|hash| hash.as_bytes().ct_eq(stored.as_bytes()).into())
}
