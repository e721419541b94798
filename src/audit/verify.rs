//! Walks the whole log, and tells the first event that does not fit.
//!
//! It works beside a running server: it reads in batches, holds no lock, and takes what is sealed meanwhile along.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::flaw::{Flaw, Wrong};
use super::halves::Halves;
use super::hash::HashKeys;
use super::head::{Head, head};
use crate::base::Result;
use crate::base::id::AuditEventId;
use crate::entity::database::Database;
use crate::entity::{audit_event, audit_head, user};
use crate::secret::Keys;

/// How many events to read at a time.
const BATCH: u64 = 1000;

/// What a walk has found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The last event that fits, with all those before it.
    pub head: Head,
    /// How many events are written and not sealed yet.
    pub waiting: u64,
    /// What does not fit first.
    pub flaw: Option<Flaw>,
}

/// Verifies the chain from its beginning to its end, and that it holds these heads, which were exported earlier.
pub async fn verify(database: &Database, keys: &Keys, heads: &[Head]) -> Result<Verdict> {
    let mut walk = Walk {
        connection: database.reader(),
        keys: HashKeys::new(keys),
        heads: BTreeMap::new(),
        last: Head::nothing(),
        has_own_hashes: false,
    };
    let mut flaw = walk.run(heads).await?.err();
    let waiting = audit_event::Entity::find()
        .filter(audit_event::Column::Position.is_null())
        .count(walk.connection)
        .await?;
    if flaw.is_none() {
        flaw = walk.look_at_waiting().await?.err();
    }
    Ok(Verdict {
        head: walk.last,
        waiting,
        flaw,
    })
}

struct Walk<'d, C> {
    connection: &'d C,
    keys: HashKeys,
    /// The heads that have not been passed yet.
    heads: BTreeMap<i64, Vec<String>>,
    /// The last event that fits.
    last: Head,
    /// Whether an event was met that has a hash of its own: all after it have one, too.
    has_own_hashes: bool,
}

/// Whether all fits, or the first that does not.
type Fits = Result<(), Flaw>;

