//! Pages by keyset, in SQL.

use chrono::{DateTime, Datelike, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value, Values};

use crate::base::page::{Cursor, Page, SortKey};
use crate::base::{Error, Result};

/// A list's order: a column that is never null, and an id that breaks ties.
#[derive(Clone, Debug)]
pub struct Keyset {
    /// The column that sorts.
    pub sort: Expr,
    /// The id.
    pub id: Expr,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Whether the column holds times; the others hold folded text.
    pub by_time: bool,
}

impl Keyset {
    /// Narrows the select to the page, and to one row more, which tells whether there are more. The rows
    /// come in the page's direction.
    pub fn narrow(&self, backend: DbBackend, select: &mut SelectStatement, page: &Page) -> Result<()> {
        for (cursor, forward) in [(&page.after, true), (&page.before, false)] {
            let Some(cursor) = cursor else { continue };
            select.and_where(self.beyond(backend, cursor, forward != self.descending)?);
        }
        self.order(select, page);
        select.limit(page.size + 1);
        Ok(())
    }

    /// Orders the select in the page's direction.
    pub fn order(&self, select: &mut SelectStatement, page: &Page) {
        let order = if self.descending == page.backwards {
            Order::Asc
        } else {
            Order::Desc
        };
        select
            .order_by_expr(self.sort.clone(), order.clone())
            .order_by_expr(self.id.clone(), order);
    }

    /// Whether a row is larger than that of the cursor, or smaller.
    fn beyond(&self, backend: DbBackend, Cursor(key, id): &Cursor, larger: bool) -> Result<Expr> {
        let key: Value = match (key, self.by_time) {
            (SortKey::Time(micros), true) => time_of(*micros).map(Value::from),
            (SortKey::Text(text), false) if !text.contains('\0') => Some(Value::from(text.clone())),
            _ => None,
        }
        .ok_or_else(|| Error::BadInput("The cursor is of a list with another order.".into()))?;
        let than = |side: &Expr, value: Expr| {
            if larger {
                side.clone().gt(value)
            } else {
                side.clone().lt(value)
            }
        };
        if backend == DbBackend::MySql {
            // MySQL and MariaDB find the place of two values in an index only where they are compared one by one.
            let tie = self
                .sort
                .clone()
                .eq(key.clone())
                .and(than(&self.id, Expr::value(*id)));
            return Ok(than(&self.sort, Expr::value(key)).or(tie));
        }
        let row = Expr::tuple([self.sort.clone(), self.id.clone()]);
        Ok(than(&row, Expr::tuple([Expr::value(key), Expr::value(*id)])))
    }
}

/// Reads the rows of a page.
///
/// On PostgreSQL the size of the page stands in the statement itself. Of a size that comes as a value it would only know
/// that there is one: it would plan the statement anew each time, or take a plan for a tenth of the table.
pub async fn read(
    connection: &impl ConnectionTrait,
    select: &SelectStatement,
) -> Result<Vec<QueryResult>, DbErr> {
    let backend = connection.get_database_backend();
    let mut statement = backend.build(select);
    if backend == DbBackend::Postgres {
        statement = with_limits_written_out(statement);
    }
    connection.query_all_raw(statement).await
}

/// Puts the values of `LIMIT` into the text, and counts the others anew. No text of ours has a `$` but before the number
/// of a value.
fn with_limits_written_out(statement: Statement) -> Statement {
    let values = statement.values.map(|values| values.0).unwrap_or_default();
    let mut parts = statement.sql.split('$');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    let mut kept = Vec::with_capacity(values.len());
    for part in parts {
        let end = part
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let value = number
            .parse::<usize>()
            .ok()
            .and_then(|number| values.get(number - 1));
        match value {
            Some(Value::BigUnsigned(Some(limit))) if sql.ends_with(" LIMIT ") => {
                sql.push_str(&limit.to_string());
            }
            Some(value) => {
                kept.push(value.clone());
                sql.push('$');
                sql.push_str(&kept.len().to_string());
            }
            None => {
                sql.push('$');
                sql.push_str(number);
            }
        }
        sql.push_str(rest);
    }
    Statement {
        sql,
        values: Some(Values(kept)),
        ..statement
    }
}

/// The sort key of a time.
#[must_use]
pub fn time_key(time: DateTime<Utc>) -> SortKey {
    SortKey::Time(time.timestamp_micros())
}

/// The time of a sort key; none for what a forged cursor may hold, which is more than some databases do.
#[must_use]
pub fn time_of(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).filter(|time| (0..=9999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, Query};

    use super::*;

    #[test]
    fn a_limit_stands_in_the_text_and_the_other_values_are_counted_anew() {
        let column = |name: &'static str| Expr::col(Alias::new(name));
        let inner = Query::select()
            .column("a")
            .from("t")
            .and_where(column("a").eq("x"))
            .limit(21)
            .take();
        let select = Query::select()
            .column("a")
            .from("t")
            .and_where(column("a").in_subquery(inner))
            .and_where(column("b").eq("y"))
            .limit(5)
            .take();
        let statement = with_limits_written_out(DbBackend::Postgres.build(&select));
        assert_eq!(
            statement.sql,
            "SELECT \"a\" FROM \"t\" WHERE \"a\" IN (SELECT \"a\" FROM \"t\" WHERE \"a\" = $1 LIMIT 21) AND \"b\" = $2 LIMIT 5"
        );
        assert_eq!(statement.values, Some(Values(vec!["x".into(), "y".into()])));
    }
}
