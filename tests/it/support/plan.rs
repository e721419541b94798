//! How a database goes about a statement: it runs it once more, and tells how many rows each step had.
//!
//! PostgreSQL and MariaDB tell it themselves. SQLite tells its plan, and counts what it did without a word of where.

use std::fmt::Write;
use std::path::Path;

use rusqlite::StatementStatus;
use rusqlite::config::DbConfig;
use rusqlite::types::Value as Cell;
use sea_orm::sqlx::{AssertSqlSafe, Row, raw_sql};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, Value as Bound};
use serde_json::Value;

use super::database::Store;
use super::world::World;

/// So many rows has the largest page, with the one that tells whether there are more.
const PAGE: f64 = 101.0;
/// So many rows of an index may be passed by on the way to a page, and so many be looked through for those that come first
/// when a page is all that is kept of them: as many as a team has members at the most.
const PASSED: f64 = 5_000.0;

/// So many steps of its machine SQLite goes for a row that it looks at, in the lists: 20 to 30.
const STEPS: f64 = 30.0;

/// What a statement did that no list should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It read more than a page of a table, one row after the other.
    Scan { table: String, rows: u64 },
    /// It passed too much of an index by.
    Walk { table: String, rows: u64 },
    /// It sorted more than a page, and more than what it answered.
    Sort { rows: u64 },
    /// It looked through too many rows for those that come first.
    Sift { rows: u64 },
}

impl Flaw {
    /// How many rows it had.
    pub fn rows(&self) -> u64 {
        match self {
            Self::Scan { rows, .. } | Self::Walk { rows, .. } | Self::Sort { rows } | Self::Sift { rows } => {
                *rows
            }
        }
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scan { table, rows } => write!(f, "scans {table}: {rows} rows"),
            Self::Walk { table, rows } => write!(f, "walks {table}: {rows} rows"),
            Self::Sort { rows } => write!(f, "sorts {rows} rows"),
            Self::Sift { rows } => write!(f, "sifts {rows} rows"),
        }
    }
}

/// How a statement went.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub flaws: Vec<Flaw>,
    /// The plan in the database's own words.
    pub told: String,
}

impl Plan {
    fn scan(&mut self, table: &str, rows: f64) {
        if rows > PAGE {
            let table = table.to_owned();
            self.flaws.push(Flaw::Scan {
                table,
                rows: whole(rows),
            });
        }
    }

    fn walk(&mut self, table: &str, rows: f64) {
        if rows > PASSED {
            let table = table.to_owned();
            self.flaws.push(Flaw::Walk {
                table,
                rows: whole(rows),
            });
        }
    }

