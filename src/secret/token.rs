//! Access tokens, refresh tokens and login challenges.
//!
//! An access token names a session and is verified by others through a JWKS document; it is not the
//! authority, the session's row is. The other two are opaque: an id, and a tag that only this
//! installation can make, so that nothing in the database is a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::keys::{Keys, Use, hex};
use crate::base::id::{ChallengeId, DeviceId, Id, SessionId, UserId};
use crate::base::{Error, Result, random};

/// How long an access token holds (`domain.md`, "Login").
pub const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);
/// The type of an access token (RFC 9068, section 2.1): what is signed by the same key for another use is none.
const TYPE: &str = "at+jwt";
/// Whom an access token is for: Rollcall, and the services that trust it.
const AUDIENCE: &str = "rollcall";

/// The claims of an access token (RFC 7519; RFC 9068 for their names).
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user.
    sub: String,
    /// The session.
    sid: String,
    iat: i64,
    exp: i64,
    jti: String,
}

/// The keys that sign and verify access tokens: Ed25519 (RFC 8037).
pub struct SigningKeys {
    keys: Vec<TokenKey>,
    /// Tokens whose signatures were found good, by their hashes, with what they say. A signature stays good for as long as
    /// the keys are the same, which is this program's life; whether a token has expired, and whether its session goes on,
    /// is asked each time.
    verified: Cache<[u8; 32], Verified>,
}

/// What a token with a good signature says.
#[derive(Clone, Copy, Debug)]
struct Verified {
    user_id: UserId,
    session_id: SessionId,
    expires_at: i64,
}

/// How many tokens are remembered. Checking a signature costs as much as the rest of a small request.
const MOST_VERIFIED: usize = 10_000;

struct TokenKey {
    id: String,
    public: VerifyingKey,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SigningKeys {
    /// The keys of these seeds; the first signs.
    pub(super) fn new(seeds: &[[u8; 32]]) -> Self {
        let keys = seeds.iter().filter_map(|seed| {
            let key = SigningKey::from_bytes(seed);
            let public = key.verifying_key();
            let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
            Some(TokenKey {
                id: hex(&public.as_bytes()[..8]),
                public,
                encoding: EncodingKey::from_ed_der(key.to_pkcs8_der().ok()?.as_bytes()),
                decoding: DecodingKey::from_ed_components(&x).ok()?,
            })
        });
        Self {
            keys: keys.collect(),
            verified: Cache::new(MOST_VERIFIED),
        }
    }

    /// An access token for a session, and when it expires.
    pub fn sign(
        &self,
        issuer: &str,
        user_id: UserId,
        session_id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>)> {
        let expiry = now + ACCESS_TOKEN_LIFE;
        let claims = Claims {
            iss: issuer.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user_id.to_string(),
            sid: session_id.to_string(),
            iat: now.timestamp(),
            exp: expiry.timestamp(),
            jti: hex(&random::bytes::<8>()),
        };
        let key = self
            .keys
            .first()
            .ok_or_else(|| Error::internal("there is no signing key"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(Error::internal)?;
        Ok((token, expiry))
    }

    /// The user and session of an access token that is ours and has not expired.
    #[must_use]
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<(UserId, SessionId)> {
        // No token of ours is longer.
        if token.len() > 1024 {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.verified.get(&hash);
        let verified = known.map_or_else(|| self.check(token), Some)?;
        if verified.expires_at <= now.timestamp() {
            self.verified.remove(&hash);
            return None;
        }
        if known.is_none() {
            self.verified.insert(hash, verified);
        }
        Some((verified.user_id, verified.session_id))
    }

    /// What a token of ours says, whenever it expires.
    fn check(&self, token: &str) -> Option<Verified> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // What else the header says, such as a key of its own, is not looked at.
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let key = self
            .keys
            .iter()
            .find(|key| Some(&key.id) == header.kid.as_ref())?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Our clock decides, not the library's: tests move it. Nor is the issuer asked for: the keys are this
        // installation's own, and each of its nodes may be reached by another name.
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["aud", "exp"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation)
            .ok()?
            .claims;
        Some(Verified {
            user_id: UserId::parse(&claims.sub).ok()?,
            session_id: SessionId::parse(&claims.sid).ok()?,
            expires_at: claims.exp,
        })
    }

    /// The JWKS document (RFC 7517): the public keys, for those who verify access tokens themselves.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        let keys = self.keys.iter().map(|key| {
            serde_json::json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": key.id,
                "x": URL_SAFE_NO_PAD.encode(key.public.as_bytes()),
            })
        });
        serde_json::json!({ "keys": keys.collect::<Vec<_>>() })
    }
}

/// A refresh token as it names itself: a session, and how often its token has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session.
    pub session_id: SessionId,
    /// The generation.
    pub generation: i32,
}

impl RefreshToken {
    /// The token as its client keeps it.
    #[must_use]
    pub fn print(self, keys: &Keys) -> String {
        opaque(
            keys,
            Use::RefreshToken,
            self.session_id.uuid(),
            &self.generation.to_be_bytes(),
        )
    }

    /// Reads a token that this installation made.
    #[must_use]
    pub fn read(keys: &Keys, text: &str) -> Option<Self> {
        let (id, generation) = read_opaque::<4>(keys, Use::RefreshToken, text)?;
        Some(Self {
            session_id: SessionId(id),
            generation: i32::from_be_bytes(generation),
        })
    }
}

