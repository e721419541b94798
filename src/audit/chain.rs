//! The chain as it grows in one hand: events that get their places as they are made, for who fills a database that
//! nobody else writes to, in the transaction that also moves the head.

use chrono::{DateTime, Utc};

use super::event::Event;
use super::hash::HashKeys;
use super::head::Head;
use super::record::rows;
use super::seal::place_one;
use crate::access::Viewer;
use crate::base::Result;
use crate::base::id::AuditEventId;
use crate::entity::{audit_event, audit_personal};
use crate::secret::Keys;

/// A chain and its end.
pub struct Chain {
    keys: HashKeys,
    head: Head,
}

impl Chain {
    /// Goes on after this head.
    #[must_use]
    pub fn after(keys: &Keys, head: Head) -> Self {
        Self {
            keys: HashKeys::new(keys),
            head,
        }
    }

    /// The rows of an event of the moment `at`, which is the next one of the chain: itself and its personal halves.
    pub fn link(
        &mut self,
        id: AuditEventId,
        at: DateTime<Utc>,
        viewer: &Viewer,
        event: Event,
    ) -> Result<(audit_event::Model, Vec<audit_personal::Model>)> {
        let (mut row, halves) = rows(&self.keys, id, at, viewer, event)?;
        let before = std::mem::replace(&mut self.head, Head::nothing());
        self.head = place_one(&mut row, before, &self.keys, at);
        Ok((row, halves))
    }

    /// The last event that was linked.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }
}
