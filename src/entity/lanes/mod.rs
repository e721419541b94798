//! Lanes: the short way to the database, for small indexed reads that many requests wait for.
//!
//! On PostgreSQL a lane is a connection that requests share: it takes statements from all of them, one behind the other,
//! without waiting for the answers in between. On SQLite it reads in the thread that asks. Either is half or less of what
//! a read costs through the pool. A lane knows no transaction and writes nothing. One that is down, or a statement that
//! fails on it, costs nobody an answer: whoever asked gets `None`, and asks the pool. MySQL and MariaDB have none.

mod postgres;
mod rows;
mod sqlite;

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, Statement};
use uuid::Uuid;

use rows::Found;

pub use rows::Rows;

/// How many lanes a core has (`docs/tuning.md` has the measurement).
const A_CORE: usize = 2;
/// How many lanes there are at the most.
const MOST: usize = 32;

/// Called with each statement that was run.
type Observer = Arc<dyn Fn(&Statement) + Send + Sync>;

/// The lanes of one node.
#[derive(Clone)]
pub struct Lanes {
    kind: Kind,
    observer: Arc<OnceLock<Observer>>,
}

#[derive(Clone)]
enum Kind {
    Postgres(Arc<postgres::Lanes>),
    Sqlite(Arc<sqlite::Readers>),
}

/// One lane. What is asked on it one after the other is answered in that order.
#[derive(Clone)]
pub struct Lane {
    client: Client,
    observer: Arc<OnceLock<Observer>>,
}

#[derive(Clone)]
enum Client {
    Postgres(Arc<postgres::Client>),
    Sqlite(Arc<sqlite::Readers>),
}

/// The dialect of a lane's statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL's: values are `$1`, and a list of ids is one of them.
    Postgres,
    /// SQLite's: values are `?1`, and a list of ids is as many as it has.
    Sqlite,
}

/// A value that a statement takes.
#[derive(Clone, Debug)]
pub enum Param {
    /// An id.
    Uuid(Uuid),
    /// Several ids.
    Uuids(Vec<Uuid>),
    /// A text.
    Text(String),
    /// A time.
    Time(DateTime<Utc>),
}

impl std::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lanes")
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lane")
    }
}

impl Lanes {
    /// Opens lanes to this database, where it is one that can have them. They connect by and by, and again when they
    /// were cut off; `None` for a database without.
    #[must_use]
    pub fn open(url: &str) -> Option<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let kind = if url.starts_with("sqlite:") {
            Kind::Sqlite(Arc::new(sqlite::Readers::open(url, cores.min(MOST))?))
        } else {
            Kind::Postgres(Arc::new(postgres::Lanes::open(url, (cores * A_CORE).min(MOST))?))
        };
        Some(Self {
            kind,
            observer: Arc::default(),
        })
    }

    /// A lane that is up, in turn.
    #[must_use]
    pub fn pick(&self) -> Option<Lane> {
        let client = match &self.kind {
            Kind::Postgres(lanes) => Client::Postgres(lanes.pick()?),
            Kind::Sqlite(readers) => Client::Sqlite(readers.clone()),
        };
        Some(Lane {
            client,
            observer: self.observer.clone(),
        })
    }

    /// Waits until all lanes are up.
    pub async fn are_up(&self) {
        if let Kind::Postgres(lanes) = &self.kind {
            lanes.are_up().await;
        }
    }

    /// Closes those to a file. What else is asked opens them again.
    pub fn close(&self) {
        if let Kind::Sqlite(readers) = &self.kind {
            readers.close();
        }
    }

    /// Calls the observer with each statement from here on.
    pub fn observe(&self, observer: impl Fn(&Statement) + Send + Sync + 'static) {
        let _ = self.observer.set(Arc::new(observer));
    }
}

impl Lane {
    /// What its statements are written in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.client {
            Client::Postgres(_) => Dialect::Postgres,
            Client::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// A statement as the pool would have it, for who observes.
    fn statement(&self, sql: &str, params: &[Param]) -> Statement {
        let (backend, splits) = match self.client {
            Client::Postgres(_) => (DbBackend::Postgres, false),
            Client::Sqlite(_) => (DbBackend::Sqlite, true),
        };
        let values = params.iter().flat_map(|param| match param {
            Param::Uuid(id) => vec![(*id).into()],
            Param::Uuids(ids) if splits => ids.iter().map(|id| (*id).into()).collect(),
            // As PostgreSQL writes an array.
            Param::Uuids(ids) => {
                let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
                vec![format!("{{{}}}", ids.join(",")).into()]
            }
            Param::Text(text) => vec![text.as_str().into()],
            Param::Time(time) => vec![(*time).into()],
        });
        Statement::from_sql_and_values(backend, sql, values)
    }

    /// Runs a statement that reads; `None` when it has to be asked elsewhere.
    pub async fn query(&self, sql: &str, params: &[Param]) -> Option<Rows> {
        // The kind of an error alone is told: what the database says can quote values.
        let found = match &self.client {
            Client::Postgres(client) => match client.query(sql, params).await {
                Ok(rows) => Ok(Found::Postgres(rows)),
                Err(error) => Err(error
                    .code()
                    .map_or("the connection", |code| code.code())
                    .to_owned()),
            },
            Client::Sqlite(readers) => match readers.query(sql, params) {
                Ok(found) => Ok(Found::Sqlite(found)),
                Err(error) => Err(format!("{:?}", error.sqlite_error_code())),
            },
        };
        match found {
            Ok(found) => {
                if let Some(observer) = self.observer.get() {
                    observer(&self.statement(sql, params));
                }
                Some(Rows::new(found))
            }
            Err(kind) => {
                tracing::debug!(kind, "a lane could not answer; the pool is asked");
                None
            }
        }
    }
}
