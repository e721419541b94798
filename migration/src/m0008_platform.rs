//! What is set for the whole platform.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let setting = Table::create()
            .table("platform_setting")
            .col(string_len("name", 64).primary_key())
            .col(text("value"))
            .take();
        create_table(manager, setting).await?;

        let policy = Table::create()
            .table("password_policy")
            .col(integer("id").primary_key())
            .col(integer("minimum_length"))
            .col(integer("maximum_length"))
            .col(integer("character_classes"))
            .col(boolean("allows_account_or_name"))
            .col(boolean("refuses_common"))
            .col(integer("refuses_previous"))
            .col(integer("expires_after_days"))
            .col(boolean("change_after_reset"))
            .col(integer("lock_after_failures"))
            .col(integer("failure_window_minutes"))
            .col(integer("lock_minutes"))
            .check(Expr::cust("id = 1"))
            .take();
        create_table(manager, policy).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["password_policy", "platform_setting"]).await
    }
}
