//! Everything that is secret: keys, passwords, tokens and codes.
//!
//! All keys are derived from the lines of the secret file, each for one use. What is compared is
//! compared in constant time; what is stored is a hash. Nothing here prints what it holds.

pub mod code;
pub mod keys;
pub mod link;
pub mod password;
mod threads;
pub mod token;
pub mod totp;

pub use keys::Keys;
pub use password::Hasher;
