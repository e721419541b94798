//! The disabled users in each order of a list: they are few, and the others would have to be passed by. MySQL and MariaDB keep
//! no index of the few (migration 19), and sort them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Indexes of theirs, and the order of each; `user_disabled` has that of when they were made.
const ORDERS: [(&str, &str); 3] = [
    ("user_disabled_by_name", "name_folded"),
    ("user_disabled_by_account", "account_folded"),
    ("user_disabled_by_last_login", "last_login_sort"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::MySql {
            return Ok(());
        }
        for (name, column) in ORDERS {
            let index =
                format!("CREATE INDEX {name} ON \"user\" ({column}, id) WHERE disabled_at IS NOT NULL");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::MySql {
            return Ok(());
        }
        for (name, _) in ORDERS {
            let index = format!("DROP INDEX {name}");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        Ok(())
    }
}