    /// What a page shows of each row, such as the admins of teams, can be more rows than it: they are the answer. `keeps` is
    /// whether no more than the page is kept of them while it sorts.
    fn sort(&mut self, rows: f64, answered: f64, keeps: bool) {
        if keeps && rows > PASSED {
            self.flaws.push(Flaw::Sift { rows: whole(rows) });
        } else if !keeps && rows > PAGE.max(answered) {
            self.flaws.push(Flaw::Sort { rows: whole(rows) });
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It counts rows.
fn whole(rows: f64) -> u64 {
    rows as u64
}

/// Runs the statement again; the plans that it has, one after the other as it is asked again and again.
pub async fn plans(world: &World, statement: &Statement) -> Vec<Plan> {
    let pool = world.app.database.reader();
    match world.store {
        Store::Postgres => postgres(pool, statement).await,
        Store::MariaDb => vec![mariadb(pool, statement).await],
        Store::Sqlite => vec![sqlite(&world.folder.path().join("test.db"), statement)],
    }
}

/// Whether it is one of those that are asked on a lane: of the lists and single rows that have a fast path (`fast::statement`).
fn is_of_a_lane(statement: &Statement) -> bool {
    statement.sql.contains(" FROM (SELECT b.")
}

fn number(step: &Value, key: &str) -> f64 {
    step[key].as_f64().unwrap_or_default()
}

/// A statement on a lane has one plan for all values. One of the pool is planned for its values at first, and from the
/// sixth time on by what it costs on the average, if that seems cheaper: it is asked so often here.
async fn postgres(pool: &DatabaseConnection, statement: &Statement) -> Vec<Plan> {
    let is_of_a_lane = is_of_a_lane(statement);
    let session = if is_of_a_lane {
        // The lanes' own (`entity::lanes::postgres`).
        "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL random_page_cost = 4"
    } else {
        "SET LOCAL plan_cache_mode = auto"
    };
    let values: Vec<String> = statement
        .values
        .iter()
        .flat_map(|values| values.0.iter().map(literal))
        .collect();
    let run = if values.is_empty() {
        "asked".to_owned()
    } else {
        format!("asked({})", values.join(", "))
    };
    let mut connection = pool.get_postgres_connection_pool().acquire().await.unwrap();
    let begin = format!("BEGIN; {session}; PREPARE asked AS {}", statement.sql);
    raw_sql(AssertSqlSafe(begin))
        .execute(&mut *connection)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
    let mut plans = Vec::new();
    for time in 1..=if is_of_a_lane { 1 } else { 6 } {
        let really = if matches!(time, 1 | 6) { "ANALYZE, " } else { "" };
        let ask = format!("EXPLAIN ({really}FORMAT JSON) EXECUTE {run}");
        let row = raw_sql(AssertSqlSafe(ask))
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        if !really.is_empty() {
            let told: String = row.try_get_unchecked(0).unwrap();
            let whole: Value = serde_json::from_str(&told).unwrap();
            let mut plan = Plan {
                told,
                ..Plan::default()
            };
            let answered = number(&whole[0]["Plan"], "Actual Rows");
            postgres_step(&mut plan, &whole[0]["Plan"], answered);
            plans.push(plan);
        }
    }
    raw_sql("ROLLBACK; DEALLOCATE asked")
        .execute(&mut *connection)
        .await
        .unwrap();
    plans
}

fn literal(value: &Bound) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match value {
        Bound::String(Some(text)) => quoted(text),
        Bound::Uuid(Some(id)) => quoted(&id.to_string()),
        Bound::ChronoDateTimeUtc(Some(time)) => quoted(&time.to_rfc3339()),
        Bound::Bool(Some(it)) => it.to_string(),
        Bound::Int(Some(number)) => number.to_string(),
        Bound::BigInt(Some(number)) => number.to_string(),
        Bound::BigUnsigned(Some(number)) => number.to_string(),
        other => panic!("no list has had such a value yet: {other:?}"),
    }
}

fn postgres_step(plan: &mut Plan, step: &Value, answered: f64) {
    let none = Vec::new();
    let below = step["Plans"].as_array().unwrap_or(&none);
    let rows = |step: &Value| number(step, "Actual Rows") * number(step, "Actual Loops");
    match step["Node Type"].as_str().unwrap_or_default() {
        "Seq Scan" => {
            let dropped = number(step, "Rows Removed by Filter") * number(step, "Actual Loops");
            plan.scan(
                step["Relation Name"].as_str().unwrap_or_default(),
                rows(step) + dropped,
            );
        }
        // An index that is read in its order, until a page ends it, or from one place of it to another.
        "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan" => {
            let dropped =
                number(step, "Rows Removed by Filter") + number(step, "Rows Removed by Index Recheck");
            plan.walk(
                step["Relation Name"].as_str().unwrap_or_default(),
                rows(step) + dropped * number(step, "Actual Loops"),
            );
        }
        "Sort" | "Incremental Sort" => {
            let keeps = step["Sort Method"] == "top-N heapsort";
            plan.sort(below.iter().map(rows).sum(), answered, keeps);
        }
        _ => {}
    }
    for step in below {
        postgres_step(plan, step, answered);
    }
}

async fn mariadb(pool: &DatabaseConnection, statement: &Statement) -> Plan {
    let ask = Statement {
        sql: format!("ANALYZE FORMAT=JSON {}", statement.sql),
        ..statement.clone()
    };
    let row = pool
        .query_one_raw(ask)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"))
        .unwrap();
    // It has ids in its conditions as the bytes that they are: no JSON then, and at times no text either.
    let told: Vec<u8> = row.try_get_by_index(0).unwrap();
    let told = String::from_utf8_lossy(&told);
    let told = told.replace("\\\"", "'").replace('\\', "/");
    let told = told.replace(|letter: char| letter.is_control() && letter != '\n', "?");
    let whole: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    let mut plan = Plan {
        told,
        ..Plan::default()
    };
    let answered = pool.query_all_raw(statement.clone()).await.unwrap().len();
    mariadb_step(&mut plan, &whole, f64::from(u32::try_from(answered).unwrap()));
    plan
}

fn mariadb_step(plan: &mut Plan, step: &Value, answered: f64) {
    match step {
        Value::Array(steps) => {
            for step in steps {
                mariadb_step(plan, step, answered);
            }
        }
        Value::Object(parts) => {
            for (name, part) in parts {
                match name.as_str() {
                    "table" => {
                        let rows = number(part, "r_rows") * number(part, "r_loops");
                        let table = part["table_name"].as_str().unwrap_or_default();
                        match part["access_type"].as_str() {
                            // What a part of the statement has found is looked through, too.
                            _ if table.starts_with('<') => {}
                            Some("ALL") => plan.scan(table, rows),
                            _ => plan.walk(table, rows),
                        }
                    }
                    "filesort" => {
                        let keeps = part["r_used_priority_queue"] == true;
                        plan.sort(mariadb_rows(part), answered, keeps);
                    }
                    _ => {}
                }
                mariadb_step(plan, part, answered);
            }
        }
        _ => {}
    }
}

/// How many rows come out of a step: those of the last table of a join.
fn mariadb_rows(step: &Value) -> f64 {
    match step {
        Value::Array(steps) => steps.last().map_or(0.0, mariadb_rows),
        Value::Object(parts) => parts
            .iter()
            .filter(|(_, part)| part.is_object() || part.is_array())
            .map(|(name, part)| {
                if name == "table" {
                    let all = number(part, "r_rows") * number(part, "r_loops");
                    all * part["r_filtered"].as_f64().unwrap_or(100.0) / 100.0
                } else {
                    mariadb_rows(part)
                }
            })
            .fold(0.0, f64::max),
        _ => 0.0,
    }
}

/// SQLite counts the rows that it went through without a condition, and all the steps of its machine. How many rows a sort
/// has it does not tell: those that the statement has without its order and its end.
fn sqlite(path: &Path, statement: &Statement) -> Plan {
    let connection = rusqlite::Connection::open(path).unwrap();
    // As a lane has it, or the pool.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, is_of_a_lane(statement))
        .unwrap();
    let values: Vec<Cell> = statement
        .values
        .iter()
        .flat_map(|values| values.0.iter().map(cell))
        .collect();
    let mut plan = Plan::default();
    let mut explained = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql))
        .unwrap();
    let mut steps = explained.query(rusqlite::params_from_iter(&values)).unwrap();
    while let Some(step) = steps.next().unwrap() {
        let detail: String = step.get("detail").unwrap();
        writeln!(plan.told, "{detail}").unwrap();
    }
    let mut run = connection.prepare(&statement.sql).unwrap();
    let count = sqlite_rows(&mut run, &values);
    let status = |which| f64::from(run.get_status(which));
    let (walked, steps) = (
        status(StatementStatus::FullscanStep),
        status(StatementStatus::VmStep),
    );
    writeln!(plan.told, "{count} rows, {walked} walked, {steps} steps").unwrap();
    plan.walk("all tables", steps / STEPS);
    // Not one of the last terms, which sorts those that have the others alike.
    if plan.told.contains("USE TEMP B-TREE FOR ORDER BY") {
        let mut unending = connection.prepare(&without_limits(&statement.sql)).unwrap();
        // Its sorter keeps as many as the LIMIT says.
        plan.sort(
            sqlite_rows(&mut unending, &values),
            count,
            statement.sql.contains(" LIMIT "),
        );
    }
    // Of tables: what a part of the statement has found is looked through, too.
    let is_table = |name: &str| {
        let sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let count: i64 = connection.query_row(sql, [name], |row| row.get(0)).unwrap();
        count > 0
    };
    let scanned: Vec<&str> = plan
        .told
        .lines()
        .filter_map(|line| line.strip_prefix("SCAN "))
        .filter(|line| line.split(' ').next().is_some_and(&is_table))
        .collect();
    if scanned.iter().any(|line| !line.contains("INDEX")) {
        plan.scan(&scanned.join(", "), walked);
    }
    plan
}

