//! The shape of an answer: a tree of keys, and what is written behind each.

use super::table::{Kind, Need, Type};
use crate::base::page::Page;

/// An object of the answer: its keys, each as `"key":`, with what comes behind.
#[derive(Debug)]
pub struct Object {
    /// The type.
    pub on: Type,
    /// Where the id stands: what the policy is asked about.
    pub id: usize,
    /// What has to be fulfilled for it to be written at all.
    pub needs: Vec<Need>,
    /// The keys.
    pub keys: Vec<(String, Slot)>,
}

/// What stands behind a key.
#[derive(Debug)]
pub enum Slot {
    /// The name of the type.
    Typename(&'static str),
    /// A value of these columns.
    Leaf(Kind, [usize; 3]),
    /// An object of the same row.
    Object(Object),
    /// A page of memberships.
    Page(Connection, Page),
}

/// A page of objects.
#[derive(Debug)]
pub struct Connection {
    /// Where the value that sorts it, and the id, stand.
    pub place: (usize, usize),
    /// Whether a time sorts it, and not a text.
    pub by_time: bool,
    /// The keys.
    pub keys: Vec<(String, PageSlot)>,
}

impl Connection {
    /// Whether it tells how many items there are in all.
    pub fn is_counted(&self) -> bool {
        self.keys.iter().any(|(_, slot)| matches!(slot, PageSlot::Total))
    }
}

/// What stands behind a key of a connection.
#[derive(Debug)]
pub enum PageSlot {
    /// The name of the type.
    Typename(&'static str),
    /// The items with their cursors.
    Edges(Vec<(String, EdgeSlot)>),
    /// The items.
    Nodes(Object),
    /// Whether there is more.
    Info(Vec<(String, InfoSlot)>),
    /// How many there are in all.
    Total,
}

/// What stands behind a key of an edge.
#[derive(Debug)]
pub enum EdgeSlot {
    /// The name of the type.
    Typename(&'static str),
    /// The cursor.
    Cursor,
    /// The item.
    Node(Object),
}

/// What stands behind a key of `PageInfo`.
#[derive(Clone, Copy, Debug)]
pub enum InfoSlot {
    /// The name of the type.
    Typename,
    /// Whether there are items after the page.
    HasNext,
    /// Whether there are items before the page.
    HasPrevious,
    /// The first item's cursor.
    Start,
    /// The last item's cursor.
    End,
}
