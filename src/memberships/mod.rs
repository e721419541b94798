//! Who is in which team, with which role.
//!
//! `admit_in`, `change_role_in` and `withdraw_in` are the one door to a membership: each runs under the
//! lock of the team's row, by which a team keeps its last admin whoever pulls at it at once.
//! `void_codes_in` takes an issuer's codes away with the right to issue them.
//! `lock` takes the locks in the one order that all verbs keep: users before teams, each by id.

pub mod admins;
pub mod admit_in;
pub mod change_role_in;
pub mod find;
pub mod lock;
pub mod void_codes_in;
pub mod withdraw_in;

pub use admit_in::{admit_in, obstacle_in};
pub use change_role_in::change_role_in;
pub use void_codes_in::{Issuer, void_codes_in};
pub use withdraw_in::withdraw_in;
