//! The keys, derived from the secret file by HKDF-SHA256 (RFC 5869), one for each use.
//!
//! The file has one secret a line: the first makes, all verify, so that a secret is changed by
//! putting a new line on top and taking the old one away a month later. What lasts longer is sealed anew by then
//! (`platform::seal_anew`). The audit log alone is older: to verify what was written with a line, the line is needed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::token::SigningKeys;
use crate::base::random;

/// A new line for a secret file: 32 random bytes in base 64.
#[must_use]
pub fn new_secret() -> String {
    STANDARD_NO_PAD.encode(random::bytes::<32>())
}

/// What a key is for. Each use has a key of its own, so that one can never be played against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Signs access tokens.
    AccessToken,
    /// Makes refresh tokens.
    RefreshToken,
    /// Makes login challenges.
    Challenge,
    /// Hashes invitation codes.
    InvitationCode,
    /// Hashes mailed codes and what they are for.
    VerificationCode,
    /// Hashes the subjects of counters, which can be addresses.
    Counter,
    /// Encrypts letters.
    Mail,
    /// Hashes the tokens of registration links.
    LinkHash,
    /// Encrypts the tokens of registration links.
    LinkText,
    /// Hashes audit events as they are written.
    AuditEvent,
    /// Chains audit events.
    AuditChain,
    /// Encrypts what makes dynamic codes.
    Totp,
    /// Hashes recovery codes.
    RecoveryCode,
    /// Makes the tokens of known devices.
    Device,
    /// Encrypts what the answer of a passkey is held against.
    PasskeyLogin,
    /// Tells two secrets apart without showing either.
    Fingerprint,
}

impl Use {
    fn label(self) -> &'static [u8] {
        match self {
            Self::AccessToken => b"rollcall/1/access-token",
            Self::RefreshToken => b"rollcall/1/refresh-token",
            Self::Challenge => b"rollcall/1/challenge",
            Self::InvitationCode => b"rollcall/1/invitation-code",
            Self::VerificationCode => b"rollcall/1/verification-code",
            Self::Counter => b"rollcall/1/counter",
            Self::Mail => b"rollcall/1/mail",
            Self::LinkHash => b"rollcall/1/link-hash",
            Self::LinkText => b"rollcall/1/link-text",
            Self::AuditEvent => b"rollcall/1/audit-event",
            Self::AuditChain => b"rollcall/1/audit-chain",
            Self::Totp => b"rollcall/1/totp",
            Self::RecoveryCode => b"rollcall/1/recovery-code",
            Self::Device => b"rollcall/1/device",
            Self::PasskeyLogin => b"rollcall/1/passkey-login",
            Self::Fingerprint => b"rollcall/1/fingerprint",
        }
    }
}

/// The keys of this installation.
pub struct Keys {
    secrets: Vec<Hkdf<Sha256>>,
    /// The keys of access tokens.
    pub signing: SigningKeys,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} secrets)", self.secrets.len())
    }
}

/// Why a secret file is no good.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is nothing in it.
    #[error("it holds no secret")]
    Empty,
    /// A line is too short to be one.
    #[error(
        "line {0} is shorter than 32 characters: a secret cannot be guessed only when it is long and random"
    )]
    TooShort(usize),
}

impl Keys {
    /// Derives the keys from the text of a secret file.
    pub fn derive(text: &str) -> Result<Self, SecretError> {
        let mut secrets = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            if line.len() < 32 {
                return Err(SecretError::TooShort(number + 1));
            }
            secrets.push(Hkdf::<Sha256>::new(None, line.as_bytes()));
        }
        if secrets.is_empty() {
            return Err(SecretError::Empty);
        }
        let seeds = secrets
            .iter()
            .map(|secret| key(secret, Use::AccessToken))
            .collect::<Vec<_>>();
        Ok(Self {
            signing: SigningKeys::new(&seeds),
            secrets,
        })
    }

    fn keys(&self, usage: Use) -> impl Iterator<Item = [u8; 32]> {
        self.secrets.iter().map(move |secret| key(secret, usage))
    }

    fn first(&self, usage: Use) -> [u8; 32] {
        key(&self.secrets[0], usage)
    }

    /// The keyed hash of `parts`, in hexadecimal. The parts are told apart by their lengths.
    #[must_use]
    pub fn mac(&self, usage: Use, parts: &[&[u8]]) -> String {
        hex(&mac(&self.first(usage), parts))
    }

    /// The keyed hashes by each secret, the current one first: for a look-up of what an older secret
    /// may have hashed.
    #[must_use]
    pub fn macs(&self, usage: Use, parts: &[&[u8]]) -> Vec<String> {
        self.keys(usage).map(|key| hex(&mac(&key, parts))).collect()
    }

    /// The keys of a use, derived once, for who makes or verifies many hashes.
    #[must_use]
    pub fn mac_keys(&self, usage: Use) -> MacKeys {
        MacKeys(self.keys(usage).collect())
    }

    /// The keyed hash itself, for a token.
    #[must_use]
    pub fn tag(&self, usage: Use, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.first(usage), parts)
    }

    /// Whether the tag is that of `parts`, by any of the secrets; in constant time.
    #[must_use]
    pub fn verify_tag(&self, usage: Use, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.keys(usage).any(|key| mac(&key, parts).ct_eq(tag).into())
    }

    /// Encrypts with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), bound to `context`: what is
    /// sealed for one row cannot be opened in another's place.
    #[must_use]
    pub fn seal(&self, usage: Use, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = random::bytes();
        let cipher = XChaCha20Poly1305::new(&self.first(usage).into());
        // Fails for texts of 256 GiB alone.
        let sealed = cipher.encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: context,
            },
        );
        [&nonce[..], &sealed.unwrap_or_default()].concat()
    }

    /// Opens what [`Keys::seal`] made, by whichever secret fits.
    #[must_use]
    pub fn open(&self, usage: Use, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.keys(usage).find_map(|key| open_with(&key, context, sealed))
    }

    /// Seals anew with the current secret what an older one had sealed; none where that is not so.
    #[must_use]
    pub fn seal_anew(&self, usage: Use, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let plain = Zeroizing::new(self.open(usage, context, sealed)?);
        let is_current = open_with(&self.first(usage), context, sealed).is_some();
        (!is_current).then(|| self.seal(usage, context, &plain))
    }

    /// Whether there are older secrets than the current one.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.secrets.len() > 1
    }

    /// What tells the secrets from others, the current one first.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        self.macs(Use::Fingerprint, &[])
    }
}

