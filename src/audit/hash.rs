//! The keyed hashes over an event: by itself, when it is written, and in its place in the chain.
//!
//! What is hashed are the names and values of the columns that are not null, each with its length before it, so that
//! no two events read the same. A column that is null is left out: one that is added later changes no hash.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::base::id::Id;
use crate::entity::audit_event::{AuditOutcome, Model};
use crate::entity::audit_personal;
use crate::secret::Keys;
use crate::secret::keys::{MacKeys, Use, hex};

/// The keys of both hashes.
pub(super) struct HashKeys {
    event: MacKeys,
    chain: MacKeys,
}

impl HashKeys {
    pub(super) fn new(keys: &Keys) -> Self {
        Self {
            event: keys.mac_keys(Use::AuditEvent),
            chain: keys.mac_keys(Use::AuditChain),
        }
    }

    /// The hash over what the event tells, made when it is written.
    pub(super) fn own(&self, event: &Model) -> String {
        self.event.mac(&told(event).parts())
    }

    /// Whether the event is what was written.
    pub(super) fn own_fits(&self, event: &Model, hash: &str) -> bool {
        self.event.verify(&told(event).parts(), hash)
    }

    /// The hash over the whole row, its place and the hash of the one before.
    pub(super) fn place(&self, event: &Model) -> String {
        self.chain.mac(&placed(event).parts())
    }

    /// Whether the row is what was sealed.
    pub(super) fn place_fits(&self, event: &Model) -> bool {
        let hash = event.hash.as_deref().unwrap_or_default();
        self.chain.verify(&placed(event).parts(), hash)
    }
}

/// The columns that are not null.
#[derive(Default)]
struct Columns<'e>(Vec<(&'static str, Cow<'e, [u8]>)>);

impl<'e> Columns<'e> {
    fn text(&mut self, name: &'static str, value: Option<&'e str>) {
        self.0
            .extend(value.map(|value| (name, Cow::Borrowed(value.as_bytes()))));
    }

    fn bytes(&mut self, name: &'static str, value: Option<impl Into<Vec<u8>>>) {
        self.0.extend(value.map(|value| (name, Cow::Owned(value.into()))));
    }

    fn parts(&self) -> Vec<&[u8]> {
        self.0
            .iter()
            .flat_map(|(name, value)| [name.as_bytes(), value])
            .collect()
    }
}

/// What the event tells.
fn told(event: &Model) -> Columns<'_> {
    // Taken apart by name: a column that is new and was forgotten here does not compile.
    let Model {
        id,
        created_at,
        action,
        outcome,
        actor_id,
        actor_account,
        target_id,
        target_account,
        target_name,
        team_id,
        changes,
        request_id,
        actor_digest,
        target_digest,
        own_hash: _,
        position: _,
        previous_hash: _,
        hash: _,
        sealed_at: _,
    } = event;
    let outcome = match outcome {
        AuditOutcome::Succeeded => "SUCCEEDED",
        AuditOutcome::Refused => "REFUSED",
        AuditOutcome::Failed => "FAILED",
    };
    let mut columns = Columns::default();
    columns.bytes("id", Some(*id.uuid().as_bytes()));
    columns.bytes("created_at", Some(created_at.timestamp_micros().to_be_bytes()));
    columns.text("action", Some(action));
    columns.text("outcome", Some(outcome));
    columns.bytes("actor_id", actor_id.map(|id| *id.uuid().as_bytes()));
    columns.text("actor_account", actor_account.as_deref());
    columns.text("target_id", target_id.as_deref());
    columns.text("target_account", target_account.as_deref());
    columns.text("target_name", target_name.as_deref());
    columns.bytes("team_id", team_id.map(|id| *id.uuid().as_bytes()));
    columns.text("changes", Some(changes));
    columns.text("request_id", Some(request_id));
    columns.text("actor_digest", actor_digest.as_deref());
    columns.text("target_digest", target_digest.as_deref());
    columns
}

