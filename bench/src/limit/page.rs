//! Users with their teams and roles: pages of a list, and one.
//!
//! The page's size stands in the text: as a parameter it would have PostgreSQL plan anew at each execution, or plan badly.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio_postgres::Row;
use uuid::Uuid;

use super::json::Json;
use super::lanes::{Error, Micros};

/// How many users a page has.
const SIZE: usize = 20;
/// How many memberships are shown of each user.
pub const MOST_MEMBERSHIPS: usize = 20;

const COLUMNS: &str =
    "u.id, u.name, u.account, u.account_type, u.email, u.disabled_at, u.locked_until, u.created_at";

/// A page's users, one more than the page, each with a row for each membership.
fn seated(listed: &str, more: &str) -> String {
    format!(
        "{listed}
         SELECT {COLUMNS}, m.id, m.joined_at, t.id, t.name, t.team_type, r.id, r.name{more}
         FROM listed u
         LEFT JOIN membership m ON m.user_id = u.id
         LEFT JOIN team t ON t.id = m.team_id
         LEFT JOIN role r ON r.id = m.role_id
         ORDER BY u.created_at DESC, u.id DESC, m.joined_at, m.id"
    )
}

/// The first page of all users, the newest first.
pub fn first() -> String {
    let listed = format!(
        r#"WITH listed AS (SELECT {COLUMNS} FROM "user" u ORDER BY u.created_at DESC, u.id DESC LIMIT {})"#,
        SIZE + 1
    );
    seated(&listed, "")
}

/// The page after a row.
pub fn after() -> String {
    let listed = format!(
        r#"WITH listed AS (SELECT {COLUMNS} FROM "user" u WHERE (u.created_at, u.id) < ($1, $2)
           ORDER BY u.created_at DESC, u.id DESC LIMIT {})"#,
        SIZE + 1
    );
    seated(&listed, "")
}

/// The first page of those of a type, in a team, and with a text; and how many they are. They are sought among the team's.
pub fn filtered() -> String {
    let listed = format!(
        r#"WITH hit AS MATERIALIZED (
               SELECT {COLUMNS} FROM membership m JOIN "user" u ON u.id = m.user_id
               WHERE m.team_id = $1 AND strpos(m.found_by, $3) > 0 AND u.account_type = $2),
           listed AS (SELECT {COLUMNS} FROM hit u ORDER BY u.created_at DESC, u.id DESC LIMIT {})"#,
        SIZE + 1
    );
    seated(&listed, ", (SELECT count(*) FROM hit)")
}

/// One user.
pub fn one() -> String {
    seated(
        &format!(r#"WITH listed AS (SELECT {COLUMNS} FROM "user" u WHERE u.id = $1)"#),
        "",
    )
}

/// The place that a cursor names: a time in microseconds since 1970, and an id.
pub fn read_cursor(text: &str) -> Option<(i64, Uuid)> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Writes a page; with the whole number of users, where it was counted.
pub fn write(rows: &[Row], counted: bool, now: i64) -> Result<Vec<u8>, Error> {
    let mut json = Json::new(16 * 1024);
    json.raw("{\"data\":{\"users\":{\"nodes\":[");
    let (mut users, mut last, mut rest) = (0, None, rows);
    while users < SIZE && !rest.is_empty() {
        let (time, id, count) = write_user(&mut json, rest, now)?;
        json.raw(",");
        (users, last, rest) = (users + 1, Some((time, id)), &rest[count..]);
    }
    json.no_comma()
        .raw("],\"pageInfo\":{\"hasNextPage\":")
        .raw(if rest.is_empty() { "false" } else { "true" })
        .raw(",\"endCursor\":");
    match last {
        Some((time, id)) => json.cursor(time, id),
        None => json.raw("null"),
    };
    json.raw("}");
    if counted {
        let total = rows.first().map_or(Ok(0), |row| row.try_get(15))?;
        json.raw(",\"totalCount\":").number(total);
    }
    json.raw("}}}");
    Ok(json.into_bytes())
}

/// Writes one user, or that there is none.
pub fn write_one(rows: &[Row], now: i64) -> Result<Vec<u8>, Error> {
    let mut json = Json::new(1024);
    json.raw("{\"data\":{\"user\":");
    if rows.is_empty() {
        json.raw("null");
    } else {
        write_user(&mut json, rows, now)?;
    }
    json.raw("}}");
    Ok(json.into_bytes())
}

/// Writes the user of the first row. Answers their place, and how many rows are theirs.
fn write_user(json: &mut Json, rows: &[Row], now: i64) -> Result<(i64, Uuid, usize), Error> {
    let row = &rows[0];
    let id: Uuid = row.try_get(0)?;
    let disabled_at: Option<Micros> = row.try_get(5)?;
    let locked_until: Option<Micros> = row.try_get(6)?;
    let status = match (disabled_at, locked_until) {
        (Some(_), _) => "DISABLED",
        (None, Some(until)) if now < until.0 => "LOCKED",
        _ => "ACTIVE",
    };
    let Micros(created_at) = row.try_get(7)?;
    json.raw("{\"id\":")
        .id("user_", id)
        .raw(",\"name\":")
        .text(row.try_get(1)?)
        .raw(",\"account\":")
        .text(row.try_get(2)?)
        .raw(",\"accountType\":")
        .text(row.try_get(3)?)
        .raw(",\"status\":")
        .text(status)
        .raw(",\"email\":")
        .optional(row.try_get(4)?)
        .raw(",\"createdAt\":")
        .time(created_at)
        .raw(",\"memberships\":{\"nodes\":[");
    let mut count = 0;
    for row in rows {
        if row.try_get::<_, Uuid>(0)? != id {
            break;
        }
        if count < MOST_MEMBERSHIPS
            && let Some(membership) = row.try_get::<_, Option<Uuid>>(8)?
        {
            json.raw("{\"id\":")
                .id("membership_", membership)
                .raw(",\"joinedAt\":")
                .time(row.try_get::<_, Micros>(9)?.0)
                .raw(",\"team\":{\"id\":")
                .id("team_", row.try_get(10)?)
                .raw(",\"name\":")
                .text(row.try_get(11)?)
                .raw(",\"type\":")
                .text(row.try_get(12)?)
                .raw("},\"role\":{\"id\":")
                .id("role_", row.try_get(13)?)
                .raw(",\"name\":")
                .text(row.try_get(14)?)
                .raw("}},");
        }
        count += 1;
    }
    json.no_comma().raw("]}}");
    Ok((created_at, id, count))
}
