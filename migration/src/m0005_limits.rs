//! Counters of what may happen only so often.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counter = Table::create()
            .table("counter")
            .col(string_len("subject", 128).primary_key())
            .col(integer("count"))
            .col(time(manager, "window_started_at"))
            .col(time(manager, "window_ends_at"))
            .take();
        create_table(manager, counter).await?;
        create_index(manager, "counter", "counter_by_end", &["window_ends_at"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["counter"]).await
    }
}