/// What it tells, and its place.
fn placed(event: &Model) -> Columns<'_> {
    let mut columns = told(event);
    columns.text("own_hash", event.own_hash.as_deref());
    columns.bytes("position", event.position.map(i64::to_be_bytes));
    columns.text("previous_hash", event.previous_hash.as_deref());
    let sealed_at = event.sealed_at.map(|time| time.timestamp_micros());
    columns.bytes("sealed_at", sealed_at.map(i64::to_be_bytes));
    columns
}

/// The salted digest by which an event covers a row that can be erased.
pub(super) fn digest(row: &audit_personal::Model) -> String {
    hex(&Sha256::new()
        .chain_update(&row.salt)
        .chain_update([0])
        .chain_update(&row.data)
        .finalize())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use sea_orm::ActiveEnum;

    use super::*;
    use crate::base::id::{AuditEventId, TeamId, UserId};

    fn event() -> Model {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let text = |text: &str| Some(text.to_owned());
        Model {
            id: AuditEventId::new(now),
            created_at: now,
            action: "updateTeam".to_owned(),
            outcome: AuditOutcome::Succeeded,
            actor_id: Some(UserId::new(now)),
            actor_account: text("mia"),
            target_id: text("team_1"),
            target_account: text("lia"),
            target_name: text("Blue"),
            team_id: Some(TeamId::new(now)),
            changes: "[]".to_owned(),
            request_id: "request".to_owned(),
            actor_digest: text("a"),
            target_digest: text("b"),
            own_hash: text("c"),
            position: Some(1),
            previous_hash: text("d"),
            hash: None,
            sealed_at: Some(now),
        }
    }

    /// An event with one column changed.
    type Edit = fn(&mut Model);

    #[test]
    fn each_column_changes_the_hash() {
        let keys = HashKeys::new(&Keys::derive("a secret of this test, longer than 32 characters").unwrap());
        let own: [Edit; 14] = [
            |event| event.id = AuditEventId::new(event.created_at),
            |event| event.created_at += TimeDelta::microseconds(1),
            |event| event.action.push('s'),
            |event| event.outcome = AuditOutcome::Refused,
            |event| event.actor_id = None,
            |event| event.actor_account = Some("mi".to_owned()),
            |event| event.target_id = None,
            |event| event.target_account = None,
            |event| event.target_name = None,
            |event| event.team_id = None,
            |event| event.changes.clear(),
            |event| event.request_id.clear(),
            |event| event.actor_digest = None,
            |event| event.target_digest = Some(String::new()),
        ];
        let place: [Edit; 4] = [
            |event| event.own_hash = None,
            |event| event.position = Some(2),
            |event| event.previous_hash = None,
            |event| event.sealed_at = None,
        ];
        let mut whole = event();
        let own_hash = keys.own(&whole);
        whole.hash = Some(keys.place(&whole));
        assert!(keys.own_fits(&whole, &own_hash) && keys.place_fits(&whole));
        for (edit, is_own) in own
            .iter()
            .map(|edit| (edit, true))
            .chain(place.iter().map(|edit| (edit, false)))
        {
            let mut edited = whole.clone();
            edit(&mut edited);
            assert_ne!(edited, whole);
            assert_eq!(keys.own_fits(&edited, &own_hash), !is_own, "{edited:?}");
            assert!(!keys.place_fits(&edited), "{edited:?}");
        }
        whole.hash = None;
        assert!(!keys.place_fits(&whole));
    }

    #[test]
    fn what_moves_from_one_column_into_another_changes_the_hash() {
        let keys = HashKeys::new(&Keys::derive("a secret of this test, longer than 32 characters").unwrap());
        let whole = event();
        let moved = Model {
            target_account: None,
            target_name: Some("lia".to_owned()),
            ..whole.clone()
        };
        let other = Model {
            target_account: Some("lia".to_owned()),
            target_name: None,
            ..whole
        };
        assert_ne!(keys.own(&moved), keys.own(&other));
    }

    #[test]
    fn outcomes_are_hashed_as_they_are_stored() {
        // The hashes are there for good, and so are these words.
        let words = [
            AuditOutcome::Succeeded,
            AuditOutcome::Refused,
            AuditOutcome::Failed,
        ]
        .map(|o| o.to_value());
        assert_eq!(words, ["SUCCEEDED", "REFUSED", "FAILED"]);
    }
}
