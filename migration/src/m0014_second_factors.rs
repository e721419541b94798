//! Dynamic codes and recovery codes; the tries of an account's secrets are counted where all tries are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::table::{add_column, create_table, drop_tables, reference, time, time_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let totp = Table::create()
            .table("totp")
            .col(pk_uuid("user_id"))
            // The shared secret, encrypted.
            .col(blob("sealed"))
            .col(time(manager, "created_at"))
            // Null until a first code has shown that the owner's device has the secret.
            .col(time_null(manager, "confirmed_at"))
            // The 30 seconds of the last code that was used, counted from 1970: it and older ones are over.
            .col(big_integer("last_step"))
            .foreign_key(&mut reference("totp_user", &["user_id"], "user", &["id"]))
            .take();
        create_table(manager, totp).await?;
        let recovery_code = Table::create()
            .table("recovery_code")
            .col(uuid("user_id"))
            // A keyed hash of the user and the code.
            .col(string_len("code_hash", 64))
            .primary_key(Index::create().col("user_id").col("code_hash"))
            .foreign_key(&mut reference(
                "recovery_code_user",
                &["user_id"],
                "user",
                &["id"],
            ))
            .take();
        create_table(manager, recovery_code).await?;
        // The device that a login which waits for its next step came from, when it was known.
        let device = ColumnDef::new("device_id").uuid().null().take();
        add_column(manager, "login_challenge", device).await?;
        // Tries are counted in `counter` from here on, where those of a locked account are not known.
        let unlocked = Query::update()
            .table("user")
            .value("locked_until", Expr::null())
            .and_where(Expr::col("locked_until").is_not_null())
            .take();
        manager.execute(unlocked).await?;
        for column in ["failures", "first_failure_at"] {
            if manager.has_column("credential", column).await? {
                let gone = Table::alter().table("credential").drop_column(column).take();
                manager.alter_table(gone).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let failures = ColumnDef::new("failures").integer().not_null().default(0).take();
        add_column(manager, "credential", failures).await?;
        add_column(manager, "credential", time_null(manager, "first_failure_at")).await?;
        let device = Table::alter()
            .table("login_challenge")
            .drop_column("device_id")
            .take();
        manager.alter_table(device).await?;
        drop_tables(manager, &["recovery_code", "totp"]).await
    }
}
