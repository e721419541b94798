//! The ground: what every other floor stands on, and what knows nothing of Rollcall's own business.
//!
//! Time, ids and randomness come from here alone, so that a test can move or repeat them.
//! Text that people type is *parsed* here into types that cannot hold a bad value.
//! Nothing here touches the database, GraphQL or HTTP.

pub mod clock;
pub mod error;
pub mod form;
pub mod id;
pub mod page;
pub mod password;
pub mod random;
pub mod settings;
pub mod settings_file;
pub mod tally;
pub mod text;

pub use error::{Error, Result};
