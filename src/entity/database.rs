//! The connection to the database.
//!
//! SQLite gets one writer and several readers, since it has one writer whatever we do; the others get
//! one pool. A verb that writes begins here, and uses its transaction alone until the commit.

use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection, Executor};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, StatementBuilder, TransactionOptions, TransactionTrait,
};

use super::lanes::{Lane, Lanes};
use super::pooled;
use crate::base::Result;
use crate::base::settings::Pooler;

/// A transaction that has begun.
pub type Transaction = DatabaseTransaction;

/// How long a request waits for a connection, or for SQLite's writer.
const WAIT: Duration = Duration::from_secs(20);

/// How long a connection is trusted that nobody uses: under load each is used again at once.
const A_WHILE: Duration = Duration::from_millis(20);

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    lanes: Option<Lanes>,
    /// Lanes to a copy that may lag.
    replica: Option<Lanes>,
    pooler: Pooler,
}

impl Database {
    /// Connects; `most` bounds the pool, or each of the two that read and write.
    pub async fn connect(url: &str, most: u32, pooler: Pooler) -> Result<Self, DbErr> {
        if pooler == Pooler::Transaction {
            return Ok(Self {
                read: pooled::reader(plain(url, most)).await?,
                write: pooled::writer(plain(url, most)).await?,
                lanes: None,
                replica: None,
                pooler,
            });
        }
        if !url.starts_with("sqlite:") {
            let pool = sea_orm::Database::connect(options(url, most)).await?;
            return Ok(Self {
                read: pool.clone(),
                write: pool,
                lanes: None,
                replica: None,
                pooler,
            });
        }
        let writer = sea_orm::Database::connect(sqlite(url, 1)).await?;
        let reader = sea_orm::Database::connect(sqlite(url, most)).await?;
        Ok(Self {
            read: reader,
            write: writer,
            lanes: None,
            replica: None,
            pooler,
        })
    }

    /// Opens lanes for what is read most, for who serves; to a copy that follows the database, too, where there is one. A
    /// pooler lets none through: they keep what they have prepared.
    pub fn open_lanes(&mut self, url: &str, replica: Option<&str>) {
        if self.is_pooled() {
            return;
        }
        self.lanes = Lanes::open(url);
        self.replica = replica.and_then(Lanes::open);
    }

    /// Whether there is a pooler before the database, so that each statement has to be one of a transaction.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.pooler != Pooler::None
    }

    /// A lane for the short reads of one request, where the database has one that is up.
    #[must_use]
    pub fn lane(&self) -> Option<Lane> {
        self.lanes.as_ref().and_then(Lanes::pick)
    }

    /// A lane to the copy, where there is one that is up. What it tells may be of a while ago.
    #[must_use]
    pub fn replica(&self) -> Option<Lane> {
        self.replica.as_ref().and_then(Lanes::pick)
    }

    /// Waits until all lanes are up, where the database has any.
    pub async fn lanes_are_up(&self) {
        for lanes in self.lanes.iter().chain(&self.replica) {
            lanes.are_up().await;
        }
    }

    /// For a statement that only reads, outside of any transaction.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The connection that writes, for what is no verb: migrations, and commands. Not past a pooler.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Whether one statement can write to several tables, as PostgreSQL's can (`entity::together`), and be a transaction.
    #[must_use]
    pub fn writes_as_one(&self) -> bool {
        self.write.get_database_backend() == DatabaseBackend::Postgres && !self.is_pooled()
    }

    /// Begins a transaction that writes. On SQLite it holds the one writer from here to its end; elsewhere it
    /// sees what others commit meanwhile, and locks the rows that it decides by.
    pub async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let txn = self.write.begin_with_options(options).await?;
        if self.is_pooled() {
            txn.execute_unprepared(pooled::OPENING).await?;
        }
        Ok(txn)
    }

    /// Executes one statement that is a transaction by itself; answers how many rows it was about.
    pub async fn execute(&self, statement: &impl StatementBuilder) -> Result<u64> {
        if !self.is_pooled() {
            return Ok(self.write.execute(statement).await?.rows_affected());
        }
        let txn = self.begin().await?;
        let done = txn.execute(statement).await?;
        txn.commit().await?;
        Ok(done.rows_affected())
    }

    /// Calls the observer after each statement: for who counts or times them, or asks the database how it goes about
    /// them. Their values are of people, and for no log.
    pub fn observe(&mut self, observer: impl Fn(&Statement) + Clone + Send + Sync + 'static) {
        for connection in [&mut self.read, &mut self.write] {
            let observer = observer.clone();
            connection.set_metric_callback(move |info| observer(info.statement));
        }
        for lanes in self.lanes.iter().chain(&self.replica) {
            lanes.observe(observer.clone());
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.read.ping().await?)
    }

    /// Ends all connections; that which writes as the last one, so that an SQLite file is whole without its log.
    pub async fn close(self) {
        for lanes in self.lanes.iter().chain(&self.replica) {
            lanes.close();
        }
        // A connection that does not close is dropped with the process; there is nobody to tell.
        let _ = self.read.close().await;
        let _ = self.write.close().await;
    }
}

