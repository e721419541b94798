//! Teams by status are counted by an index alone: the expired ones on each database, the disabled ones on MySQL and MariaDB,
//! which keep no index of the few (migration 19).

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{create_index, drop_index};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// In place of the next.
const BY_END: (&str, &[&str]) = ("team_by_end", &["expires_at", "disabled_at"]);
const BY_EXPIRY: (&str, &[&str]) = ("team_by_expiry", &["expires_at"]);
const DISABLED: (&str, &[&str]) = ("team_disabled", &["disabled_at"]);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_index(manager, "team", BY_END.0, BY_END.1).await?;
        if manager.get_database_backend() == DbBackend::MySql {
            create_index(manager, "team", DISABLED.0, DISABLED.1).await?;
        }
        drop_index(manager, "team", BY_EXPIRY.0).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_index(manager, "team", BY_EXPIRY.0, BY_EXPIRY.1).await?;
        if manager.get_database_backend() == DbBackend::MySql {
            drop_index(manager, "team", DISABLED.0).await?;
        }
        drop_index(manager, "team", BY_END.0).await
    }
}