impl<C: ConnectionTrait> Walk<'_, C> {
    async fn run(&mut self, heads: &[Head]) -> Result<Fits> {
        // The database's own head is held to be there like one that was kept elsewhere: it is written with the last
        // event, and who cuts the tail off may forget it.
        let own = audit_head::Entity::find_by_id(1).one(self.connection).await?;
        let Some(own) = own.map(Head::from) else {
            return Ok(Err(Flaw::at(0, Wrong::NoHead)));
        };
        for head in heads.iter().chain([&own]) {
            let hashes = self.heads.entry(head.position).or_default();
            hashes.push(head.hash.clone());
        }
        if let Err(flaw) = self.pass_heads(None) {
            return Ok(Err(flaw));
        }
        // No position is below 1; one that is there all the same is read, and does not fit.
        let mut read_to = i64::MIN;
        loop {
            let events = audit_event::Entity::find()
                .filter(audit_event::Column::Position.gt(read_to))
                .order_by_asc(audit_event::Column::Position)
                .limit(BATCH)
                .all(self.connection)
                .await?;
            let Some(to) = events.last().and_then(|event| event.position) else {
                break;
            };
            read_to = to;
            let halves = Halves::of(self.connection, &events).await?;
            for event in &events {
                if let Err(flaw) = self.pass(event, &halves) {
                    return Ok(Err(flaw));
                }
            }
        }
        self.end().await
    }

    /// Passes an event that has to be the next one.
    fn pass(&mut self, event: &audit_event::Model, halves: &Halves) -> Fits {
        let wrong = |what| Err(Flaw::of(event, what));
        let place = self.last.position + 1;
        match event.position {
            Some(position) if position > place => return Err(Flaw::at(place, Wrong::Missing)),
            Some(position) if position < place => return wrong(Wrong::OutOfPlace),
            _ => {}
        }
        self.is_ours(event).or_else(wrong)?;
        if event.previous_hash.as_ref() != Some(&self.last.hash) {
            return wrong(Wrong::OutOfPlace);
        }
        let hash = match &event.hash {
            Some(hash) if self.keys.place_fits(event) => hash,
            _ => return wrong(Wrong::Forged),
        };
        halves.fit(event).or_else(wrong)?;
        let last = Head {
            position: place,
            hash: hash.clone(),
        };
        let before = std::mem::replace(&mut self.last, last);
        self.pass_heads(Some(event)).inspect_err(|_| self.last = before)
    }

    /// Whether the event is what Rollcall wrote.
    fn is_ours(&mut self, event: &audit_event::Model) -> Result<(), Wrong> {
        match &event.own_hash {
            Some(hash) if !self.keys.own_fits(event, hash) => return Err(Wrong::Edited),
            Some(_) => self.has_own_hashes = true,
            None if self.has_own_hashes => return Err(Wrong::NotOurs),
            None => {}
        }
        Ok(())
    }

    /// Looks at the events that have no place in the chain yet: each has to be one that Rollcall wrote.
    async fn look_at_waiting(&mut self) -> Result<Fits> {
        let mut read_to = None;
        loop {
            let events = audit_event::Entity::find()
                .filter(audit_event::Column::Position.is_null())
                .filter(Condition::all().add_option(read_to.map(|id| audit_event::Column::Id.gt(id))))
                .order_by_asc(audit_event::Column::Id)
                .limit(BATCH)
                .all(self.connection)
                .await?;
            let Some(last) = events.last() else {
                return Ok(Ok(()));
            };
            read_to = Some(last.id);
            let halves = Halves::of(self.connection, &events).await?;
            for event in &events {
                if let Err(what) = self.is_ours(event).and_then(|()| halves.fit(event)) {
                    return Ok(Err(Flaw::of(event, what)));
                }
            }
        }
    }

    /// Compares the heads of this place.
    fn pass_heads(&mut self, event: Option<&audit_event::Model>) -> Fits {
        let heads = self.heads.remove(&self.last.position).unwrap_or_default();
        if heads.iter().all(|hash| *hash == self.last.hash) {
            return Ok(());
        }
        Err(event.map_or(Flaw::at(0, Wrong::OtherHead), |event| {
            Flaw::of(event, Wrong::OtherHead)
        }))
    }

    /// What can only be told at the end.
    async fn end(&mut self) -> Result<Fits> {
        let next = self.last.position + 1;
        if let Some((position, _)) = self.heads.last_key_value() {
            return Ok(Err(Flaw::at(next, Wrong::CutOff(*position))));
        }
        // Written with the last event, and so never behind it.
        let own = head(self.connection).await?;
        if own.position < self.last.position {
            return Ok(Err(Flaw::at(self.last.position, Wrong::HeadBehind(own.position))));
        }
        let with_place = audit_event::Entity::find()
            .filter(audit_event::Column::Position.lte(self.last.position))
            .count(self.connection)
            .await?;
        if i64::try_from(with_place).unwrap_or(i64::MAX) > self.last.position {
            return Ok(Err(Flaw::at(self.last.position, Wrong::PlaceTwice)));
        }
        if let Some(id) = self.id_twice().await? {
            return Ok(Err(Flaw {
                id: Some(id),
                position: None,
                what: Wrong::IdTwice,
            }));
        }
        // The first user of an installation left the first event.
        if self.last.position == 0 && self.is_empty().await? {
            return Ok(Err(Flaw::at(next, Wrong::Empty)));
        }
        Ok(Ok(()))
    }

    /// An id that two events have: the database does not allow it, unless somebody made it.
    async fn id_twice(&self) -> Result<Option<AuditEventId>> {
        let id = audit_event::Entity::find()
            .select_only()
            .column(audit_event::Column::Id)
            .group_by(audit_event::Column::Id)
            .having(Expr::col(audit_event::Column::Id).count().gt(1))
            .limit(1)
            .into_tuple::<AuditEventId>()
            .one(self.connection)
            .await?;
        Ok(id)
    }

    async fn is_empty(&self) -> Result<bool> {
        let events = audit_event::Entity::find().count(self.connection).await?;
        Ok(events == 0 && user::Entity::find().count(self.connection).await? > 0)
    }
}
