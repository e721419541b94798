//! A user's password, apart from the user, so that no list of users ever reads it.

use sea_orm::entity::prelude::*;

use crate::base::id::UserId;
/// A password.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    pub password_hash: String,
    pub password_set_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
