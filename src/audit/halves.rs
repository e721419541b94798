//! The personal halves of events, held against what the events say of them.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::flaw::{Side, Wrong};
use super::hash::digest;
use crate::base::Result;
use crate::base::id::{AuditEventId, Id, UserId};
use crate::entity::{audit_event, audit_personal, user};

/// The personal halves of some events.
pub(super) struct Halves {
    rows: HashMap<(AuditEventId, String), audit_personal::Model>,
    /// Those whose half is missing and who are there all the same.
    living: HashSet<UserId>,
}

impl Halves {
    /// Reads those of these events.
    pub(super) async fn of(connection: &impl ConnectionTrait, events: &[audit_event::Model]) -> Result<Self> {
        let rows = audit_personal::Entity::find()
            .filter(audit_personal::Column::EventId.is_in(events.iter().map(|event| event.id)))
            .all(connection)
            .await?;
        let rows: HashMap<_, _> = rows
            .into_iter()
            .map(|row| ((row.event_id, row.side.clone()), row))
            .collect();
        let has =
            |event: &audit_event::Model, side: Side| rows.contains_key(&(event.id, side.name().to_owned()));
        let missing: HashSet<UserId> = events
            .iter()
            .flat_map(|event| Side::BOTH.map(|side| (event, side)))
            .filter(|(event, side)| side.digest(event).is_some() && !has(event, *side))
            .filter_map(|(event, side)| side.owner(event))
            .collect();
        // After the rows: who is deleted in between has neither.
        let living = if missing.is_empty() {
            Vec::new()
        } else {
            user::Entity::find()
                .select_only()
                .column(user::Column::Id)
                .filter(user::Column::Id.is_in(missing))
                .into_tuple::<UserId>()
                .all(connection)
                .await?
        };
        Ok(Self {
            rows,
            living: living.into_iter().collect(),
        })
    }

    /// Whether the halves are those of the event, or went with their users.
    pub(super) fn fit(&self, event: &audit_event::Model) -> Result<(), Wrong> {
        for side in Side::BOTH {
            let row = self.rows.get(&(event.id, side.name().to_owned()));
            let owner = side.owner(event);
            match (side.digest(event), row) {
                (Some(stored), Some(row)) if *stored == digest(row) && owner == Some(row.user_id) => {}
                (_, Some(_)) => return Err(Wrong::PersonalEdited(side)),
                (Some(_), None) if owner.is_some_and(|owner| self.living.contains(&owner)) => {
                    return Err(Wrong::PersonalMissing(side));
                }
                // There was none, or it went with its user.
                (_, None) => {}
            }
        }
        Ok(())
    }
}

impl Side {
    fn digest(self, event: &audit_event::Model) -> Option<&String> {
        match self {
            Self::Actor => event.actor_digest.as_ref(),
            Self::Target => event.target_digest.as_ref(),
        }
    }

    /// Whose it is. Where nobody acted in their own name, the source is the target's.
    fn owner(self, event: &audit_event::Model) -> Option<UserId> {
        let target = || UserId::parse(event.target_id.as_deref()?).ok();
        match self {
            Self::Actor => event.actor_id.or_else(target),
            Self::Target => target(),
        }
    }
}
