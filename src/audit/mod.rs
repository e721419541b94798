//! The audit log: who did what to whom, when, from where, and how it ended.
//!
//! An event is written in the transaction of what it records; a refusal after the rollback, in one of
//! its own. What is personal stands in rows of their own, which go with the user; the event keeps
//! their salted digest, the id and the account. The log is only ever appended to.

mod event;
pub mod filter;
pub mod find;
mod record;
pub mod scope;

pub use event::{Change, Event, Target};
pub use record::{record_in, refuse};
