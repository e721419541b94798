//! The tests of Rollcall: behaviour, through the real API, on real databases, with a real SMTP server.
//!
//! One file a capability. Each test runs on every database of `support::database`; PostgreSQL's server is the one
//! of `TEST_POSTGRES_URL`, which `make test` starts, and a test that misses it fails.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_imports,
    clippy::too_many_lines // A test tells its story to the end.
)]
#![allow(clippy::missing_panics_doc)] // A test that fails panics.

mod support;

mod access;
mod account;
mod at_once;
mod audit;
mod audit_chain;
mod audit_events;
mod candidates;
mod commands;
mod console_cookies;
mod contract;
mod crossings;
mod deadlocks;
mod error_shapes;
mod explain_access;
mod failures;
mod fast;
mod field_order;
mod floors;
mod forgetting;
mod graphiql;
mod guessing;
mod headers;
mod input;
mod invariants;
mod invitations;
mod key_rotation;
mod last_admin;
mod letters;
mod look_ahead;
mod mail;
mod members;
mod menus;
mod migrations;
mod model;
mod nodes;
mod passkeys;
mod password_policy;
mod password_reset;
mod passwords;
mod pooler;
mod previews;
mod query_plans;
mod races;
mod ranks;
mod rates;
mod readme;
mod registration;
mod replica;
mod resources;
mod roles;
mod search;
mod secrecy;
mod seed;
mod session_ends;
mod session_reach;
mod sessions;
mod subscription;
mod team_expiry;
mod team_expiry_nodes;
mod team_races;
mod team_registration;
mod team_status;
mod teams;
mod timing;
mod tokens;
mod totp;
mod users;
mod viewer_actions;
mod wire;
