//! Statements that write, asked as one where the database takes it: that spares round trips.

use sea_orm::sea_query::{CommonTableExpression, SubQueryStatement, WithClause};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr};

/// Statements of one transaction. None may read or write rows that another writes: on PostgreSQL all of them see what was
/// there before.
#[derive(Debug, Default)]
pub struct Together(Vec<SubQueryStatement>);

impl Together {
    /// With one more.
    #[must_use]
    pub fn with(mut self, statement: impl Into<SubQueryStatement>) -> Self {
        self.0.push(statement.into());
        self
    }

    /// Executes them.
    pub async fn execute_in(mut self, txn: &impl ConnectionTrait) -> Result<(), DbErr> {
        if txn.get_database_backend() == DatabaseBackend::Postgres
            && self.0.len() > 1
            && let Some(last) = self.0.pop()
        {
            let mut with = WithClause::new();
            for (place, statement) in self.0.into_iter().enumerate() {
                let mut before = CommonTableExpression::new();
                before.table_name(format!("before_{place}")).query(statement);
                with.cte(before);
            }
            return txn.execute(&with.query(last)).await.map(drop);
        }
        for statement in &self.0 {
            match statement {
                SubQueryStatement::SelectStatement(select) => txn.execute(select).await?,
                SubQueryStatement::InsertStatement(insert) => txn.execute(insert).await?,
                SubQueryStatement::UpdateStatement(update) => txn.execute(update).await?,
                SubQueryStatement::DeleteStatement(delete) => txn.execute(delete).await?,
                SubQueryStatement::WithStatement(with) => txn.execute(with).await?,
            };
        }
        Ok(())
    }
}
