//! The codes that stand in for a lost device, by their keyed hashes.

use sea_orm::entity::prelude::*;

use crate::base::id::UserId;

/// A code that was not used yet.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
