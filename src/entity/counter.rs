//! How often something happened in its window.

use sea_orm::entity::prelude::*;

/// A counter.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counter")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    pub count: i32,
    pub window_started_at: DateTimeUtc,
    pub window_ends_at: DateTimeUtc,
    pub family: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
