//! The one transaction that fills the database: it is there whole, or not at all, whenever the seeding is killed.
//!
//! On PostgreSQL the foreign keys and the plain indexes are dropped before and made again after, which is many times
//! faster than to look each row up and to grow each index; and since that is of the same transaction, nothing stays
//! dropped. All tables are locked by it meanwhile.

use sea_orm::sea_query::LockType;
use sea_orm::sqlx::{self, AssertSqlSafe, Postgres, Row};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QuerySelect,
    RuntimeErr,
};

use super::writing::Form;
use crate::app::App;
use crate::audit::Head;
use crate::base::Result;
use crate::entity::{audit_head, team, user};

/// The tables that are filled, parents first.
pub(super) const TABLES: [&str; 13] = [
    "user",
    "user_search",
    "login_name",
    "credential",
    "team",
    "team_search",
    "role",
    "membership",
    "resource",
    "invitation",
    "team_notice",
    "audit_event",
    "audit_personal",
];

/// No waiting for a statement or for the maker is too long here; sorting has room.
const PATIENCE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL synchronous_commit = on";

/// The same on MariaDB, and what a session has otherwise there (`entity::database`): it is used again.
const ON_MARIADB: [&str; 2] = [
    "SET SESSION innodb_lock_wait_timeout = 30 /*M!100303 , SESSION idle_transaction_timeout = 0 */",
    "SET SESSION innodb_lock_wait_timeout = 30 /*M!100303 , SESSION idle_transaction_timeout = 30 */",
];

/// What of a table slows its filling down: each a pair of what takes it away and what makes it again. The indexes that
/// keep primary and unique keys stay.
const SLOW: &str = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS gone, \
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back, \
       1 AS turn, conname AS name \
     FROM pg_constraint \
     WHERE contype = 'f' AND conrelid::regclass::text = ANY($1) \
     UNION ALL \
     SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 0, indexrelid::regclass::text \
     FROM pg_index \
     WHERE indrelid::regclass::text = ANY($1) AND NOT indisprimary \
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid) \
     ORDER BY turn, name";

