//! Signed-in devices, and logins that wait for their next step.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let session = Table::create()
            .table("session")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            // How often the refresh token has been changed for a new one, and when, twice back.
            .col(integer("generation"))
            .col(time(manager, "rotated_at"))
            .col(time_null(manager, "previous_rotated_at"))
            .col(time(manager, "refresh_expires_at"))
            .col(time(manager, "expires_at"))
            .col(time(manager, "created_at"))
            .col(time(manager, "last_used_at"))
            .col(string_len_null("address", 45))
            .col(string_len_null("user_agent", 512))
            .foreign_key(&mut reference("session_user", &["user_id"], "user", &["id"]))
            .take();
        create_table(manager, session).await?;
        create_index(manager, "session", "session_by_expiry", &["expires_at"]).await?;
        create_index(manager, "session", "session_by_user", &["user_id", "created_at"]).await?;

        let challenge = Table::create()
            .table("login_challenge")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(string_len("step", 32))
            .col(time(manager, "created_at"))
            .col(time(manager, "expires_at"))
            .foreign_key(&mut reference(
                "login_challenge_user",
                &["user_id"],
                "user",
                &["id"],
            ))
            .take();
        create_table(manager, challenge).await?;
        create_index(
            manager,
            "login_challenge",
            "login_challenge_by_user",
            &["user_id"],
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["login_challenge", "session"]).await
    }
}
