//! What is rare in a list is found by an index of it alone; what is frequent, by the order of the list.
//!
//! Almost all users are members, active and not locked, and almost all events succeeded. An index over all of them is
//! written with each of them, and asked for the few others. PostgreSQL and SQLite can keep an index of the few: it is small,
//! and costs a write of the many nothing. MySQL and MariaDB cannot, and keep an index of all.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::table::{create_index, drop_index};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Indexes of the few: name, table, columns, and who they are.
const FEW: [(&str, &str, &str, &str); 4] = [
    // `users` by account type, where it is not MEMBER; in place of `user_by_account_type`.
    (
        "user_staff",
        "user",
        "account_type, created_at, id",
        "account_type <> 'MEMBER'",
    ),
    // `users` by status.
    (
        "user_disabled",
        "user",
        "created_at, id",
        "disabled_at IS NOT NULL",
    ),
    ("user_locked", "user", "locked_until", "locked_until IS NOT NULL"),
    // `auditEvents` by outcome; in place of `audit_event_by_outcome`.
    (
        "audit_event_failed",
        "audit_event",
        "outcome, created_at, id",
        "outcome <> 'SUCCEEDED'",
    ),
];

/// What those stand in the place of.
const REPLACED: [(&str, &str, &[&str]); 2] = [
    ("user_by_account_type", "user", &["account_type", "created_at"]),
    (
        "audit_event_by_outcome",
        "audit_event",
        &["outcome", "created_at", "id"],
    ),
];

/// The same on MySQL and MariaDB, which keep the two others.
const ALL: [(&str, &str); 2] = [("user_disabled", "disabled_at"), ("user_locked", "locked_until")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::MySql {
            for (name, column) in ALL {
                create_index(manager, "user", name, &[column]).await?;
            }
            return Ok(());
        }
        for (name, table, columns, few) in FEW {
            let index = format!("CREATE INDEX {name} ON \"{table}\" ({columns}) WHERE {few}");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        for (name, table, _) in REPLACED {
            drop_index(manager, table, name).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::MySql {
            for (name, _) in ALL {
                drop_index(manager, "user", name).await?;
            }
            return Ok(());
        }
        for (name, table, columns) in REPLACED {
            create_index(manager, table, name, columns).await?;
        }
        for (name, table, ..) in FEW {
            drop_index(manager, table, name).await?;
        }
        Ok(())
    }
}
