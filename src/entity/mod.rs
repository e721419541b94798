//! The tables, one entity a file: columns and relations, no behaviour.
//!
//! The cycle of users, teams and memberships stays inside this folder. A row never meets a client:
//! the graph types of `graphql` say which of its columns are shown, and to whom.
//! The tables themselves are made in `migration/`.

use sea_orm::DbErr;

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
pub mod letter;
pub mod login_challenge;
pub mod login_name;
pub mod membership;
pub mod password_history;
pub mod password_policy;
pub mod platform_setting;
pub mod role;
pub mod select;
pub mod session;
pub mod team;
pub mod team_notice;
pub mod user;
pub mod verification_code;

impl From<DbErr> for Error {
    /// A failing database is our fault; a violated constraint is mapped where the insert stands.
    fn from(cause: DbErr) -> Self {
        Self::internal(cause)
    }
}
