//! What a passkey is to sign at a login.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use webauthn_rs::prelude::Passkey;

use super::find::of_user_in;
use super::relying_party::relying_party;
use crate::app::App;
use crate::base::id::{ChallengeId, Id, UserId};
use crate::base::{Error, Result};
use crate::secret::keys::{Keys, Use};

/// How long a login without a name waits for its answer.
const LIFE: TimeDelta = TimeDelta::minutes(10);
/// No ticket of ours is longer; nothing long is decoded.
const LONGEST_TICKET: usize = 4096;
/// What tickets are sealed for.
const CONTEXT: &[u8] = b"ticket";

/// A challenge.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The options of `navigator.credentials.get`.
    pub options: Value,
    /// What the answer is held against.
    pub state: String,
}

/// A challenge for whoever has a passkey here: the authenticator says who it is.
pub fn challenge(app: &App) -> Result<Challenge> {
    let (asked, state) = relying_party(app)?
        .start_discoverable_authentication()
        .map_err(Error::internal)?;
    Ok(Challenge {
        options: serde_json::to_value(&asked.public_key).map_err(Error::internal)?,
        state: serde_json::to_string(&state).map_err(Error::internal)?,
    })
}

/// A challenge for this user's passkeys; none where they have none, or where a changed public URL has made them useless.
pub async fn challenge_of(
    connection: &impl ConnectionTrait,
    app: &App,
    user_id: UserId,
) -> Result<Option<Challenge>> {
    let passkeys = of_user_in(connection, user_id).await?;
    if passkeys.is_empty() || relying_party(app).is_err() {
        return Ok(None);
    }
    let mut challenge = challenge(app)?;
    let mut allowed = Vec::with_capacity(passkeys.len());
    for row in passkeys {
        let passkey: Passkey = serde_json::from_str(&row.credential).map_err(Error::internal)?;
        allowed.push(json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(passkey.cred_id()) }));
    }
    challenge.options["allowCredentials"] = json!(allowed);
    Ok(Some(challenge))
}

/// A challenge that its client keeps, sealed, as nobody is known yet whose row could: so that a flood of them writes
/// nothing. What makes an answer work once is written with the login.
#[derive(Debug)]
pub struct Ticket {
    /// Which one it is.
    pub id: ChallengeId,
    /// Until when it can be answered.
    pub expires_at: DateTime<Utc>,
    /// What the answer is held against.
    pub state: String,
}

impl Ticket {
    /// A ticket of now.
    #[must_use]
    pub fn of(state: String, now: DateTime<Utc>) -> Self {
        Self {
            id: ChallengeId::new(now),
            expires_at: now + LIFE,
            state,
        }
    }

    /// The ticket as its client keeps it.
    #[must_use]
    pub fn print(&self, keys: &Keys) -> String {
        let seconds = self.expires_at.timestamp().to_be_bytes();
        let plain = [&self.id.uuid().as_bytes()[..], &seconds, self.state.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(keys.seal(Use::PasskeyLogin, CONTEXT, &plain))
    }

    /// Reads a ticket that this installation made, and that has not expired.
    #[must_use]
    pub fn read(keys: &Keys, text: &str, now: DateTime<Utc>) -> Option<Self> {
        if text.len() > LONGEST_TICKET {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let plain = keys.open(Use::PasskeyLogin, CONTEXT, &sealed)?;
        let (id, plain) = plain.split_first_chunk::<16>()?;
        let (seconds, state) = plain.split_first_chunk::<8>()?;
        let expires_at = DateTime::from_timestamp(i64::from_be_bytes(*seconds), 0)?;
        (now < expires_at).then_some(Self {
            id: ChallengeId(uuid::Uuid::from_bytes(*id)),
            expires_at,
            state: String::from_utf8(state.to_vec()).ok()?,
        })
    }
}
