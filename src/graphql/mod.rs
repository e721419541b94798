//! The schema: one file a noun, with its type, connection, inputs, queries and mutations.
//!
//! Nothing is decided here. A field's guard asks the policy, a resolver calls the verb and turns rows
//! into graph types, whose fields are written out: a table's row never meets a client. `selection` reads what a
//! query asks for, so that a list and all that hangs on it is read in one statement; `loader` is for the
//! rest, for one request, through the same scoped reads.

mod access;
mod account;
mod answer;
mod audience;
mod audit;
mod audit_feed;
mod browser;
pub mod complete;
mod connection;
pub mod document;
pub mod documents;
pub mod error;
mod guard;
mod identity;
mod impact;
mod invariant;
mod invitation;
pub mod known;
mod loader;
mod login;
mod membership;
mod node;
pub mod order;
mod page;
mod passkey;
mod passkey_login;
mod password_policy;
mod password_reset;
mod permission;
mod registration_settings;
mod resource;
mod role;
mod role_mutation;
mod schema;
mod selection;
mod session;
mod session_revoke;
mod team;
mod team_inside;
mod team_member;
mod team_mutation;
mod team_query;
mod team_registration;
mod team_row;
mod team_status;
mod totp;
mod user;
mod user_mutation;
mod user_query;
mod user_rescue;
mod viewer;

pub use browser::{Brought, Browser, Kept};
pub use identity::Identity;
pub use loader::{Loaders, Scoped};
pub use schema::{Schema, schema, sdl};
