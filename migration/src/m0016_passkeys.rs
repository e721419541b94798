//! Passkeys, those that are being added, and the answers of passkeys that were used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::table::{add_column, create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let passkey = Table::create()
            .table("passkey")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(string_len("name", 50))
            // The hash of what the authenticator calls the passkey, which can be too long for an index.
            .col(string_len("credential_hash", 64))
            // What the authenticator calls the user: random, the same for all passkeys of a user.
            .col(uuid("user_handle"))
            // The public key and the counter of its signatures, as JSON. Nothing of it is a secret.
            .col(text("credential"))
            .col(time(manager, "created_at"))
            .col(time_null(manager, "last_used_at"))
            .foreign_key(&mut reference("passkey_user", &["user_id"], "user", &["id"]))
            .index(&mut unique("passkey_credential", &["credential_hash"]))
            .take();
        create_table(manager, passkey).await?;
        create_index(manager, "passkey", "passkey_by_user", &["user_id", "created_at"]).await?;
        let enrolment = Table::create()
            .table("passkey_enrolment")
            .col(pk_uuid("user_id"))
            .col(uuid("user_handle"))
            // What the authenticator's answer is held against, as JSON.
            .col(text("state"))
            .col(time(manager, "expires_at"))
            .foreign_key(&mut reference(
                "passkey_enrolment_user",
                &["user_id"],
                "user",
                &["id"],
            ))
            .take();
        create_table(manager, enrolment).await?;
        let answer = Table::create()
            .table("passkey_answer")
            .col(pk_uuid("challenge_id"))
            // The try that spent it, which tells it from others that come at the same moment.
            .col(uuid("spent_by"))
            .col(time(manager, "expires_at"))
            .take();
        create_table(manager, answer).await?;
        // What a passkey's answer is held against, of a login that may go on with one.
        let state = ColumnDef::new("passkey_state").text().null().take();
        add_column(manager, "login_challenge", state).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Logins that wait for a passkey wait for what nobody knows any more.
        let waiting = Query::delete()
            .from_table("login_challenge")
            .and_where(Expr::col("step").eq("PASSKEY"))
            .take();
        manager.execute(waiting).await?;
        let state = Table::alter()
            .table("login_challenge")
            .drop_column("passkey_state")
            .take();
        manager.alter_table(state).await?;
        drop_tables(manager, &["passkey_answer", "passkey_enrolment", "passkey"]).await
    }
}
