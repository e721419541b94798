//! The audit log, with the places of its chain.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign keys: an event outlives what it tells of.
        let event = Table::create()
            .table("audit_event")
            .col(pk_uuid("id"))
            .col(time(manager, "created_at"))
            .col(string_len("action", 48))
            .col(string_len("outcome", 16))
            .col(uuid_null("actor_id"))
            .col(string_len_null("actor_account", 64))
            .col(string_len_null("target_id", 64))
            .col(string_len_null("target_account", 64))
            .col(uuid_null("team_id"))
            // Changed fields that are nobody's personal data, as JSON.
            .col(text("changes"))
            .col(string_len("request_id", 64))
            // Salted digests of the rows in audit_personal, so that the chain covers what can be erased.
            .col(string_len_null("actor_digest", 64))
            .col(string_len_null("target_digest", 64))
            // The place in the chain; null until sealed.
            .col(big_integer_null("position"))
            .col(string_len_null("previous_hash", 64))
            .col(string_len_null("hash", 64))
            .col(time_null(manager, "sealed_at"))
            .index(&mut unique("audit_event_position", &["position"]))
            .take();
        create_table(manager, event).await?;
        create_index(
            manager,
            "audit_event",
            "audit_event_by_time",
            &["created_at", "id"],
        )
        .await?;
        create_index(
            manager,
            "audit_event",
            "audit_event_by_actor",
            &["actor_id", "created_at", "id"],
        )
        .await?;
        create_index(
            manager,
            "audit_event",
            "audit_event_by_target",
            &["target_id", "created_at", "id"],
        )
        .await?;
        create_index(
            manager,
            "audit_event",
            "audit_event_by_team",
            &["team_id", "created_at", "id"],
        )
        .await?;

        // What is personal in an event, by the user it is about: goes when that user is deleted.
        let personal = Table::create()
            .table("audit_personal")
            .col(uuid("event_id"))
            .col(string_len("side", 8))
            .col(uuid("user_id"))
            .col(string_len("salt", 64))
            .col(text("data"))
            .primary_key(
                Index::create()
                    .name("audit_personal_key")
                    .col("event_id")
                    .col("side"),
            )
            .foreign_key(&mut reference(
                "audit_personal_event",
                &["event_id"],
                "audit_event",
                &["id"],
            ))
            .take();
        create_table(manager, personal).await?;
        create_index(manager, "audit_personal", "audit_personal_by_user", &["user_id"]).await?;

        let refusal = Table::create()
            .table("audit_refusal")
            .col(time(manager, "minute"))
            .col(string_len("action", 48))
            .col(integer("count"))
            .primary_key(
                Index::create()
                    .name("audit_refusal_key")
                    .col("minute")
                    .col("action"),
            )
            .take();
        create_table(manager, refusal).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["audit_refusal", "audit_personal", "audit_event"]).await
    }
}
