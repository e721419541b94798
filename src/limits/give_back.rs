//! Gives back what was taken of a limit, when what was counted turns out not to count.

use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::Limit;
use super::take::{family_of, subject_of};
use crate::base::Result;
use crate::entity::counter;
use crate::secret::Keys;

/// Gives one back, in the transaction of what shows that it did not count.
pub async fn give_back_in(
    txn: &impl ConnectionTrait,
    keys: &Keys,
    limit: &Limit,
    subject: &str,
) -> Result<()> {
    let subject = subject_of(keys, limit, subject);
    if limit.lock.is_none() {
        counter::Entity::update_many()
            .col_expr(counter::Column::Count, Expr::col(counter::Column::Count).sub(1))
            .filter(counter::Column::Subject.eq(subject))
            .filter(counter::Column::Count.gt(0))
            .exec(txn)
            .await?;
        return Ok(());
    }
    let taken = counter::Entity::find_by_id(subject)
        .filter(counter::Column::Count.gt(0))
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(taken) = taken else { return Ok(()) };
    counter::Entity::update_many()
        .col_expr(counter::Column::Count, Expr::value(taken.count - 1))
        // It may have been the last, and have locked.
        .col_expr(
            counter::Column::WindowEndsAt,
            Expr::value(taken.window_started_at + limit.window),
        )
        .filter(counter::Column::Subject.eq(taken.subject))
        .exec(txn)
        .await?;
    Ok(())
}

/// What forgets all that were taken, in the transaction of what shows that they did not count.
#[must_use]
pub fn forgetting(keys: &Keys, limit: &Limit, subject: &str) -> DeleteStatement {
    counter::Entity::delete_by_id(subject_of(keys, limit, subject)).into_query()
}

/// The same, with what was taken for parts of the subject.
pub async fn forget_family_in(
    txn: &impl ConnectionTrait,
    keys: &Keys,
    limit: &Limit,
    subject: &str,
) -> Result<()> {
    counter::Entity::delete_many()
        .filter(counter::Column::Family.eq(family_of(keys, limit, subject)))
        .exec(txn)
        .await?;
    Ok(())
}
