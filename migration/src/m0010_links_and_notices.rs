//! Registration links of superapp teams, who registered a team by one, and which expiries were told of.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::table::{add_column, add_index, create_index, create_table, drop_tables, reference, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds no foreign key to a table that is there.
        for column in [
            // The link's keyed hash, by which it is looked up; null when there is none, or it was revoked.
            string_len_null("link_hash", 64),
            // The link's token, encrypted, for who may copy it.
            blob_null("link_sealed"),
            // The user who made the team by a link, for the limit on that.
            uuid_null("registered_by"),
        ] {
            add_column(manager, "team", column).await?;
        }
        let unique = Index::create().col("link_hash").unique().take();
        add_index(manager, "team", "team_link", unique).await?;
        create_index(manager, "team", "team_by_registrant", &["registered_by"]).await?;
        // What is about to expire is looked for all the time.
        create_index(manager, "team", "team_by_expiry", &["expires_at"]).await?;

        // One row for each notice that was written: of many nodes one makes it. Another expiry is another row.
        let notice = Table::create()
            .table("team_notice")
            .col(uuid("team_id"))
            .col(time(manager, "expires_at"))
            // How many days before: 30, 7, 1 or 0.
            .col(integer("days"))
            .col(time(manager, "created_at"))
            .primary_key(Index::create().col("team_id").col("expires_at").col("days"))
            .foreign_key(&mut reference("team_notice_team", &["team_id"], "team", &["id"]))
            .take();
        create_table(manager, notice).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["team_notice"]).await?;
        for index in ["team_by_expiry", "team_by_registrant", "team_link"] {
            let mut drop = Index::drop();
            drop.name(index).table("team");
            manager.drop_index(drop).await?;
        }
        for column in ["registered_by", "link_sealed", "link_hash"] {
            manager
                .alter_table(Table::alter().table("team").drop_column(column).take())
                .await?;
        }
        Ok(())
    }
}