/// What holds for a pool of any kind.
fn plain(url: &str, most: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(most)
        .acquire_timeout(WAIT)
        .connect_timeout(WAIT)
        // Each connection is tried when it comes back to the pool, and only one that has lain there since is tried
        // once more: a round trip less for each request.
        .test_before_acquire(false)
        .map_sqlx_postgres_pool_opts(|options| {
            options.before_acquire(|connection, lain| Box::pin(try_after_a_while(connection, lain.idle_for)))
        })
        // Statements carry values; the log is no place for them.
        .sqlx_logging(false)
        .set_application_name("rollcall");
    options
}

fn options(url: &str, most: u32) -> ConnectOptions {
    let mut options = plain(url, most);
    options
        // A transaction that waits for a lock this long has met a fault; it must not hold its own for ever.
        .statement_timeout(Duration::from_secs(30))
        // Nor may a node that vanished in the middle of one, and whose end of the connection is not told.
        .map_sqlx_postgres_opts(|options| {
            options.options([
                ("timezone", "UTC"),
                // The default is that of a disk that turns: it makes reading a whole table look cheaper than a few
                // hundred rows of it by an index.
                ("random_page_cost", "1.1"),
                // Each list has its index. A table that was small when it was last looked at, or is small beside the
                // others, is not read whole for a page of it: by now it may be large.
                ("enable_seqscan", "off"),
                // Compiling a plan takes longer than any statement of ours.
                ("jit", "off"),
                ("idle_in_transaction_session_timeout", "30s"),
            ])
        })
        // The driver itself sets UTC and `utf8mb4`, and asks for the rows that an UPDATE has found, not only for
        // those that it has changed: `rows_affected` counts as on the other databases.
        .map_sqlx_mysql_pool_opts(|options| {
            options
                .before_acquire(|connection, lain| Box::pin(try_after_a_while(connection, lain.idle_for)))
                .after_connect(|connection, _| {
                    Box::pin(async move { connection.execute(MYSQL_SESSION).await.map(drop) })
                })
        });
    options
}

/// Tries a connection that nobody has used for a while: the server may have ended it meanwhile. One that fails is
/// replaced by another.
async fn try_after_a_while<C: Connection>(
    connection: &mut C,
    idle_for: Duration,
) -> Result<bool, sqlx::Error> {
    if idle_for > A_WHILE {
        connection.ping().await?;
    }
    Ok(true)
}

/// How a session on MySQL and MariaDB behaves: as one on PostgreSQL. By default it would go on reading the past after
/// a lock was waited for, and lock the gaps between the rows that it looks at. The others are the time limits of above;
/// the last one MariaDB alone has, and MySQL reads as a comment.
const MYSQL_SESSION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET SESSION innodb_lock_wait_timeout = 30 /*M!100303 , SESSION idle_transaction_timeout = 30 */";

fn sqlite(url: &str, most: u32) -> ConnectOptions {
    let url = if url.contains("mode=") {
        url.to_owned()
    } else {
        format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
    };
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(most)
        .acquire_timeout(WAIT)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                // A commit is on the disk before it is answered: a power cut must not take a promise back.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(WAIT)
                .foreign_keys(true)
        });
    options
}
