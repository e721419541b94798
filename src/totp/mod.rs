//! The second factor: dynamic codes of a user's device, and the recovery codes that stand in for a lost one.
//!
//! A secret counts once a first code has confirmed it. A code works once: the row keeps the step of the last that was
//! used, and moves forward alone. A recovery code is a row that is deleted with its use. Tries are counted by
//! `passwords::attempt`, with those of the password.

mod confirm_in;
mod enroll_in;
mod find;
mod remove_in;
mod spend_in;

pub use confirm_in::confirm_in;
pub use enroll_in::{Enrolment, enroll_in};
pub use find::{are_on, is_on_in, on_of};
pub use remove_in::remove_in;
pub use spend_in::{Given, Spent, spend_in};
