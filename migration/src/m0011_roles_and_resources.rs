//! Custom roles that were deleted, what teams own, and the way to find a user by the first letters.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{add_column, create_index, create_table, drop_tables, reference, time, time_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A custom role that old invitations name stays behind them when it is deleted, and gives its name up: what
        // then stands in name_folded is no name.
        add_column(manager, "role", time_null(manager, "deleted_at")).await?;

        let resource = Table::create()
            .table("resource")
            .col(pk_uuid("id"))
            .col(uuid("team_id"))
            .col(string_len("team_type", 16))
            .col(string_len("team_scope", 36))
            // A superapp in a superapp team, a mini program in a mini program team.
            .col(string_len("kind", 16))
            .col(string_len("name", 64))
            .col(string_len("name_folded", 64))
            .col(uuid_null("manager_id"))
            .col(time(manager, "created_at"))
            .foreign_key(&mut reference(
                "resource_team",
                &["team_id", "team_type", "team_scope"],
                "team",
                &["id", "team_type", "scope"],
            ))
            // The manager's place in the team, and not only the user: nobody else can be one.
            .foreign_key(&mut reference(
                "resource_manager",
                &["manager_id", "team_id"],
                "membership",
                &["user_id", "team_id"],
            ))
            .check(Expr::cust("kind = team_type"))
            .take();
        create_table(manager, resource).await?;
        create_index(
            manager,
            "resource",
            "resource_by_team",
            &["team_id", "created_at", "id"],
        )
        .await?;
        create_index(
            manager,
            "resource",
            "resource_by_manager",
            &["manager_id", "team_id"],
        )
        .await?;

        // A range of the plain indexes finds first letters where text is compared byte by byte, as on SQLite, and LIKE
        // does on MySQL. PostgreSQL compares by the language of the database: there it takes an index of its own.
        if manager.get_database_backend() == DbBackend::Postgres {
            for column in ["name", "account"] {
                let sql = format!(
                    "CREATE INDEX user_by_first_letters_of_{column} ON \"user\" ({column}_folded COLLATE \"C\")"
                );
                manager.get_connection().execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            for column in ["name", "account"] {
                let sql = format!("DROP INDEX user_by_first_letters_of_{column}");
                manager.get_connection().execute_unprepared(&sql).await?;
            }
        }
        drop_tables(manager, &["resource"]).await?;
        // What is left of deleted roles would come back to life.
        let deleted = || {
            Query::select()
                .column("id")
                .from("role")
                .and_where(Expr::col("deleted_at").is_not_null())
                .take()
        };
        let invitations = Query::delete()
            .from_table("invitation")
            .and_where(Expr::col("role_id").in_subquery(deleted()))
            .take();
        manager.execute(invitations).await?;
        let roles = Query::delete()
            .from_table("role")
            .and_where(Expr::col("deleted_at").is_not_null())
            .take();
        manager.execute(roles).await?;
        let mut role = Table::alter();
        role.table("role").drop_column("deleted_at");
        manager.alter_table(role.take()).await
    }
}
