//! The head of the chain: the last event that is sealed.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::base::{Error, Result};
use crate::entity::database::Database;
use crate::entity::{audit_event, audit_head};

/// The place and the hash of an event. Whoever keeps it elsewhere can tell later whether the log still has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The event's place; 0 before the first.
    pub position: i64,
    /// The event's hash, in hexadecimal.
    pub hash: String,
}

impl Head {
    /// Before the first event.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            position: 0,
            hash: "0".repeat(64),
        }
    }

    /// Makes this the log's head, for who holds its lock.
    pub async fn write_in(&self, txn: &impl ConnectionTrait) -> Result<()> {
        audit_head::Entity::update_many()
            .col_expr(audit_head::Column::Position, Expr::value(self.position))
            .col_expr(audit_head::Column::Hash, Expr::value(&self.hash))
            .filter(audit_head::Column::Id.eq(1))
            .exec(txn)
            .await?;
        Ok(())
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.position, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "it has to be a position and a hash, as `rollcall audit head` prints them".to_owned();
        let (position, hash) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let position = position.parse().ok().filter(|position| *position >= 0);
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match position {
            Some(position) if is_hash => Ok(Self {
                position,
                hash: hash.to_ascii_lowercase(),
            }),
            _ => Err(wrong()),
        }
    }
}

impl From<audit_head::Model> for Head {
    fn from(row: audit_head::Model) -> Self {
        Self {
            position: row.position,
            hash: row.hash,
        }
    }
}

/// The head as the database has it.
pub async fn head(connection: &impl ConnectionTrait) -> Result<Head> {
    let row = audit_head::Entity::find_by_id(1).one(connection).await?;
    row.map(Head::from)
        .ok_or_else(|| Error::internal("the head of the audit log is missing"))
}

/// How far the sealing is.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The last event that is sealed.
    pub head: Head,
    /// How many are not.
    pub waiting: u64,
    /// When the oldest of them was written.
    pub waiting_since: Option<DateTime<Utc>>,
}

/// How far the sealing is.
pub async fn standing(database: &Database) -> Result<Standing> {
    let connection = database.reader();
    let waiting = audit_event::Entity::find().filter(audit_event::Column::Position.is_null());
    let oldest = waiting
        .clone()
        .order_by_asc(audit_event::Column::CreatedAt)
        .order_by_asc(audit_event::Column::Id)
        .one(connection)
        .await?;
    Ok(Standing {
        head: head(connection).await?,
        waiting: waiting.count(connection).await?,
        waiting_since: oldest.map(|event| event.created_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let head = Head {
            position: 12,
            hash: "ab".repeat(32),
        };
        assert_eq!(format!("  {head}\n").parse(), Ok(head.clone()));
        assert_eq!(format!("12 {}", "AB".repeat(32)).parse(), Ok(head));
        assert_eq!(Head::nothing().to_string().parse(), Ok(Head::nothing()));
        for text in [
            "",
            "12",
            "12 ab",
            "-1 x",
            &format!("x {}", "ab".repeat(32)),
            &format!("1  {}", "ab".repeat(32)),
        ] {
            assert!(text.parse::<Head>().is_err(), "{text}");
        }
    }
}
