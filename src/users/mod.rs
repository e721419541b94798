//! Users, as platform staff manage them: who exists, what they are called, whether they may come in.
//!
//! Every verb takes its grant, then locks the user, then asks the grant whether its rank reaches that
//! far. What people do to their own account stands in `account`.

pub mod create;
pub mod delete;
pub mod disable;
pub mod enable;
mod filter;
pub mod find;
pub mod index_in;
pub mod insert_in;
pub mod list;
pub mod reset_password;
mod total;
pub mod unbind_email;
pub mod unbind_passkeys;
pub mod unbind_totp;
pub mod unlock;
pub mod update;

pub use index_in::index_in;
pub use insert_in::{NewUser, PasswordChoice, insert_in};
