//! The chain over the audit log: its head, what an event was when it was written, and the events that wait.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{add_column, add_index, create_index, create_table, drop_tables};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The name of a target that is no user: nobody's personal data, and so it stays.
        add_column(manager, "audit_event", string_len_null("target_name", 64)).await?;
        // A keyed hash over the event alone, made when it is written: nobody can edit it, or put one of their own
        // in, before it is sealed. Null in events of before.
        add_column(manager, "audit_event", string_len_null("own_hash", 64)).await?;

        // The events that are not sealed yet, in the order in which they will be. They are few, and found at once.
        if manager.get_database_backend() == DbBackend::MySql {
            let columns = &["position", "created_at", "id"];
            create_index(manager, "audit_event", "audit_event_unsealed", columns).await?;
        } else {
            let unsealed = Index::create()
                .col("created_at")
                .col("id")
                .and_where(Expr::col("position").is_null())
                .take();
            add_index(manager, "audit_event", "audit_event_unsealed", unsealed).await?;
        }

        // One row: the last event of the chain. Who seals holds it locked.
        let head = Table::create()
            .table("audit_head")
            .col(integer("id").primary_key())
            .col(big_integer("position"))
            .col(string_len("hash", 64))
            .check(Expr::cust("id = 1"))
            .take();
        create_table(manager, head).await?;
        let nothing_sealed = Query::insert()
            .into_table("audit_head")
            .columns(["id", "position", "hash"])
            .values_panic([1.into(), 0_i64.into(), "0".repeat(64).into()])
            // It is there where this was cut off just after it, on MySQL.
            .on_conflict(OnConflict::column("id").do_nothing_on(["id"]).to_owned())
            .take();
        manager.execute(nothing_sealed).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["audit_head"]).await?;
        let mut index = Index::drop();
        index.name("audit_event_unsealed").table("audit_event");
        manager.drop_index(index).await?;
        for column in ["own_hash", "target_name"] {
            let table = Table::alter().table("audit_event").drop_column(column).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
