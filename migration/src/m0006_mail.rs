//! The outbox: letters that were caused and not delivered yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let letter = Table::create()
            .table("letter")
            .col(pk_uuid("id"))
            .col(string_len("kind", 32))
            // Recipient, subject and text, encrypted.
            .col(blob("sealed"))
            .col(time(manager, "created_at"))
            .col(integer("attempts"))
            .col(time(manager, "due_at"))
            .col(time_null(manager, "failed_at"))
            .take();
        create_table(manager, letter).await?;
        create_index(manager, "letter", "letter_by_due", &["failed_at", "due_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["letter"]).await
    }
}
