//! Pages of a list, by keyset: a cursor names the last row seen, so a page costs the same at any
//! depth and a row written meanwhile shifts nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{Error, Result};

/// The size of a page when nobody says (`contract.graphql`, conventions).
pub const DEFAULT_SIZE: u64 = 20;
/// The largest page.
pub const MAX_SIZE: u64 = 100;

/// The arguments of a connection, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageArgs {
    /// How many from the start.
    pub first: Option<i32>,
    /// Those after this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Those before this cursor.
    pub before: Option<String>,
}

/// Where a row stands in its list: the value that sorts the list, and the id that breaks ties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(pub SortKey, pub Uuid);

/// The value that sorts a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortKey {
    /// A time, in microseconds since 1970.
    Time(i64),
    /// A folded text.
    Text(String),
}

impl Cursor {
    /// The cursor as clients see it.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode(text: &str) -> Result<Self> {
        // No cursor of ours is longer: the longest key is a folded name of 64 characters.
        let bytes = if text.len() <= 1024 {
            URL_SAFE_NO_PAD.decode(text).ok()
        } else {
            None
        };
        bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| Error::BadInput("A cursor is one that an earlier page gave.".into()))
    }
}

/// A page that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// How many rows at most.
    pub size: u64,
    /// Whether the page is counted from the list's end.
    pub backwards: bool,
    /// Only rows after this one.
    pub after: Option<Cursor>,
    /// Only rows before this one.
    pub before: Option<Cursor>,
}

impl Page {
    /// Reads the arguments of a connection.
    pub fn parse(args: &PageArgs) -> Result<Self> {
        let size = match (args.first, args.last) {
            (Some(_), Some(_)) => {
                return Err(Error::BadInput("Give `first` or `last`, not both.".into()));
            }
            (Some(size), None) | (None, Some(size)) => u64::try_from(size)
                .ok()
                .filter(|size| *size <= MAX_SIZE)
                .ok_or_else(|| Error::BadInput("A page has 0 to 100 rows.".into()))?,
            (None, None) => DEFAULT_SIZE,
        };
        Ok(Self {
            size,
            backwards: args.last.is_some(),
            after: args.after.as_deref().map(Cursor::decode).transpose()?,
            before: args.before.as_deref().map(Cursor::decode).transpose()?,
        })
    }

    /// The first rows of a list.
    #[must_use]
    pub fn first(size: u64) -> Self {
        Self {
            size,
            backwards: false,
            after: None,
            before: None,
        }
    }

    /// Makes the answer out of rows that were read in the page's direction, one more than its size
    /// where there are more.
    #[must_use]
    pub fn slice<T>(&self, mut rows: Vec<T>) -> Slice<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        if self.backwards {
            rows.reverse();
            Slice {
                rows,
                has_previous: more,
                has_next: self.before.is_some(),
                total: None,
            }
        } else {
            Slice {
                rows,
                has_previous: self.after.is_some(),
                has_next: more,
                total: None,
            }
        }
    }
}

/// A page that was read.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// The rows, always in the list's order.
    pub rows: Vec<T>,
    /// Whether the list has rows before these.
    pub has_previous: bool,
    /// Whether the list has rows after these.
    pub has_next: bool,
    /// How many rows the whole list has, where it was asked for.
    pub total: Option<u64>,
}

impl<T> Slice<T> {
    /// The same page of something made of each row.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
            rows: self.rows.into_iter().map(f).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
            total: self.total,
        }
    }
}

/// A row that can stand in a page.
pub trait Keyed {
    /// Where the row stands, in the list that it was read from.
    fn cursor(&self) -> Cursor;
}
