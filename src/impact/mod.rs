//! Previews: what a mutation that takes something away would take, without doing it.
//!
//! A preview runs the very verb, in its own transaction and under its own locks, looks at how things stand before
//! and after, and takes everything back. So it cannot say anything else than what the verb would do.
//! What is compared stands in `standing`: sessions, memberships, usable codes, permissions, resources.

mod loss;
mod standing;
mod watch;

pub use loss::{Impact, Loss};
pub use standing::Scope;
pub use watch::{Outcome, Run, Watch};
