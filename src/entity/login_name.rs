//! What somebody logs in with: an account or a bound email, folded, in one namespace.

use sea_orm::entity::prelude::*;

use crate::base::id::UserId;
/// A login name.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_name")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub login: String,
    pub user_id: UserId,
}

impl ActiveModelBehavior for ActiveModel {}
