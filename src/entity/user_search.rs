//! What a user is found by: the bigrams of name, account and bound email.

use migration::bigrams;
use sea_orm::entity::prelude::*;

use super::user;
use crate::base::id::UserId;

/// The bigrams of a user.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_search")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    pub bigrams: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&user::Model> for Model {
    fn from(user: &user::Model) -> Self {
        Self {
            user_id: user.id,
            bigrams: bigrams(
                &user.name_folded,
                &user.account_folded,
                user.email_folded.as_deref(),
            ),
        }
    }
}

/// What a user with this name, account and bound email, all folded, is found by.
#[must_use]
pub fn bigrams(name: &str, account: &str, email: Option<&str>) -> String {
    bigrams::stored([name, account].into_iter().chain(email))
}