/// How long a device is known without logging in again.
pub const DEVICE_LIFE: TimeDelta = TimeDelta::days(180);

/// The token of a device that a user logged in from: it tells that device apart from strangers, and opens nothing.
#[must_use]
pub fn print_device(keys: &Keys, id: DeviceId, user_id: UserId, now: DateTime<Utc>) -> String {
    let rest = [&user_id.uuid().as_bytes()[..], &now.timestamp().to_be_bytes()].concat();
    opaque(keys, Use::Device, id.uuid(), &rest)
}

/// Reads the token of a device that this user logged in from lately.
#[must_use]
pub fn read_device(keys: &Keys, text: &str, user_id: UserId, now: DateTime<Utc>) -> Option<DeviceId> {
    let (id, rest) = read_opaque::<24>(keys, Use::Device, text)?;
    let (user, made_at) = rest.split_first_chunk::<16>()?;
    let made_at = i64::from_be_bytes(made_at.try_into().ok()?);
    let is_fresh = now.timestamp() - made_at < DEVICE_LIFE.num_seconds();
    (user == user_id.uuid().as_bytes() && is_fresh).then_some(DeviceId(id))
}

/// The challenge of a login that waits for its next step.
#[must_use]
pub fn print_challenge(keys: &Keys, id: ChallengeId) -> String {
    opaque(keys, Use::Challenge, id.uuid(), &[])
}

/// Reads a challenge that this installation made.
#[must_use]
pub fn read_challenge(keys: &Keys, text: &str) -> Option<ChallengeId> {
    read_opaque::<0>(keys, Use::Challenge, text).map(|(id, _)| ChallengeId(id))
}

fn opaque(keys: &Keys, usage: Use, id: Uuid, rest: &[u8]) -> String {
    let tag = keys.tag(usage, &[id.as_bytes(), rest]);
    URL_SAFE_NO_PAD.encode([id.as_bytes(), rest, &tag].concat())
}

fn read_opaque<const REST: usize>(keys: &Keys, usage: Use, text: &str) -> Option<(Uuid, [u8; REST])> {
    // No token of ours is longer; nothing long is decoded.
    if text.len() > 128 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (id, bytes) = bytes.split_first_chunk::<16>()?;
    let (rest, tag) = bytes.split_first_chunk::<REST>()?;
    keys.verify_tag(usage, &[id, rest], tag)
        .then(|| (Uuid::from_bytes(*id), *rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive("a secret of this test, longer than 32 characters").unwrap()
    }

    #[test]
    fn an_access_token_holds_for_15_minutes() {
        let (keys, now) = (keys(), DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let (user, session) = (UserId::new(now), SessionId::new(now));
        let (token, expiry) = keys
            .signing
            .sign("https://a.example", user, session, now)
            .unwrap();
        assert_eq!(keys.signing.verify(&token, now), Some((user, session)));
        assert_eq!(keys.signing.verify(&token, expiry), None);
        let other = Keys::derive("another secret, also longer than 32 characters").unwrap();
        assert_eq!(other.signing.verify(&token, now), None);
    }

    #[test]
    fn a_token_of_our_key_for_another_use_is_no_access_token() {
        let (keys, now) = (keys(), DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let (user, session) = (UserId::new(now), SessionId::new(now));
        let key = keys.signing.keys.first().unwrap();
        let sign = |typ: Option<&str>, aud: Option<&str>, key_id: Option<&str>| {
            let mut header = Header::new(Algorithm::EdDSA);
            header.typ = typ.map(ToOwned::to_owned);
            header.kid = Some(key_id.unwrap_or(&key.id).to_owned());
            let mut claims = serde_json::json!({
                "iss": "https://a.example", "sub": user.to_string(), "sid": session.to_string(),
                "iat": now.timestamp(), "exp": (now + ACCESS_TOKEN_LIFE).timestamp(), "jti": "1",
            });
            if let Some(aud) = aud {
                claims["aud"] = aud.into();
            }
            let token = jsonwebtoken::encode(&header, &claims, &key.encoding).unwrap();
            keys.signing.verify(&token, now)
        };
        assert_eq!(sign(Some(TYPE), Some(AUDIENCE), None), Some((user, session)));
        assert_eq!(sign(Some("JWT"), Some(AUDIENCE), None), None);
        assert_eq!(sign(None, Some(AUDIENCE), None), None);
        assert_eq!(sign(Some(TYPE), Some("others"), None), None);
        assert_eq!(sign(Some(TYPE), None, None), None);
        assert_eq!(sign(Some(TYPE), Some(AUDIENCE), Some("unknown")), None);
    }

    #[test]
    fn an_opaque_token_cannot_be_changed() {
        let keys = keys();
        let token = RefreshToken {
            session_id: SessionId::new(DateTime::UNIX_EPOCH),
            generation: 3,
        };
        let text = token.print(&keys);
        assert_eq!(RefreshToken::read(&keys, &text), Some(token));
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character carries bits that base 64 leaves unused; a strict decoder refuses them.
            assert_eq!(RefreshToken::read(&keys, &changed), None, "{place}");
        }
        assert_eq!(read_challenge(&keys, &text), None);
    }
}
