//! Checks access tokens: Rollcall's own, by the public keys that it shows at `/.well-known/jwks.json`.

use std::collections::HashMap;
use std::sync::RwLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use uuid::Uuid;

use super::lanes::Error;

/// How many tokens' signatures are remembered, at most.
const MOST_TOKENS: usize = 10_000;

/// Whom a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The user.
    pub user: Uuid,
    /// The session.
    pub session: Uuid,
    /// When it expires, in seconds since 1970.
    expiry: i64,
}

/// The keys, and the tokens whose signatures were found good.
pub struct Tokens {
    keys: Vec<(String, VerifyingKey)>,
    /// None: each signature is checked each time.
    known: Option<RwLock<HashMap<String, Named>>>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kid: String,
    x: String,
}

#[derive(Deserialize)]
struct Header<'t> {
    #[serde(borrow)]
    typ: &'t str,
    alg: &'t str,
    kid: &'t str,
}

#[derive(Deserialize)]
struct Claims<'t> {
    #[serde(borrow)]
    aud: &'t str,
    sub: &'t str,
    sid: &'t str,
    exp: i64,
}

impl Tokens {
    /// The keys of a JWKS document.
    pub fn new(jwks: &[u8], remember: bool) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for key in serde_json::from_slice::<Jwks>(jwks)?.keys {
            let point: [u8; 32] = URL_SAFE_NO_PAD
                .decode(&key.x)?
                .try_into()
                .map_err(|_| "a key of another length")?;
            keys.push((key.kid, VerifyingKey::from_bytes(&point)?));
        }
        Ok(Self {
            keys,
            known: remember.then(RwLock::default),
        })
    }

    /// Whom the token names, if it is good at this second.
    pub fn verify(&self, token: &str, now: i64) -> Option<Named> {
        let Some(known) = &self.known else {
            return self.check(token).filter(|named| named.expiry > now);
        };
        if let Some(named) = known.read().ok()?.get(token) {
            return Some(*named).filter(|named| named.expiry > now);
        }
        let named = self.check(token).filter(|named| named.expiry > now)?;
        let mut known = known.write().ok()?;
        if known.len() >= MOST_TOKENS {
            known.clear();
        }
        known.insert(token.to_owned(), named);
        Some(named)
    }

    fn check(&self, token: &str) -> Option<Named> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        let header: Header = serde_json::from_slice(&header).ok()?;
        if (header.typ, header.alg) != ("at+jwt", "EdDSA") {
            return None;
        }
        let (_, key) = self.keys.iter().find(|(id, _)| id == header.kid)?;
        let mut bytes = [0; 64];
        URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes).ok()?;
        key.verify_strict(signed.as_bytes(), &Signature::from_bytes(&bytes))
            .ok()?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        if claims.aud != "rollcall" {
            return None;
        }
        Some(Named {
            user: read_id("user_", claims.sub)?,
            session: read_id("session_", claims.sid)?,
            expiry: claims.exp,
        })
    }
}

/// Reads a typed id of this kind.
pub fn read_id(kind: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(kind)?.as_bytes();
    if digits.len() != 26 || digits[0] > b'7' {
        return None;
    }
    let mut value = 0_u128;
    for byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'h' => byte - b'a' + 10,
            b'j' | b'k' => byte - b'j' + 18,
            b'm' | b'n' => byte - b'm' + 20,
            b'p'..=b't' => byte - b'p' + 22,
            b'v'..=b'z' => byte - b'v' + 27,
            _ => return None,
        };
        value = value << 5 | u128::from(digit);
    }
    Some(Uuid::from_u128(value))
}
