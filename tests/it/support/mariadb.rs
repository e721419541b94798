//! A database of MariaDB's for each test, and the SQL of the tests in its dialect.
//!
//! MariaDB copies no databases. The tables are migrated once, and made for each test by the statements that make
//! them as they have become: 30 times as fast as to migrate anew.

use std::fmt::Write;

use rollcall::platform::start::migrate;
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, QueryResult, Statement};
use serde_json::Value;

/// Connects to the server of the tests; answers its URL with it.
pub async fn server() -> (String, DatabaseConnection) {
    let server = std::env::var("TEST_MARIADB_URL")
        .expect("TEST_MARIADB_URL names the MariaDB server of the tests; `make test` starts one");
    let mut options = sea_orm::ConnectOptions::new(&server);
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options)
        .await
        .expect("the MariaDB server of the tests answers");
    (server, admin)
}

/// Makes an empty database, with what the server gives it by default.
pub async fn create_empty(admin: &DatabaseConnection, name: &str) {
    run(admin, &format!("CREATE DATABASE {name}")).await;
}

/// Makes a migrated database.
pub async fn create_migrated(admin: &DatabaseConnection, server: &str, template: &str, name: &str) {
    let made = format!("SELECT made AS n FROM {template}_made.statements");
    let statements = match text(admin, &made).await {
        Ok(statements) => statements,
        Err(_) => make_template(admin, server, template).await,
    };
    let statements = statements.replace("{name}", name);
    run(admin, &statements).await;
}

/// Migrates the template, once for all tests; answers the statements that make another.
async fn make_template(admin: &DatabaseConnection, server: &str, template: &str) -> String {
    let ask = format!("SELECT made AS n FROM {template}_made.statements");
    assert_eq!(
        number(admin, "SELECT GET_LOCK('rollcall tests', 100) AS n").await,
        1
    );
    let statements = if let Ok(statements) = text(admin, &ask).await {
        statements
    } else {
        run(
            admin,
            &format!("DROP DATABASE IF EXISTS {template}; CREATE DATABASE {template}"),
        )
        .await;
        let connection = Database::connect(super::database::in_database(server, template))
            .await
            .unwrap();
        migrate(&connection).await.unwrap();
        let statements = dump(&connection, template).await;
        connection.close().await.unwrap();
        let kept = format!(
            "CREATE DATABASE {template}_made; \
             CREATE TABLE {template}_made.statements (made LONGTEXT CHARACTER SET utf8mb4); \
             INSERT INTO {template}_made.statements VALUES ('{}')",
            statements.replace('\\', "\\\\").replace('\'', "''")
        );
        run(admin, &kept).await;
        statements
    };
    run(admin, "DO RELEASE_LOCK('rollcall tests')").await;
    statements
}

/// The statements that make the database anew, as `{name}`, with its rows.
async fn dump(connection: &DatabaseConnection, template: &str) -> String {
    let collation = text(connection, "SELECT @@collation_database AS n")
        .await
        .unwrap();
    let mut made = format!(
        "CREATE DATABASE {{name}} CHARACTER SET utf8mb4 COLLATE {collation}; USE {{name}}; SET FOREIGN_KEY_CHECKS = 0;"
    );
    let tables =
        "SELECT CAST(TABLE_NAME AS CHAR) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";
    let mut filled = String::new();
    for table in query(connection, tables).await.unwrap() {
        let table: String = table.try_get("", "n").unwrap();
        let create = query(connection, &format!("SHOW CREATE TABLE `{table}`"))
            .await
            .unwrap();
        let create: String = create[0].try_get("", "Create Table").unwrap();
        write!(made, "{create};").unwrap();
        if number(connection, &format!("SELECT COUNT(*) AS n FROM `{table}`")).await > 0 {
            write!(
                filled,
                "INSERT INTO `{table}` SELECT * FROM {template}.`{table}`;"
            )
            .unwrap();
        }
    }
    made + &filled
}

/// A statement of the tests, which is written for SQLite and PostgreSQL, as the database of this connection reads it:
/// MariaDB has its own quotes and types. (Its `sql_mode` would know the quotes, but is the server's under test too.)
pub fn dialect(connection: &impl ConnectionTrait, sql: &str) -> String {
    if connection.get_database_backend() != DatabaseBackend::MySql {
        return sql.to_owned();
    }
    let mut in_text = false;
    let quoted = sql.chars().map(|character| match character {
        '\'' => {
            in_text = !in_text;
            character
        }
        '"' if !in_text => '`',
        _ => character,
    });
    quoted
        .collect::<String>()
        .replace(" AS BIGINT)", " AS SIGNED)")
        .replace(" AS TEXT)", " AS CHAR)")
}

