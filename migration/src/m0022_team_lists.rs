//! Teams of one type and disabled teams, in each order of a list.
//!
//! A platform has some tens of thousands of teams: too many to go through for a page of the few. MySQL and MariaDB keep no
//! index of the few (migration 19), and find the disabled ones among all. For the order of the names they want an index with
//! the id in it: they do not see that a unique one needs none.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::table::{create_index, drop_index};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// `teams` by type.
const BY_TYPE: [(&str, &[&str]); 2] = [
    ("team_by_type", &["team_type", "created_at", "id"]),
    ("team_by_type_and_name", &["team_type", "name_folded", "id"]),
];

/// `teams` by status.
const DISABLED: [(&str, &str); 2] = [
    ("team_disabled", "created_at"),
    ("team_disabled_by_name", "name_folded"),
];

/// `teams` by name, for MySQL and MariaDB.
const BY_NAME: (&str, &[&str]) = ("team_by_name", &["name_folded", "id"]);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns) in BY_TYPE {
            create_index(manager, "team", name, columns).await?;
        }
        if manager.get_database_backend() == DbBackend::MySql {
            return create_index(manager, "team", BY_NAME.0, BY_NAME.1).await;
        }
        for (name, column) in DISABLED {
            let index = format!("CREATE INDEX {name} ON team ({column}, id) WHERE disabled_at IS NOT NULL");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let few = match manager.get_database_backend() {
            DbBackend::MySql => vec![BY_NAME.0],
            _ => DISABLED.map(|(name, _)| name).to_vec(),
        };
        for name in few.into_iter().chain(BY_TYPE.map(|(name, _)| name)) {
            drop_index(manager, "team", name).await?;
        }
        Ok(())
    }
}
