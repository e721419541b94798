//! The fast path: the lists and look-ups that a console waits for, answered from the rows straight to bytes.
//!
//! What a query selects is read once ([`plan`]), becomes one statement with the columns that it needs ([`statement`]),
//! which runs on a lane side by side with the one that tells who asks, and the rows are written down as JSON
//! ([`write`]). A field of a hot type is [`Fast`]: either the ordinary type, resolved as all others are, or such bytes.
//!
//! Who changes the rest of the code need not know of it. Whatever is not plain goes the ordinary way: a field that
//! [`table`] marks as cold, an argument that is no page, a right that the viewer lacks, a lane that is down, another
//! database, a subscription. Both ways answer the same bytes, which `tests/it/fast.rs` holds.

mod asked;
mod fetch;
mod field;
mod leaf;
mod narrow;
mod plan;
mod planned;
mod read;
pub mod respond;
mod rows;
mod selection;
mod shape;
mod statement;
pub mod table;
mod write;

pub use asked::{Asked, Kept};
pub use field::{Fast, Way};
pub use read::{team, teams, user, users, viewer};
pub use selection::Cold;
