//! Counters that are forgotten together: those of an account's known devices go with the account's.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_len_null;

use crate::table::{add_column, create_index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null for those of before: their windows are over within a day.
        add_column(manager, "counter", string_len_null("family", 128).take()).await?;
        create_index(manager, "counter", "counter_by_family", &["family"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("counter_by_family")
            .table("counter")
            .to_owned();
        manager.drop_index(index).await?;
        let column = Table::alter().table("counter").drop_column("family").take();
        manager.alter_table(column).await
    }
}
