//! A user's password: what it has to be, how it is set, and how often it may be guessed.
//!
//! `policy` reads the rules, `check` holds a new password against them and `strength` tells a form how good it is;
//! `hash_anew` hashes another, `set_in` writes one, `named` looks up whose it is said to be, and `attempt` counts the tries before they are made, so that parallel
//! guesses are all counted.

pub mod attempt;
pub mod check;
pub mod common;
pub mod hash_anew;
pub mod named;
pub mod policy;
pub mod set_in;
pub mod strength;

pub use policy::Policy;
