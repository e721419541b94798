//! Signed-in devices: how one comes to be, is known again, is shown, goes on and ends.
//!
//! The session's row is the authority; tokens only name it. `identify` reads it on every request, so
//! that a session ended on one node is over on all from the next request on.

pub mod challenge;
pub mod complete_login;
pub mod end_in;
pub mod find;
pub mod finish_passkey_login;
pub mod go_on_in;
pub mod identify;
pub mod living;
pub mod login;
pub mod logout;
pub mod new_device;
pub mod open;
pub mod own_row;
pub mod refresh;
pub mod revoke;
pub mod revoke_others;
mod second_factor;
mod standing;
pub mod start_passkey_login;
mod viewer_rows;

pub use go_on_in::{Done, Progress};
pub use open::Tokens;
