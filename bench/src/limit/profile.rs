//! A new name for oneself, with its audit event: one statement.
//!
//! The viewer's statement tells the old name, which the event's digest covers. The write holds only if the name is still
//! that one, so it needs no lock before, and no transaction of its own.

use rollcall::base::random;
use rollcall::base::text::Name;
use rollcall::entity::user_search::bigrams;
use rollcall::secret::keys::{MacKeys, hex};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use uuid::{Builder, Uuid};

use super::json::Json;
use super::lanes::{Error, Lane, time};
use super::token::Named;

/// The user, what they are found by, the event and what is personal in it.
pub const RENAME: &str = r#"
    WITH renamed AS (
        UPDATE "user" SET name = $3, name_folded = $4 WHERE id = $1 AND name = $2 RETURNING id, account, locale),
    told AS (
        INSERT INTO audit_event (id, created_at, action, outcome, actor_id, actor_account, target_id, target_account,
                                 changes, request_id, actor_digest, target_digest, own_hash)
        SELECT $5, $6, 'updateProfile', 'SUCCEEDED', id, account, $7, account, '[]', $8, $9, $10, $11 FROM renamed
        RETURNING id),
    found AS (
        UPDATE user_search SET bigrams = $16 FROM renamed WHERE user_id = renamed.id),
    kept AS (
        INSERT INTO audit_personal (event_id, side, user_id, salt, data)
        SELECT told.id, side, $1, salt, data
        FROM told, (VALUES ('ACTOR', $12::text, $13::text), ('TARGET', $14::text, $15::text)) AS side (side, salt, data))
    SELECT locale FROM renamed"#;

/// Where the request came from.
pub struct Source<'r> {
    /// The address.
    pub address: &'r str,
    /// The user agent.
    pub user_agent: Option<&'r str>,
}

/// Renames the viewer. None when somebody else did so meanwhile: the caller looks again.
pub async fn rename(
    lane: &Lane,
    keys: &MacKeys,
    (named, viewer): (Named, &Row),
    source: &Source<'_>,
    name: &str,
    now: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let name = Name::parse(name).map_err(|_| "not a name")?;
    let (old, account): (&str, &str) = (viewer.try_get(10)?, viewer.try_get(11)?);
    let event = event_id(now);
    let mut target = Json::new(32);
    target.id("user_", named.user);
    let target = String::from_utf8(target.into_bytes())?;
    let target = target.trim_matches('"');
    let request = hex(&random::bytes::<16>());
    let actor =
        Personal::new(json!({ "address": source.address, "userAgent": source.user_agent }).to_string());
    let changes = if name.as_str() == old {
        json!([])
    } else {
        json!([{ "field": "name", "before": old, "after": name.as_str() }])
    };
    let aimed = Personal::new(json!({ "name": old, "changes": changes }).to_string());
    let told: [(&str, &[u8]); 12] = [
        ("id", event.as_bytes()),
        ("created_at", &now.to_be_bytes()),
        ("action", b"updateProfile"),
        ("outcome", b"SUCCEEDED"),
        ("actor_id", named.user.as_bytes()),
        ("actor_account", account.as_bytes()),
        ("target_id", target.as_bytes()),
        ("target_account", account.as_bytes()),
        ("changes", b"[]"),
        ("request_id", request.as_bytes()),
        ("actor_digest", actor.digest.as_bytes()),
        ("target_digest", aimed.digest.as_bytes()),
    ];
    let parts: Vec<&[u8]> = told
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value])
        .collect();
    let own_hash = keys.mac(&parts);
    let found_by = bigrams(&name.folded(), viewer.try_get(15)?, viewer.try_get(16)?);
    let written = lane
        .client
        .query(
            &lane.rename,
            &[
                &named.user,
                &old,
                &name.as_str(),
                &name.folded(),
                &event,
                &time(now),
                &target,
                &request,
                &actor.digest,
                &aimed.digest,
                &own_hash,
                &actor.salt,
                &actor.data,
                &aimed.salt,
                &aimed.data,
                &found_by,
            ],
        )
        .await?;
    let Some(row) = written.first() else {
        return Ok(None);
    };
    let mut json = Json::new(256);
    json.raw("{\"data\":{\"updateProfile\":{\"user\":{\"id\":")
        .id("user_", named.user)
        .raw(",\"name\":")
        .text(name.as_str())
        .raw(",\"locale\":")
        .text(row.try_get(0)?)
        .raw("},\"userErrors\":[]}}}");
    Ok(Some(json.into_bytes()))
}

/// A row that can be erased, and the digest by which the event covers it.
struct Personal {
    salt: String,
    data: String,
    digest: String,
}

impl Personal {
    fn new(data: String) -> Self {
        let salt = hex(&random::bytes::<16>());
        let digest = Sha256::new()
            .chain_update(&salt)
            .chain_update([0])
            .chain_update(&data)
            .finalize();
        Self {
            digest: hex(&digest),
            salt,
            data,
        }
    }
}

fn event_id(now: i64) -> Uuid {
    let millis = u64::try_from(now / 1000).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random::bytes()).into_uuid()
}
