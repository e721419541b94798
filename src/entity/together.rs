//! Statements that write, asked as one where the database takes it: that spares round trips.

use sea_orm::sea_query::{
    CommonTableExpression, DeleteStatement, Expr, InsertStatement, Query, SelectStatement, SubQueryStatement,
    UnionType, UpdateStatement, WithClause, WithQuery,
};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Iterable};
use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait};

/// Writes of one transaction. None may read or write rows that another writes: on PostgreSQL all of them see what was
/// there before.
#[derive(Debug, Default)]
pub struct Together(Vec<Write>);

#[derive(Debug)]
enum Write {
    Delete(DeleteStatement),
    Update(UpdateStatement),
    Insert(Rows),
}

/// Rows that are inserted.
#[derive(Debug)]
struct Rows {
    /// The statement but for what it inserts.
    insert: InsertStatement,
    values: Vec<Vec<Expr>>,
}

/// The name of the first of them in the statement that does all.
const FIRST: &str = "write_0";

impl Together {
    /// With this update.
    #[must_use]
    pub fn update(mut self, update: UpdateStatement) -> Self {
        self.0.push(Write::Update(update));
        self
    }

    /// With this deletion.
    #[must_use]
    pub fn delete(mut self, delete: DeleteStatement) -> Self {
        self.0.push(Write::Delete(delete));
        self
    }

    /// With these rows of a table; as nothing where there is none.
    #[must_use]
    pub fn insert<E>(mut self, rows: Vec<E::Model>) -> Self
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        if rows.is_empty() {
            return self;
        }
        let mut insert = Query::insert();
        insert.into_table(E::default()).columns(E::Column::iter());
        let values = rows.into_iter().map(|row| {
            let row = row.into_active_model();
            let value = |column: E::Column| match row.get(column) {
                ActiveValue::Set(value) | ActiveValue::Unchanged(value) => column.save_as(Expr::val(value)),
                ActiveValue::NotSet => Expr::null(),
            };
            E::Column::iter().map(value).collect()
        });
        let values = values.collect();
        self.0.push(Write::Insert(Rows { insert, values }));
        self
    }

    /// Executes them.
    pub async fn execute_in(self, txn: &impl ConnectionTrait) -> Result<(), DbErr> {
        if txn.get_database_backend() == DatabaseBackend::Postgres && self.0.len() > 1 {
            if let Some(all) = self.into_one(None)? {
                txn.execute(&all).await?;
            }
            return Ok(());
        }
        for write in self.0 {
            match write {
                Write::Delete(delete) => txn.execute(&delete).await?,
                Write::Update(update) => txn.execute(&update).await?,
                Write::Insert(rows) => txn.execute(&rows.insert(None)?).await?,
            };
        }
        Ok(())
    }

    /// Executes them as one statement, a transaction of its own, if the first of them, an update, finds its row; answers
    /// whether it did. For databases that take such a statement (`Database::writes_as_one`).
    pub async fn execute_if_found(mut self, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let [Write::Update(first), _, ..] = self.0.as_mut_slice() else {
            return Ok(false);
        };
        first.returning(Query::returning().expr(Expr::val(1)));
        let found = Query::select().expr(Expr::val(1)).from(FIRST).take();
        let Some(all) = self.into_one(Some(&found))? else {
            return Ok(false);
        };
        Ok(connection.execute(&all).await?.rows_affected() > 0)
    }

    /// All of them, at least two, as one statement, whose last part is the last of them; all but the first only where this
    /// finds a row.
    fn into_one(self, only_if: Option<&SelectStatement>) -> Result<Option<WithQuery>, DbErr> {
        let mut with = WithClause::new();
        let mut writes = self.0.into_iter().enumerate().peekable();
        while let Some((place, write)) = writes.next() {
            let only_if = only_if.filter(|_| place > 0).cloned();
            let statement = match write {
                Write::Insert(rows) => SubQueryStatement::from(rows.insert(only_if)?),
                Write::Delete(mut delete) => {
                    if let Some(found) = only_if {
                        delete.and_where(Expr::exists(found));
                    }
                    delete.into()
                }
                Write::Update(mut update) => {
                    if let Some(found) = only_if {
                        update.and_where(Expr::exists(found));
                    }
                    update.into()
                }
            };
            if writes.peek().is_none() {
                return Ok(Some(with.query(statement)));
            }
            let mut part = CommonTableExpression::new();
            part.table_name(format!("write_{place}")).query(statement);
            with.cte(part);
        }
        Ok(None)
    }
}

impl Rows {
    /// The statement that inserts them; only where this finds a row.
    fn insert(mut self, only_if: Option<SelectStatement>) -> Result<InsertStatement, DbErr> {
        let error = |error: sea_orm::sea_query::error::Error| DbErr::Custom(error.to_string());
        let Some(found) = only_if else {
            for values in self.values {
                self.insert.values(values).map_err(error)?;
            }
            return Ok(self.insert);
        };
        let mut rows = self.values.into_iter().map(|values| {
            Query::select()
                .exprs(values)
                .and_where(Expr::exists(found.clone()))
                .take()
        });
        if let Some(mut first) = rows.next() {
            first.unions(rows.map(|row| (UnionType::All, row)));
            self.insert.select_from(first).map_err(error)?;
        }
        Ok(self.insert)
    }
}
