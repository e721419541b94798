//! The processes that are measured, and what the kernel says of them.

pub mod postgres;
pub mod proc;
pub mod server;
pub mod site;
