//! Inserts a row unless another has its unique values: here alone, as what the library answers to that is not true on
//! MySQL (`tests/it/floors.rs`).

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait,
    QueryFilter, QueryTrait, TryInsertResult,
};

use super::time;

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// Inserts the row, unless there is one with the same values in the `unique` columns; answers whether it did. Of many
/// who do it at once one does; the others wait for its commit. `ours` is true of this row and of no other that could
/// have these values.
///
/// MySQL has no `ON CONFLICT DO NOTHING`. `INSERT IGNORE` would also ignore a broken foreign key. A plain insert leaves
/// a shared lock on the other row, and where that one is rolled back all who wait get theirs at once, and each then waits
/// for the others: a deadlock. `ON DUPLICATE KEY UPDATE id = id` takes an exclusive lock, one after the other. But the
/// number of rows that it answers is 1 whether it has inserted or has "found" the other row, so we look whose it is.
pub async fn insert_unless_taken<A: ActiveModelTrait>(
    txn: &impl ConnectionTrait,
    row: A,
    unique: impl IntoIterator<Item = Column<A>> + Clone,
    ours: Expr,
) -> Result<bool, DbErr> {
    let mut same = A::Entity::find().filter(ours);
    for column in unique.clone() {
        if let ActiveValue::Set(value) | ActiveValue::Unchanged(value) = row.get(column) {
            same = same.filter(column.eq(value));
        }
    }
    let insert = A::Entity::insert(row).on_conflict_do_nothing_on(unique);
    if txn.get_database_backend() == DatabaseBackend::MySql {
        time::execute(txn, insert.as_query()).await?;
        return Ok(same.one(txn).await?.is_some());
    }
    let inserted = insert.exec_without_returning(txn).await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

/// Inserts the row, unless there is one with its primary key. Whether it did is not told: MySQL does not know.
pub async fn insert_if_missing<A: ActiveModelTrait>(txn: &impl ConnectionTrait, row: A) -> Result<(), DbErr> {
    let insert = A::Entity::insert(row).on_conflict_do_nothing();
    insert.exec_without_returning(txn).await.map(drop)
}
