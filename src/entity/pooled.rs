//! The way to PostgreSQL past a pooler that gives a session to whoever comes for one transaction, as PgBouncer does in its
//! mode `transaction`.
//!
//! Between two transactions nothing of a session is ours: neither how it was set nor what was prepared in it. The driver
//! prepares each statement under a name, in one message, and runs it by another: so no statement stands outside of a
//! transaction here, and each transaction begins by setting its session up for itself, and by forgetting what others have
//! prepared under the same names.

use std::sync::LazyLock;

use sea_orm::sqlx::Executor;
use sea_orm::{ConnectOptions, DatabaseConnection, DbErr};

/// What a transaction begins with: the settings of `database::options`, until its end.
pub(super) const OPENING: &str = "DEALLOCATE ALL; \
     SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '30s'; \
     SET LOCAL random_page_cost = 1.1; SET LOCAL enable_seqscan = off; SET LOCAL jit = off";

/// The same for what is read by itself: a transaction that begins when a connection is taken out of the pool, and ends
/// when it goes back. It writes nothing, so nobody has to wait for its end.
static READING: LazyLock<String> = LazyLock::new(|| format!("BEGIN READ ONLY; {OPENING}"));

/// Connects for reading.
pub(super) async fn reader(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut options = bare(options);
    // A connection that is made beforehand would go into the pool with its transaction open, and keep a session.
    options.connect_lazy(true);
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_connect(|connection, _| {
            Box::pin(async move { connection.execute(READING.as_str()).await.map(drop) })
        })
        .before_acquire(|connection, _| {
            Box::pin(async move { connection.execute(READING.as_str()).await.map(|_| true) })
        })
        .after_release(|connection, _| {
            Box::pin(async move { connection.execute("COMMIT").await.map(|_| true) })
        })
    });
    sea_orm::Database::connect(options).await
}

/// Connects for transactions, each of which runs [`OPENING`] first.
pub(super) async fn writer(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    sea_orm::Database::connect(bare(options)).await
}

/// A pooler refuses settings that come with the connection, as it could not give them back.
fn bare(mut options: ConnectOptions) -> ConnectOptions {
    options.map_sqlx_postgres_opts(|options| options.extra_float_digits(None).statement_cache_capacity(0));
    options
}
