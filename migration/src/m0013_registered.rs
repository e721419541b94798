//! Who registered by themselves: they have an email from the start, and do not drop it.

use sea_orm_migration::prelude::*;

use crate::table::{add_column, time_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null for who was made by somebody else.
        let column = time_null(manager, "registered_at");
        add_column(manager, "user", column).await?;
        // Of those who are there already the audit log tells it.
        let registered = Query::select()
            .column("actor_id")
            .from("audit_event")
            .and_where(Expr::col("action").eq("register"))
            .and_where(Expr::col("outcome").eq("SUCCEEDED"))
            .and_where(Expr::col("actor_id").is_not_null())
            .take();
        let noted = Query::update()
            .table("user")
            .value("registered_at", Expr::col("created_at"))
            .and_where(Expr::col("id").in_subquery(registered))
            .take();
        manager.execute(noted).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter().table("user").drop_column("registered_at").take();
        manager.alter_table(column).await
    }
}
