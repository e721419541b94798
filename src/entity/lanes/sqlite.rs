//! Lanes to SQLite: connections that read in the thread that asks.
//!
//! The pool hands each statement to a thread of its own and its rows back, which costs more than finding them. What a
//! lane reads takes less than handing it over, and no reader waits for the writer.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::Param;

/// How many statements a connection keeps prepared.
const MOST_STATEMENTS: usize = 128;
/// How long a reader waits for the file, which only a checkpoint at the end of the last writer makes it do.
const PATIENCE: Duration = Duration::from_secs(2);

/// The connections, opened at the first use.
#[derive(Debug)]
pub struct Readers {
    connections: Box<[Mutex<Option<Connection>>]>,
    path: Box<Path>,
    turn: AtomicUsize,
}

/// Rows that were read.
#[derive(Debug)]
pub struct Found {
    /// How many columns each row has.
    pub width: usize,
    /// All values, row by row.
    pub values: Vec<Value>,
}

impl Readers {
    /// Readers of this file; none of a database that is no file.
    pub fn open(url: &str, count: usize) -> Option<Self> {
        let rest = url.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest);
        let path = path.split('?').next().unwrap_or_default();
        if path.is_empty() || path.contains('%') || path == ":memory:" || url.contains("mode=memory") {
            return None;
        }
        Some(Self {
            connections: (0..count).map(|_| Mutex::default()).collect(),
            path: Path::new(path).into(),
            turn: AtomicUsize::new(0),
        })
    }

    /// Closes the connections. The last of all that closes one to a file writes its log (`-wal`) into it and takes the log
    /// away, and these only read.
    pub fn close(&self) {
        for connection in &self.connections {
            *connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Runs a statement that reads.
    pub fn query(&self, sql: &str, params: &[Param]) -> rusqlite::Result<Found> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.connections.len();
        let at = |step: usize| &self.connections[turn.wrapping_add(step) % count];
        // There are as many as threads that could ask: one is free, or about to be.
        let free = (0..count).find_map(|step| match at(step).try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        let mut slot = free.unwrap_or_else(|| at(0).lock().unwrap_or_else(PoisonError::into_inner));
        let connection = match &mut *slot {
            Some(connection) => connection,
            empty => empty.insert(connect(&self.path)?),
        };
        find(connection, sql, params)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // One plan for all values: SQLite would look at each of them, and plan a prepared statement anew where it is another.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(MOST_STATEMENTS);
    Ok(connection)
}

fn find(connection: &Connection, sql: &str, params: &[Param]) -> rusqlite::Result<Found> {
    let mut statement = connection.prepare_cached(sql)?;
    let width = statement.column_count();
    let mut values = Vec::new();
    let mut rows = statement.query(params_from_iter(params.iter().flat_map(Param::each)))?;
    while let Some(row) = rows.next()? {
        for column in 0..width {
            values.push(Value::try_from(row.get_ref(column)?)?);
        }
    }
    Ok(Found { width, values })
}

/// A value as SQLite keeps it: an id as its 16 bytes, a time as text (both as the pool's driver writes them).
enum Bound<'p> {
    Bytes(&'p [u8]),
    Text(&'p str),
    Owned(String),
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Owned(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Param {
    /// The values that it binds: of several ids each.
    fn each(&self) -> Vec<Bound<'_>> {
        match self {
            Self::Uuid(id) => vec![Bound::Bytes(id.as_bytes())],
            Self::Uuids(ids) => ids.iter().map(|id| Bound::Bytes(id.as_bytes())).collect(),
            Self::Text(text) => vec![Bound::Text(text)],
            Self::Time(time) => vec![Bound::Owned(time.to_rfc3339())],
        }
    }
}
