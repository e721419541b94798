//! The tables, one entity a file: columns and relations, no behaviour.
//!
//! The cycle of users, teams and memberships stays inside this folder. A row never meets a client:
//! the graph types of `graphql` say which of its columns are shown, and to whom.
//! The tables themselves are made in `migration/`.

use sea_orm::{ActiveEnum, DbErr, RuntimeErr};

use crate::base::Error;

pub mod audit_event;
pub mod audit_head;
pub mod audit_personal;
pub mod audit_refusal;
pub mod counter;
pub mod credential;
pub mod database;
mod id;
pub mod insert;
pub mod invitation;
pub mod keyset;
pub mod lanes;
pub mod letter;
pub mod login_challenge;
pub mod login_name;
pub mod membership;
pub mod passkey;
pub mod passkey_answer;
pub mod passkey_enrolment;
pub mod password_history;
pub mod password_policy;
pub mod platform_setting;
mod pooled;
pub mod recovery_code;
pub mod resource;
pub mod role;
pub mod search;
pub mod select;
pub mod session;
pub mod team;
pub mod team_notice;
pub mod team_search;
pub mod time;
pub mod together;
pub mod totp;
pub mod user;
pub mod user_search;
pub mod verification_code;

/// The value of a closed set that a column holds under this name.
#[must_use]
pub fn named<V: ActiveEnum<Value = String>>(name: &str) -> Option<V> {
    V::try_from_value(&name.to_owned()).ok()
}

impl From<DbErr> for Error {
    /// A failing database is our fault; a violated constraint is mapped where the insert stands.
    fn from(cause: DbErr) -> Self {
        if is_deadlock(&cause) {
            return Self::Contended(cause.into());
        }
        Self::internal(cause)
    }
}

/// Whether the database ended a circle of transactions that waited for each other, at the cost of this one.
///
/// We lock in one order, and so have none on PostgreSQL. On MySQL and MariaDB a statement also locks entries of indexes
/// that it walks by, such as the one beside a new entry that turns out to be somebody's, and in an order of their own:
/// those circles cannot be told beforehand, and MySQL's manual says to be ready for them. A mutation is then run again
/// (`http::graphql`).
fn is_deadlock(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let code = error
        .as_database_error()
        .and_then(sea_orm::sqlx::error::DatabaseError::code);
    // PostgreSQL's, and that of MySQL and MariaDB (error 1213).
    matches!(code.as_deref(), Some("40P01" | "40001"))
}
