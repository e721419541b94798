//! How text compares on MySQL and MariaDB.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Collations that compare byte by byte, trailing blanks included, as SQLite and PostgreSQL do: MariaDB's and MySQL's.
/// `utf8mb4_bin`, which both have, takes `mia` and `mia ` for the same; the default ones take `Mia` and `mía` for it too.
const BYTEWISE: &str = "'utf8mb4_nopad_bin', 'utf8mb4_0900_bin'";

/// Makes every table that is made from now on in this database of MySQL or MariaDB compare text byte by byte. It is the
/// database's own default and not said with each table, so that no migration can forget it. Nothing on other databases.
/// A session that has begun before goes on with the default of before: migrate on this very connection.
pub async fn compare_bytes(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let backend = connection.get_database_backend();
    if backend != DbBackend::MySql {
        return Ok(());
    }
    let ask = format!(
        "SELECT CAST(C.COLLATION_NAME AS CHAR) AS bytewise, C.COLLATION_NAME = S.DEFAULT_COLLATION_NAME AS is_set \
         FROM information_schema.COLLATIONS AS C JOIN information_schema.SCHEMATA AS S \
         WHERE S.SCHEMA_NAME = DATABASE() AND C.COLLATION_NAME IN ({BYTEWISE})"
    );
    let found = connection
        .query_one_raw(Statement::from_string(backend, ask))
        .await?
        .ok_or_else(|| DbErr::Custom("MySQL 8 or MariaDB 10.11 is needed, or newer".to_owned()))?;
    if found.try_get::<i64>("", "is_set")? == 0 {
        let bytewise: String = found.try_get("", "bytewise")?;
        let set = format!("ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {bytewise}");
        connection.execute_unprepared(&set).await?;
    }
    Ok(())
}
