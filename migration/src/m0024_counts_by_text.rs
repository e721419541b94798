//! Users by name, with all that a count of those who hold a text asks of them: where many do, SQLite, MySQL and MariaDB then
//! read this index instead of the table. (PostgreSQL tells them by their bigrams.)

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{create_index, drop_index};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// In place of the next. What other filters ask of a user goes with the texts.
const WITH_TEXTS: (&str, &[&str]) = (
    "user_by_name_with_texts",
    &[
        "name_folded",
        "id",
        "account_folded",
        "email_folded",
        "account_type",
        "disabled_at",
        "locked_until",
    ],
);
const BY_NAME: (&str, &[&str]) = ("user_by_name", &["name_folded", "id"]);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            return Ok(());
        }
        create_index(manager, "user", WITH_TEXTS.0, WITH_TEXTS.1).await?;
        drop_index(manager, "user", BY_NAME.0).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            return Ok(());
        }
        create_index(manager, "user", BY_NAME.0, BY_NAME.1).await?;
        drop_index(manager, "user", WITH_TEXTS.0).await
    }
}
