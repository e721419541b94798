//! Letters: written by `letter`, stored encrypted by `outbox` in the transaction that causes them,
//! carried by `transport` after the commit, again and again until a server takes them.
//!
//! A crash loses none. One goes out twice only where the server died between the mail server's answer
//! and noting it, and then with the same Message-ID.

pub mod failure;
pub mod letter;
pub mod outbox;
pub mod transport;

pub use letter::Letter;
pub use outbox::Outbox;
