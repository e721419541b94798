//! A mailed code of 6 digits.

use sea_orm::entity::prelude::*;

use crate::base::id::CodeId;
/// A verification code.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "verification_code")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    pub code_id: CodeId,
    pub code_hash: String,
    pub tries: i32,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
