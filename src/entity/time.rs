//! Times far ahead, on MySQL and MariaDB.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, ExecResult, StatementBuilder, Value};

/// Executes a statement that may write a time past the 19th of January 2038.
///
/// The driver sends a time with its zone as a `TIMESTAMP`, which MariaDB before 11.5 has up to that second: a later one it
/// writes as null, and says nothing. One without a zone goes as a `DATETIME`, as the columns are, and is in UTC as all are.
pub async fn execute(
    connection: &impl ConnectionTrait,
    statement: &impl StatementBuilder,
) -> Result<ExecResult, DbErr> {
    let backend = connection.get_database_backend();
    let mut statement = statement.build(&backend);
    if backend == DatabaseBackend::MySql {
        for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
            if let Value::ChronoDateTimeUtc(time) = value {
                *value = time.map(|time| time.naive_utc()).into();
            }
        }
    }
    connection.execute_raw(statement).await
}