fn sqlite_rows(statement: &mut rusqlite::Statement<'_>, values: &[Cell]) -> f64 {
    let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
    let mut count = 0.0;
    while rows.next().unwrap().is_some() {
        count += 1.0;
    }
    count
}

/// The statement with no end to its rows; the values stay where they are.
fn without_limits(sql: &str) -> String {
    let mut parts = sql.split(" LIMIT ");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        all.push_str(" LIMIT -1");
        match part.strip_prefix('?') {
            Some(rest) => write!(all, " + 0 * ?{rest}").unwrap(),
            None => all.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit())),
        }
    }
    all
}

fn cell(value: &Bound) -> Cell {
    match value {
        Bound::String(Some(text)) => Cell::Text(text.clone()),
        Bound::Uuid(Some(id)) => Cell::Blob(id.as_bytes().to_vec()),
        Bound::ChronoDateTimeUtc(Some(time)) => Cell::Text(time.to_rfc3339()),
        Bound::Bool(Some(it)) => Cell::Integer(i64::from(*it)),
        Bound::Int(Some(number)) => Cell::Integer(i64::from(*number)),
        Bound::BigInt(Some(number)) => Cell::Integer(*number),
        Bound::BigUnsigned(Some(number)) => Cell::Integer(i64::try_from(*number).unwrap()),
        other => panic!("no list has had such a value yet: {other:?}"),
    }
}
