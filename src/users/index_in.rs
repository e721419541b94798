//! Keeps what a user is found by in step with their name, account and email.

use sea_orm::sea_query::{Expr, UpdateStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};

use crate::base::Result;
use crate::entity::{user, user_search};

/// Writes the bigrams of a user whose name or email has changed. They are one row, which is there as long as the user.
pub async fn index_in(txn: &impl ConnectionTrait, user: &user::Model) -> Result<()> {
    txn.execute(&indexing(user)).await?;
    Ok(())
}

/// The statement that does it.
#[must_use]
pub fn indexing(user: &user::Model) -> UpdateStatement {
    let found_by = user_search::Model::from(user);
    user_search::Entity::update_many()
        .col_expr(user_search::Column::Bigrams, Expr::value(found_by.bigrams))
        .filter(user_search::Column::UserId.eq(found_by.user_id))
        .into_query()
}
