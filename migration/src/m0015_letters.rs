//! Whose a letter is, so that it goes with the user, and why it was not taken the last time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::table::{add_column, create_index};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            // Null for an address of which no user is known. SQLite adds no foreign key to a table that is there.
            uuid_null("user_id"),
            // A class and a code, never what was written or to whom; null until a try has failed.
            string_len_null("failure", 128),
        ] {
            add_column(manager, "letter", column).await?;
        }
        create_index(manager, "letter", "letter_by_user", &["user_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        index.name("letter_by_user").table("letter");
        manager.drop_index(index).await?;
        for column in ["failure", "user_id"] {
            manager
                .alter_table(Table::alter().table("letter").drop_column(column).take())
                .await?;
        }
        Ok(())
    }
}
