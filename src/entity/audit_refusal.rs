//! Refusals of people who were not signed in, counted by minute and action.

use sea_orm::entity::prelude::*;

/// A count.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_refusal")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub minute: DateTimeUtc,
    #[sea_orm(primary_key, auto_increment = false)]
    pub action: String,
    pub count: i32,
}

impl ActiveModelBehavior for ActiveModel {}
