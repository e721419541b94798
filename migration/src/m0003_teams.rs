//! Teams, roles and memberships.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let team = Table::create()
            .table("team")
            .col(pk_uuid("id"))
            .col(string_len("name", 64))
            .col(string_len("name_folded", 64))
            .col(string_len("team_type", 16))
            // The id in 36 characters: what the scope of the team's own roles is compared with.
            .col(string_len("scope", 36))
            .col(string_len_null("remark", 256))
            .col(time_null(manager, "expires_at"))
            .col(time_null(manager, "disabled_at"))
            .col(uuid_null("superapp_team_id"))
            .col(uuid_null("created_by"))
            .col(time(manager, "created_at"))
            .index(&mut unique("team_name", &["name_folded"]))
            // For the keys of memberships and invitations, which carry type and scope, so that neither a
            // role of the other type nor one of another team can come in.
            .index(&mut unique("team_type_and_scope", &["id", "team_type", "scope"]))
            .foreign_key(&mut reference(
                "team_superapp_team",
                &["superapp_team_id"],
                "team",
                &["id"],
            ))
            .foreign_key(&mut reference(
                "team_created_by",
                &["created_by"],
                "user",
                &["id"],
            ))
            .check(Expr::cust(
                "(team_type = 'SUPERAPP' AND superapp_team_id IS NULL AND expires_at IS NULL) \
                 OR (team_type = 'MINI_PROGRAM' AND superapp_team_id IS NOT NULL)",
            ))
            .take();
        create_table(manager, team).await?;
        create_index(manager, "team", "team_by_created_at", &["created_at", "id"]).await?;
        create_index(
            manager,
            "team",
            "team_by_superapp_team",
            &["superapp_team_id", "created_at", "id"],
        )
        .await?;
        create_index(manager, "team", "team_by_creator", &["created_by"]).await?;

        let role = Table::create()
            .table("role")
            .col(pk_uuid("id"))
            .col(uuid_null("team_id"))
            .col(string_len("team_type", 16))
            // The team's id in 36 characters for a custom role, the team's type for a preset one.
            .col(string_len("scope", 36))
            .col(string_len("kind", 8))
            .col(string_len("name", 64))
            .col(string_len("name_folded", 64))
            // A custom role's permissions, parted by spaces; null for a preset role, whose
            // permissions stand in the program's own table.
            .col(text_null("permissions"))
            .col(time(manager, "created_at"))
            .index(&mut unique("role_name", &["scope", "name_folded"]))
            .index(&mut unique("role_and_scope", &["id", "scope"]))
            .foreign_key(&mut reference(
                "role_team",
                &["team_id", "team_type", "scope"],
                "team",
                &["id", "team_type", "scope"],
            ))
            .check(Expr::cust(
                "(kind = 'PRESET' AND team_id IS NULL AND scope = team_type AND permissions IS NULL) \
                 OR (kind = 'CUSTOM' AND team_id IS NOT NULL AND permissions IS NOT NULL)",
            ))
            .take();
        create_table(manager, role).await?;
        create_index(manager, "role", "role_by_team", &["team_id"]).await?;

        let membership = Table::create()
            .table("membership")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(uuid("team_id"))
            .col(string_len("team_type", 16))
            .col(string_len("team_scope", 36))
            .col(uuid("role_id"))
            .col(string_len("role_scope", 36))
            .col(time(manager, "joined_at"))
            .index(&mut unique("membership_of_user_in_team", &["user_id", "team_id"]))
            .foreign_key(&mut reference("membership_user", &["user_id"], "user", &["id"]))
            .foreign_key(&mut reference(
                "membership_team",
                &["team_id", "team_type", "team_scope"],
                "team",
                &["id", "team_type", "scope"],
            ))
            .foreign_key(&mut reference(
                "membership_role",
                &["role_id", "role_scope"],
                "role",
                &["id", "scope"],
            ))
            .check(Expr::cust("role_scope = team_type OR role_scope = team_scope"))
            .take();
        create_table(manager, membership).await?;
        create_index(
            manager,
            "membership",
            "membership_by_team",
            &["team_id", "joined_at", "id"],
        )
        .await?;
        create_index(
            manager,
            "membership",
            "membership_by_user",
            &["user_id", "joined_at", "id"],
        )
        .await?;
        create_index(manager, "membership", "membership_by_role", &["role_id"]).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["membership", "role", "team"]).await
    }
}
