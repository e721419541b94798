//! The tables of Rollcall: one change a file, up and down, for SQLite, PostgreSQL, MySQL and MariaDB.
//!
//! What can be said there, the database holds by itself: unique names, one super admin, a role of the
//! same team, single use of codes. No column has a default and no row is deleted by a cascade: what is
//! written and what goes is decided in the verbs, where a reader finds it.
//! A migration that has shipped never changes; a later one mends it.

#![allow(clippy::wildcard_imports, clippy::too_many_lines)] // A migration is one long list of columns.

use sea_orm_migration::prelude::*;

pub mod bigrams;
mod collation;
mod m0001_users;
mod m0002_sessions;
mod m0003_teams;
mod m0004_invitations;
mod m0005_limits;
mod m0006_mail;
mod m0007_audit;
mod m0008_platform;
mod m0009_audit_chain;
mod m0010_links_and_notices;
mod m0011_roles_and_resources;
mod m0012_audit_lists;
mod m0013_registered;
mod m0014_second_factors;
mod m0015_letters;
mod m0016_passkeys;
mod m0017_counter_families;
mod m0018_search;
mod m0019_rare_rows;
mod m0020_member_texts;
mod m0021_disabled_orders;
mod m0022_team_lists;
mod m0023_counts_by_status;
mod m0024_counts_by_text;
mod table;

pub use collation::compare_bytes;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

/// All changes, in their order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_users::Migration),
            Box::new(m0002_sessions::Migration),
            Box::new(m0003_teams::Migration),
            Box::new(m0004_invitations::Migration),
            Box::new(m0005_limits::Migration),
            Box::new(m0006_mail::Migration),
            Box::new(m0007_audit::Migration),
            Box::new(m0008_platform::Migration),
            Box::new(m0009_audit_chain::Migration),
            Box::new(m0010_links_and_notices::Migration),
            Box::new(m0011_roles_and_resources::Migration),
            Box::new(m0012_audit_lists::Migration),
            Box::new(m0013_registered::Migration),
            Box::new(m0014_second_factors::Migration),
            Box::new(m0015_letters::Migration),
            Box::new(m0016_passkeys::Migration),
            Box::new(m0017_counter_families::Migration),
            Box::new(m0018_search::Migration),
            Box::new(m0019_rare_rows::Migration),
            Box::new(m0020_member_texts::Migration),
            Box::new(m0021_disabled_orders::Migration),
            Box::new(m0022_team_lists::Migration),
            Box::new(m0023_counts_by_status::Migration),
            Box::new(m0024_counts_by_text::Migration),
        ]
    }
}
