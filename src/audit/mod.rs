//! The audit log: who did what to whom, when, from where, and how it ended.
//!
//! An event is written in the transaction of what it records; a refusal after the rollback, in one of
//! its own. What is personal stands in rows of their own, which go with the user; the event keeps
//! their salted digest, the id and the account. The log is only ever appended to: soon after the commit events are
//! sealed into a chain of keyed hashes (`seal`), and `verify` tells whether all of it is as it was written.

mod arms;
mod chain;
mod event;
pub mod feed;
pub mod filter;
pub mod find;
mod flaw;
mod halves;
mod hash;
mod head;
mod outlived;
mod record;
pub mod scope;
mod seal;
mod tried;
mod verify;

pub use chain::Chain;
pub use event::{Change, Event, Target};
pub use flaw::{Flaw, Side, Wrong};
pub use head::{Head, Standing, head, standing};
pub use record::{record_in, refuse, writes};
pub use seal::{Sealed, Sealer, seal};
pub use verify::{Verdict, verify};
