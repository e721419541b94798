//! Dynamic codes (TOTP, RFC 6238): 6 digits of HMAC-SHA-1, a new one every 30 seconds, as every authenticator app
//! makes them; and the codes that stand in for a lost device.

use chrono::{DateTime, Utc};
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::keys::{Keys, Use};
use crate::base::id::{Id, UserId};
use crate::base::{Error, Result, random};

/// Seconds of a step.
const STEP: u64 = 30;
/// Steps by which a device's clock may be wrong (RFC 6238, section 5.2, advises one at the most).
const DRIFT: u16 = 1;
/// Bytes of a secret: as many as the hash has (RFC 4226, section 4).
const BYTES: usize = 20;
/// Recovery codes of a user (`domain.md`, "Login").
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 69 bits (NIST SP 800-63B-4, section 4.2.1.1, wants 64), in two halves for reading.
const RECOVERY_LENGTH: usize = 14;
/// Without those that are mistaken for each other.
const RECOVERY_ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// What a user's device and we share.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes::<BYTES>().to_vec()))
    }

    /// Encrypts it for the user's row.
    #[must_use]
    pub fn seal(&self, keys: &Keys, user_id: UserId) -> Vec<u8> {
        keys.seal(Use::Totp, user_id.uuid().as_bytes(), &self.0)
    }

    /// Opens the one of the user's row.
    pub fn open(keys: &Keys, user_id: UserId, sealed: &[u8]) -> Result<Self> {
        let plain = keys.open(Use::Totp, user_id.uuid().as_bytes(), sealed);
        plain.map(|plain| Self(Zeroizing::new(plain))).ok_or_else(|| {
            Error::internal("a TOTP secret was sealed with a secret that is no longer in the secret file")
        })
    }

    /// Encrypts anew, with the current secret of the installation, what an older one had encrypted; none where that is
    /// not so.
    #[must_use]
    pub fn seal_anew(keys: &Keys, user_id: UserId, sealed: &[u8]) -> Option<Vec<u8>> {
        keys.seal_anew(Use::Totp, user_id.uuid().as_bytes(), sealed)
    }

    fn totp(&self, account: &str) -> Result<Totp> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(DRIFT)
            .with_step_duration(STEP)
            .with_secret(self.0.to_vec())
            .with_account_name(account)
            .with_issuer(Some("Rollcall"))
            .build()
            .map_err(Error::internal)
    }

    /// In base 32, for who types it into the app.
    pub fn text(&self) -> Result<String> {
        Ok(self.totp("")?.secret().to_base32())
    }

    /// The `otpauth` URI (Google Authenticator's key URI format) of this account.
    pub fn uri(&self, account: &str) -> Result<String> {
        self.totp(account)?.to_url().map_err(Error::internal)
    }

    /// The step whose code this is, now or one step away; in constant time.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
        let now = u64::try_from(now.timestamp()).map_err(Error::internal)?;
        let code: String = code.chars().filter(|c| !c.is_whitespace()).take(16).collect();
        let step = self.totp("")?.check(&code, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }
}

/// The URI as a QR code: an SVG image of its own, black on white, with the quiet zone that readers need.
pub fn qr_code(uri: &str) -> Result<String> {
    let code = QrCode::new(uri).map_err(Error::internal)?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(image)
}

/// New recovery codes, as they are shown once.
#[must_use]
pub fn new_recovery_codes() -> Vec<String> {
    let code = || {
        let code = random::pick(RECOVERY_ALPHABET, RECOVERY_LENGTH);
        let (first, second) = code.split_at(RECOVERY_LENGTH / 2);
        format!("{first}-{second}")
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// Whatever people type between and around its characters, and how they write them.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    letters
        .map(|c| c.to_ascii_lowercase())
        .take(RECOVERY_LENGTH + 1)
        .collect()
}

/// The stored form of a user's recovery code.
#[must_use]
pub fn recovery_hash(keys: &Keys, user_id: UserId, code: &str) -> String {
    keys.mac(
        Use::RecoveryCode,
        &[user_id.uuid().as_bytes(), plain(code).as_bytes()],
    )
}

/// All stored forms that a user's recovery code can have, by each secret in use.
#[must_use]
pub fn recovery_hashes(keys: &Keys, user_id: UserId, code: &str) -> Vec<String> {
    keys.macs(
        Use::RecoveryCode,
        &[user_id.uuid().as_bytes(), plain(code).as_bytes()],
    )
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// RFC 6238, appendix B: the secret, and its codes for SHA-1, of which the last six digits are ours.
    #[test]
    fn makes_the_codes_of_the_standard() {
        let secret = Secret(Zeroizing::new(b"12345678901234567890".to_vec()));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
            assert_eq!(secret.step_of(code, now).unwrap(), Some(seconds / 30));
            let spaced = format!(" {} {}", &code[..3], &code[3..]);
            assert_eq!(
                secret.step_of(&spaced, now + TimeDelta::seconds(30)).unwrap(),
                Some(seconds / 30)
            );
            assert_eq!(secret.step_of(code, now + TimeDelta::seconds(60)).unwrap(), None);
        }
    }

    #[test]
    fn a_qr_code_is_an_image_of_the_uri() {
        let uri = Secret::generate().uri("mia").unwrap();
        assert!(uri.starts_with("otpauth://totp/Rollcall:mia?secret="), "{uri}");
        let svg = qr_code(&uri).unwrap();
        assert!(svg.contains("<svg") && svg.contains("viewBox"));
    }

    #[test]
    fn a_recovery_code_may_be_typed_in_many_ways() {
        let keys = Keys::derive("a secret of this test, longer than 32 characters").unwrap();
        let user = UserId::new(DateTime::UNIX_EPOCH);
        let codes = new_recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
        assert_eq!(
            recovery_hash(&keys, user, &typed),
            recovery_hash(&keys, user, &codes[0])
        );
        assert_ne!(
            recovery_hash(&keys, user, &codes[1]),
            recovery_hash(&keys, user, &codes[0])
        );
    }
}
