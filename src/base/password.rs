//! A password, from the form that it was typed in to the hasher, and to nowhere else.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::error::UserErrorCode;
use super::form::Flaw;

/// A password as it is hashed: in NFC, so that it can be typed again on another keyboard. It has
/// no `Debug` or `Display` that shows it, and is wiped when dropped.
#[derive(Clone, zeroize::ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// No longer password is looked at, whatever the policy says: 256 characters of 4 bytes each,
    /// and room for what NFC makes shorter.
    const MAX_BYTES: usize = 4096;

    /// Takes a password as typed. Whether it is good enough is the password policy's to say.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        if text.is_empty() {
            return Err(Flaw::new(UserErrorCode::Required, "This must not be empty."));
        }
        if text.len() > Self::MAX_BYTES {
            return Err(Flaw::new(UserErrorCode::TooLong, "The password is too long."));
        }
        Ok(Self(text.nfc().collect()))
    }

    /// The password itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
