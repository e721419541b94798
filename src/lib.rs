//! Rollcall: users, teams and roles of an admin console behind one GraphQL API.

pub mod base;

pub mod entity;

pub mod access;
pub mod app;
pub mod audit;
pub mod mail;
pub mod secret;

pub mod account;
pub mod codes;
pub mod invitations;
pub mod limits;
pub mod memberships;
pub mod passwords;
pub mod platform;
pub mod sessions;
pub mod teams;
pub mod users;

pub mod graphql;
pub mod http;
