//! The last event of the chain over the audit log.

use sea_orm::entity::prelude::*;

/// The head: one row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub position: i64,
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
