//! What concerns the whole installation.
//!
//! `start` is what a node does before it serves, on a database that may be empty, its own or shared with nodes that
//! start at the same moment, with a secret that may have changed (`seal_anew`); `reset_super_admin` is the way back in for who has the server's machine; `invariants` says
//! what is always true of the data, and looks whether it is; `seed` fills an empty database for trials.

pub mod invariants;
pub mod reset_super_admin;
pub mod seal_anew;
pub mod seed;
pub mod start;
pub mod sweep;
pub mod update_password_policy;
