//! Rows as JSON, by a plan.

use std::io::Write;
use std::ops::Range;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::selection::Cold;
use super::shape::{Connection, EdgeSlot, InfoSlot, Object, PageSlot, Slot};
use super::table::{Need, Type};
use crate::access::{Subject, Viewer};
use crate::base::id::{TeamId, UserId};
use crate::base::page::{Cursor, Page, SortKey};
use crate::entity::keyset::time_key;
use crate::entity::lanes::Rows;

/// What a statement found, and for whom it is written down.
#[derive(Debug)]
pub struct Writer<'r> {
    pub(super) rows: &'r Rows,
    pub(super) viewer: &'r Viewer,
    pub(super) now: DateTime<Utc>,
    /// How many rows there are in all, where that was counted.
    total: Option<i64>,
    pub(super) out: Vec<u8>,
}

/// The rows of one item: one, or as many as there are memberships beside it.
type Item = Range<usize>;

impl<'r> Writer<'r> {
    /// A writer for this viewer.
    pub fn new(rows: &'r Rows, viewer: &'r Viewer, now: DateTime<Utc>, total: Option<i64>) -> Self {
        Self {
            rows,
            viewer,
            now,
            total,
            out: Vec::with_capacity(1024 + rows.len() * 256),
        }
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Writes the page whose items are told apart by their ids.
    pub fn page(&mut self, connection: &Connection, page: &Page) -> Result<(), Cold> {
        let mut items: Vec<Item> = Vec::new();
        let mut last = None;
        for row in 0..self.rows.len() {
            let id = self.rows.uuid(row, connection.place.1)?;
            match items.last_mut() {
                Some(item) if id == last => item.end = row + 1,
                _ => items.push(row..row + 1),
            }
            last = id;
        }
        self.connection(connection, page, items)
    }

    /// Writes the one object that was looked up.
    pub fn one(&mut self, object: &Object) -> Result<(), Cold> {
        self.object(object, &(0..self.rows.len()))
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn quoted(&mut self, name: &str) {
        self.text("\"");
        self.text(name);
        self.text("\"");
    }

    pub(super) fn flag(&mut self, is: bool) {
        self.text(if is { "true" } else { "false" });
    }

    /// Writes an object's keys, each by `slot`.
    fn keys<S>(
        &mut self,
        keys: &[(String, S)],
        mut slot: impl FnMut(&mut Self, &S) -> Result<(), Cold>,
    ) -> Result<(), Cold> {
        self.text("{");
        for (place, (key, value)) in keys.iter().enumerate() {
            if place > 0 {
                self.text(",");
            }
            self.text(key);
            slot(self, value)?;
        }
        self.text("}");
        Ok(())
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Cold>,
    ) -> Result<(), Cold> {
        self.text("[");
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.text(",");
            }
            write(self, item)?;
        }
        self.text("]");
        Ok(())
    }

    fn connection(&mut self, connection: &Connection, page: &Page, mut items: Vec<Item>) -> Result<(), Cold> {
        let size = usize::try_from(page.size).map_err(|_| Cold)?;
        let more = items.len() > size;
        items.truncate(size);
        if page.backwards {
            items.reverse();
        }
        let (has_previous, has_next) = if page.backwards {
            (more, page.before.is_some())
        } else {
            (page.after.is_some(), more)
        };
        self.keys(&connection.keys, |writer, slot| match slot {
            PageSlot::Typename(name) => {
                writer.quoted(name);
                Ok(())
            }
            PageSlot::Edges(keys) => writer.list(&items, |writer, item| {
                writer.keys(keys, |writer, slot| match slot {
                    EdgeSlot::Typename(name) => {
                        writer.quoted(name);
                        Ok(())
                    }
                    EdgeSlot::Cursor => writer.cursor(connection, item),
                    EdgeSlot::Node(object) => writer.object(object, item),
                })
            }),
            PageSlot::Nodes(object) => writer.list(&items, |writer, item| writer.object(object, item)),
            PageSlot::Info(keys) => {
                writer.keys(keys, |writer, slot| match (slot, items.first(), items.last()) {
                    (InfoSlot::Typename, ..) => {
                        writer.quoted("PageInfo");
                        Ok(())
                    }
                    (InfoSlot::HasNext, ..) => {
                        writer.flag(has_next);
                        Ok(())
                    }
                    (InfoSlot::HasPrevious, ..) => {
                        writer.flag(has_previous);
                        Ok(())
                    }
                    (InfoSlot::Start, Some(item), _) | (InfoSlot::End, _, Some(item)) => {
                        writer.cursor(connection, item)
                    }
                    (InfoSlot::Start | InfoSlot::End, ..) => {
                        writer.text("null");
                        Ok(())
                    }
                })
            }
            PageSlot::Total => {
                let total = writer.total.ok_or(Cold)?;
                write!(writer.out, "{total}").map_err(|_| Cold)
            }
        })
    }

    fn cursor(&mut self, connection: &Connection, item: &Item) -> Result<(), Cold> {
        let (sort, id) = connection.place;
        let key = if connection.by_time {
            time_key(self.rows.time(item.start, sort)?.ok_or(Cold)?)
        } else {
            SortKey::Text(self.rows.text(item.start, sort)?.ok_or(Cold)?.to_owned())
        };
        let cursor = Cursor(key, self.uuid(item.start, id)?).encode();
        self.quoted(&cursor);
        Ok(())
    }

    pub(super) fn uuid(&self, row: usize, column: usize) -> Result<Uuid, Cold> {
        self.rows.uuid(row, column)?.ok_or(Cold)
    }

    fn object(&mut self, object: &Object, item: &Item) -> Result<(), Cold> {
        let row = item.start;
        if !object.needs.is_empty() {
            let id = self.uuid(row, object.id)?;
            if !object.needs.iter().all(|need| self.fulfils(*need, object.on, id)) {
                return Err(Cold);
            }
        }
        self.keys(&object.keys, |writer, slot| match slot {
            Slot::Typename(name) => {
                writer.quoted(name);
                Ok(())
            }
            Slot::Leaf(kind, columns) => writer.leaf(*kind, *columns, object.on, row),
            Slot::Object(object) => writer.object(object, &(row..row + 1)),
            Slot::Page(connection, page) => {
                let mut items = Vec::with_capacity(item.len());
                for row in item.clone() {
                    // One without a membership has a row all the same.
                    if writer.rows.uuid(row, connection.place.1)?.is_some() {
                        items.push(row..row + 1);
                    }
                }
                writer.connection(connection, page, items)
            }
        })
    }

    fn fulfils(&self, need: Need, on: Type, id: Uuid) -> bool {
        match (need, on) {
            (Need::Nothing, _) => true,
            (Need::Policy(action), Type::User) => self.viewer.may(action, Subject::User(UserId(id))),
            (Need::Policy(action), Type::Team) => self.viewer.may(action, Subject::Team(TeamId(id))),
            (Need::Policy(_), _) => false,
            (Need::FullSight, _) => self
                .viewer
                .signed_in
                .as_ref()
                .is_some_and(|user| user.is_staff() || user.seat(TeamId(id)).is_some()),
        }
    }
}