/// A row as JSON: ids and texts as on the other databases.
pub fn json(row: &QueryResult) -> Value {
    use sea_orm::sqlx::{Column, Row, TypeInfo};
    let columns = row.try_as_mysql_row().expect("a row of MariaDB").columns();
    let value = |name: &str, kind: &str| -> Value {
        match kind {
            "BOOLEAN" => row.try_get::<Option<bool>>("", name).unwrap().into(),
            "BIGINT" | "INT" | "SMALLINT" | "TINYINT" => integer(row, name).into(),
            "DATETIME" => serde_json::json!(
                row.try_get::<Option<chrono::DateTime<chrono::Utc>>>("", name)
                    .unwrap()
            ),
            // Whether bytes or text in a collation that compares bytes: both go by this name.
            "VARBINARY" => row.try_get::<Option<String>>("", name).unwrap().into(),
            "BINARY" => serde_json::json!(row.try_get::<Option<uuid::Uuid>>("", name).unwrap()),
            "CHAR" | "VARCHAR" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" => {
                row.try_get::<Option<String>>("", name).unwrap().into()
            }
            "BLOB" => match row.try_get::<Option<String>>("", name) {
                Ok(text) => text.into(),
                Err(_) => serde_json::json!(row.try_get::<Option<Vec<u8>>>("", name).unwrap()),
            },
            "NULL" => Value::Null,
            other => panic!("a column {name} of type {other}"),
        }
    };
    let fields = columns.iter().map(|column| {
        (
            column.name().to_owned(),
            value(column.name(), column.type_info().name()),
        )
    });
    Value::Object(fields.collect())
}

fn integer(row: &QueryResult, name: &str) -> Option<i64> {
    row.try_get::<Option<i64>>("", name)
        .or_else(|_| row.try_get::<Option<i32>>("", name).map(|n| n.map(i64::from)))
        .or_else(|_| row.try_get::<Option<i16>>("", name).map(|n| n.map(i64::from)))
        .or_else(|_| row.try_get::<Option<i8>>("", name).map(|n| n.map(i64::from)))
        .unwrap()
}

/// How many transactions of this database wait for a lock. The table that tells the same, `INNODB_TRX`, stays as it is
/// while it is looked at ten times a second.
pub async fn waiting(connection: &DatabaseConnection) -> i64 {
    let version = text(connection, "SELECT VERSION() AS n").await.unwrap();
    if !version.contains("MariaDB") {
        // MySQL has a table of them.
        let waits = "SELECT COUNT(DISTINCT REQUESTING_THREAD_ID) AS n FROM performance_schema.data_lock_waits \
                     JOIN performance_schema.threads ON THREAD_ID = REQUESTING_THREAD_ID \
                     WHERE PROCESSLIST_DB = DATABASE()";
        return number(connection, waits).await;
    }
    let status = query(connection, "SHOW ENGINE INNODB STATUS").await.unwrap();
    let status: String = status[0].try_get("", "Status").unwrap();
    let ours = "SELECT CAST(ID AS SIGNED) AS n FROM information_schema.PROCESSLIST WHERE DB = DATABASE()";
    let ours = query(connection, ours).await.unwrap();
    let ours: Vec<i64> = ours.iter().map(|row| row.try_get("", "n").unwrap()).collect();
    let waits = |transaction: &&str| {
        let thread = transaction
            .split_once("thread id ")
            .and_then(|(_, rest)| rest.split(',').next())
            .and_then(|id| id.parse().ok());
        transaction.contains("LOCK WAIT") && thread.is_some_and(|id| ours.contains(&id))
    };
    let waiting = status.split("---TRANSACTION ").skip(1).filter(waits).count();
    i64::try_from(waiting).unwrap()
}

async fn run(connection: &DatabaseConnection, statements: &str) {
    connection.execute_unprepared(statements).await.unwrap();
}

async fn query(connection: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, sea_orm::DbErr> {
    let statement = Statement::from_string(DatabaseBackend::MySql, sql);
    connection.query_all_raw(statement).await
}

async fn text(connection: &DatabaseConnection, sql: &str) -> Result<String, sea_orm::DbErr> {
    query(connection, sql).await?[0].try_get("", "n")
}

async fn number(connection: &DatabaseConnection, sql: &str) -> i64 {
    query(connection, sql).await.unwrap()[0].try_get("", "n").unwrap()
}
