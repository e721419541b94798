//! Invitation codes and verification codes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let invitation = Table::create()
            .table("invitation")
            .col(pk_uuid("id"))
            .col(uuid("team_id"))
            .col(string_len("team_type", 16))
            .col(string_len("team_scope", 36))
            .col(uuid("role_id"))
            .col(string_len("role_scope", 36))
            // The code's keyed hash while it can be used, null after: so a code is unique among the live ones.
            .col(string_len_null("code_hash", 64))
            .col(uuid_null("created_by"))
            .col(uuid_null("used_by"))
            .col(time(manager, "created_at"))
            .col(time(manager, "expires_at"))
            .col(time_null(manager, "used_at"))
            .col(time_null(manager, "revoked_at"))
            .index(&mut unique("invitation_code", &["code_hash"]))
            .foreign_key(&mut reference(
                "invitation_team",
                &["team_id", "team_type", "team_scope"],
                "team",
                &["id", "team_type", "scope"],
            ))
            .foreign_key(&mut reference(
                "invitation_role",
                &["role_id", "role_scope"],
                "role",
                &["id", "scope"],
            ))
            .foreign_key(&mut reference(
                "invitation_created_by",
                &["created_by"],
                "user",
                &["id"],
            ))
            .foreign_key(&mut reference(
                "invitation_used_by",
                &["used_by"],
                "user",
                &["id"],
            ))
            .check(Expr::cust("role_scope = team_type OR role_scope = team_scope"))
            .check(Expr::cust(
                "code_hash IS NULL OR (used_at IS NULL AND revoked_at IS NULL)",
            ))
            .take();
        create_table(manager, invitation).await?;
        create_index(
            manager,
            "invitation",
            "invitation_by_team",
            &["team_id", "created_at", "id"],
        )
        .await?;
        create_index(manager, "invitation", "invitation_by_creator", &["created_by"]).await?;
        create_index(manager, "invitation", "invitation_by_joiner", &["used_by"]).await?;
        create_index(manager, "invitation", "invitation_by_role", &["role_id"]).await?;

        // One live code for a purpose and an address; both stand in one keyed hash, so that the table
        // tells nobody's address.
        let code = Table::create()
            .table("verification_code")
            .col(string_len("subject", 64).primary_key())
            .col(uuid("code_id"))
            .col(string_len("code_hash", 64))
            .col(integer("tries"))
            .col(time(manager, "created_at"))
            .col(time(manager, "expires_at"))
            .take();
        create_table(manager, code).await?;
        create_index(
            manager,
            "verification_code",
            "verification_code_by_expiry",
            &["expires_at"],
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["verification_code", "invitation"]).await
    }
}
