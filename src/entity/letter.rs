//! A letter in the outbox.

use sea_orm::entity::prelude::*;

use crate::base::id::{LetterId, UserId};

/// A letter.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LetterId,
    pub kind: String,
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub attempts: i32,
    pub due_at: DateTimeUtc,
    pub failed_at: Option<DateTimeUtc>,
    pub user_id: Option<UserId>,
    pub failure: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