/// The transaction.
pub(super) enum Store {
    /// PostgreSQL's, with the statements that make again what was dropped.
    Postgres(sqlx::Transaction<'static, Postgres>, Vec<String>),
    /// One of the others.
    Other(DatabaseTransaction),
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

impl Store {
    /// Begins. Of two who seed at once, and of who seeds and who seals, one waits for the other here.
    pub(super) async fn begin(app: &App) -> Result<Self> {
        let connection = app.database.writer();
        if connection.get_database_backend() != DatabaseBackend::Postgres {
            let txn = app.begin().await?;
            if txn.get_database_backend() == DatabaseBackend::MySql {
                txn.execute_unprepared(ON_MARIADB[0]).await?;
            }
            return Ok(Self::Other(txn));
        }
        let pool = connection.get_postgres_connection_pool();
        let mut txn = pool.begin().await.map_err(failed)?;
        sqlx::raw_sql(PATIENCE).execute(&mut *txn).await.map_err(failed)?;
        Ok(Self::Postgres(txn, Vec::new()))
    }

    /// The head of the audit log, which is locked from here on.
    pub(super) async fn head(&mut self) -> Result<Head> {
        Ok(match self {
            Self::Postgres(txn, _) => {
                let row = sqlx::query("SELECT position, hash FROM audit_head WHERE id = 1 FOR UPDATE")
                    .fetch_one(&mut **txn)
                    .await
                    .map_err(failed)?;
                Head {
                    position: row.try_get("position").map_err(failed)?,
                    hash: row.try_get("hash").map_err(failed)?,
                }
            }
            Self::Other(txn) => {
                let row = audit_head::Entity::find_by_id(1)
                    .lock(LockType::Update)
                    .one(txn)
                    .await?;
                row.map(Head::from)
                    .ok_or_else(|| crate::base::Error::internal("the head of the audit log is missing"))?
            }
        })
    }

    /// Whether there is nobody but the super admin, and no team.
    pub(super) async fn is_empty(&mut self) -> Result<bool> {
        Ok(match self {
            Self::Postgres(txn, _) => {
                let counts =
                    "SELECT (SELECT count(*) FROM \"user\") <= 1 AND NOT EXISTS (SELECT 1 FROM team)";
                sqlx::query_scalar(counts)
                    .fetch_one(&mut **txn)
                    .await
                    .map_err(failed)?
            }
            Self::Other(txn) => {
                user::Entity::find().count(txn).await? <= 1 && team::Entity::find().count(txn).await? == 0
            }
        })
    }

    /// Drops what slows the filling down.
    pub(super) async fn make_ready(&mut self) -> Result<()> {
        let Self::Postgres(txn, later) = self else {
            return Ok(());
        };
        // As PostgreSQL prints the names: one of them is a word of its own.
        let tables: Vec<String> = TABLES
            .iter()
            .map(|table| {
                if *table == "user" {
                    "\"user\"".to_owned()
                } else {
                    (*table).to_owned()
                }
            })
            .collect();
        let rows = sqlx::query(SLOW)
            .bind(tables)
            .fetch_all(&mut **txn)
            .await
            .map_err(failed)?;
        // Foreign keys first: one may need an index that is no constraint.
        for row in rows.iter().rev() {
            let gone: String = row.try_get("gone").map_err(failed)?;
            sqlx::raw_sql(AssertSqlSafe(gone))
                .execute(&mut **txn)
                .await
                .map_err(failed)?;
        }
        for row in &rows {
            later.push(row.try_get("back").map_err(failed)?);
        }
        Ok(())
    }

    /// Writes rows.
    pub(super) async fn write(&mut self, form: Form) -> Result<()> {
        match (self, form) {
            (Self::Postgres(txn, _), Form::Copy(statement, text)) => {
                let mut copy = txn.copy_in_raw(&statement).await.map_err(failed)?;
                copy.send(text).await.map_err(failed)?;
                copy.finish().await.map_err(failed)?;
            }
            (Self::Other(txn), Form::Insert(statements)) => {
                for statement in &statements {
                    txn.execute(statement).await?;
                }
            }
            _ => {
                return Err(crate::base::Error::internal(
                    "rows in the form of another database",
                ));
            }
        }
        Ok(())
    }

    /// Moves the head of the audit log.
    pub(super) async fn move_head(&mut self, head: &Head) -> Result<()> {
        match self {
            Self::Postgres(txn, _) => {
                sqlx::query("UPDATE audit_head SET position = $1, hash = $2 WHERE id = 1")
                    .bind(head.position)
                    .bind(&head.hash)
                    .execute(&mut **txn)
                    .await
                    .map_err(failed)?;
            }
            Self::Other(txn) => head.write_in(txn).await?,
        }
        Ok(())
    }

    /// How many statements `finish_one` has left.
    pub(super) fn left(&self) -> usize {
        match self {
            Self::Postgres(_, later) => later.len(),
            Self::Other(_) => 0,
        }
    }

    /// Makes one again of what was dropped, the next in turn: indexes before the keys that are looked up by them.
    pub(super) async fn finish_one(&mut self) -> Result<()> {
        if let Self::Postgres(txn, later) = self
            && !later.is_empty()
        {
            let statement = later.remove(0);
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut **txn)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Commits.
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(txn, _) => txn.commit().await.map_err(failed)?,
            Self::Other(txn) => {
                if txn.get_database_backend() == DatabaseBackend::MySql {
                    txn.execute_unprepared(ON_MARIADB[1]).await?;
                }
                txn.commit().await?;
            }
        }
        Ok(())
    }
}

/// Has the database look at what it holds now, so that it plans by it; on PostgreSQL also marks what all can see, so
/// that lists are read from the indexes alone.
pub(super) async fn take_stock(app: &App) -> Result<()> {
    let connection = app.database.writer();
    match connection.get_database_backend() {
        DatabaseBackend::Postgres => {
            let pool = connection.get_postgres_connection_pool();
            let mut one = pool.acquire().await.map_err(failed)?;
            let all = TABLES.map(|table| format!("\"{table}\"")).join(", ");
            // One by one: it runs in no transaction, and statements that are sent together are one.
            for statement in [
                "SET statement_timeout = 0".to_owned(),
                format!("VACUUM (ANALYZE) {all}"),
                "RESET statement_timeout".to_owned(),
            ] {
                sqlx::raw_sql(AssertSqlSafe(statement))
                    .execute(&mut *one)
                    .await
                    .map_err(failed)?;
            }
        }
        DatabaseBackend::MySql => {
            let all = TABLES.map(|table| format!("`{table}`")).join(", ");
            connection
                .execute_unprepared(&format!("ANALYZE TABLE {all}"))
                .await?;
        }
        _ => {
            connection.execute_unprepared("ANALYZE").await?;
        }
    }
    Ok(())
}
