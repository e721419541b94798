//! Two statements that write, asked as one where the database takes it: that spares a round trip.

use sea_orm::sea_query::{CommonTableExpression, SubQueryStatement, WithClause};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr};

/// Executes both. Neither may read what the other writes: on PostgreSQL both see what was there before.
pub async fn execute_both<A, B>(txn: &impl ConnectionTrait, first: A, second: B) -> Result<(), DbErr>
where
    A: sea_orm::StatementBuilder + Into<SubQueryStatement>,
    B: sea_orm::StatementBuilder + Into<SubQueryStatement>,
{
    if txn.get_database_backend() == DatabaseBackend::Postgres {
        let mut first_of_two = CommonTableExpression::new();
        first_of_two.table_name("first").query(first);
        let mut with = WithClause::new();
        with.cte(first_of_two);
        return txn.execute(&with.query(second)).await.map(drop);
    }
    txn.execute(&first).await?;
    txn.execute(&second).await.map(drop)
}
