//! Invitations: 8-digit codes that carry a team and a role, for one use within 24 hours.
//!
//! Only the code's keyed hash is stored, and only while the code can be used. `redeem_in` is the one
//! place that takes a code, for `joinTeam` and for registration.

pub mod create;
pub mod find;
pub mod join;
pub mod redeem_in;
pub mod revoke;

pub use redeem_in::redeem_in;
