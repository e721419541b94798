//! Rollcall: users, teams and roles of an admin console behind one GraphQL API.
//!
//! The floor plan, from the ground up. A file imports its own folder and lower ones, never a higher
//! one; `tests/it/floors.rs` holds this. Two things are cyclic by nature: tables and a GraphQL graph. Each
//! has a floor of its own, `entity` and `graphql`, where the cycle stays inside.

// Ground: errors, clock, ids, pages, text, settings.
pub mod base;

// The tables.
pub mod entity;

// What every rule leans on: who may do what, secrets, letters, the audit log.
pub mod access;
pub mod secret;

pub mod mail;

pub mod audit;

pub mod app;

// The slices, each of which may lean on those before it: everything that decides.
pub mod limits;

pub mod passwords;

pub mod codes;

pub mod totp;

pub mod passkeys;

pub mod sessions;

pub mod memberships;

pub mod impact;

pub mod users;

pub mod teams;

pub mod invitations;

pub mod resources;

pub mod account;
pub mod platform;

// The fast path: what is asked most, from the rows straight to bytes.
pub mod fast;

// The schema, which translates and never decides, and the server.
pub mod graphql;

pub mod http;
