//! Lists of the audit log by action and by outcome: what is rare is found without reading the whole log.

use sea_orm_migration::prelude::*;

use crate::table::create_index;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The indexes, each with the column that comes before the order of the list.
const INDEXES: [(&str, &str); 2] = [
    ("audit_event_by_action", "action"),
    ("audit_event_by_outcome", "outcome"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in INDEXES {
            create_index(manager, "audit_event", name, &[column, "created_at", "id"]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager
                .drop_index(Index::drop().name(name).table("audit_event").to_owned())
                .await?;
        }
        Ok(())
    }
}