/// The keys of one use, the current one first.
pub struct MacKeys(Vec<[u8; 32]>);

impl MacKeys {
    /// The keyed hash of `parts`, in hexadecimal. The parts are told apart by their lengths.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> String {
        // There is one: a secret file without a line is refused.
        hex(&mac(&self.0[0], parts))
    }

    /// Whether the hash, in hexadecimal, is that of `parts`, by any of the keys; in constant time.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], hash: &str) -> bool {
        self.0
            .iter()
            .any(|key| hex(&mac(key, parts)).as_bytes().ct_eq(hash.as_bytes()).into())
    }
}

fn key(secret: &Hkdf<Sha256>, usage: Use) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes are far below HKDF's bound of 255 hashes, the one case in which it fails.
    let expanded = secret.expand(usage.label(), &mut key);
    debug_assert!(expanded.is_ok());
    key
}

fn open_with(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<24>()?;
    let payload = Payload {
        msg: text,
        aad: context,
    };
    XChaCha20Poly1305::new(&(*key).into())
        .decrypt(&XNonce::from(*nonce), payload)
        .ok()
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC fills a short key up with zeros to the hash's block of 64 bytes (RFC 2104, section 2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(lines: &[&str]) -> Keys {
        Keys::derive(&lines.join("\n")).unwrap()
    }

    const OLD: &str = "an old secret of more than 32 characters";
    const NEW: &str = "a new secret of more than 32 characters";

    #[test]
    fn a_new_first_line_makes_and_the_old_one_still_verifies() {
        let (old, both, new) = (keys(&[OLD]), keys(&[NEW, OLD]), keys(&[NEW]));
        let sealed = old.seal(Use::Mail, b"id", b"text");
        assert_eq!(both.open(Use::Mail, b"id", &sealed).unwrap(), b"text");
        assert_eq!(both.open(Use::Mail, b"other", &sealed), None);
        assert_eq!(both.open(Use::RefreshToken, b"id", &sealed), None);
        assert_eq!(new.open(Use::Mail, b"id", &sealed), None);
        // What was sealed with the old one is sealed with the new one, once.
        let anew = both.seal_anew(Use::Mail, b"id", &sealed).unwrap();
        assert_eq!(new.open(Use::Mail, b"id", &anew).unwrap(), b"text");
        assert_eq!(both.seal_anew(Use::Mail, b"id", &anew), None);
        assert_eq!(new.seal_anew(Use::Mail, b"id", &sealed), None);
        let tag = old.tag(Use::Challenge, &[b"a"]);
        assert!(both.verify_tag(Use::Challenge, &[b"a"], &tag));
        assert!(!new.verify_tag(Use::Challenge, &[b"a"], &tag));
        assert_eq!(
            both.mac(Use::Challenge, &[b"a"]),
            new.mac(Use::Challenge, &[b"a"])
        );
    }

    #[test]
    fn parts_are_told_apart() {
        let keys = keys(&[OLD]);
        assert_ne!(
            keys.mac(Use::Counter, &[b"ab", b"c"]),
            keys.mac(Use::Counter, &[b"a", b"bc"])
        );
    }

    #[test]
    fn a_short_or_empty_file_is_refused() {
        assert!(matches!(Keys::derive(" \n"), Err(SecretError::Empty)));
        assert!(matches!(Keys::derive("\nshort"), Err(SecretError::TooShort(2))));
        assert!(Keys::derive(&new_secret()).is_ok());
    }
}
