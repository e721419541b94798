//! Pages by keyset, in SQL.

use chrono::{DateTime, Datelike, Utc};
use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait, Order, SelectStatement};

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
    pub fn narrow(&self, select: &mut SelectStatement, page: &Page) -> Result<()> {
        let tuple = || Expr::tuple([self.sort.clone(), self.id.clone()]);
        for (cursor, forward) in [(&page.after, true), (&page.before, false)] {
            let Some(cursor) = cursor else { continue };
            let bound = self.bound(cursor)?;
            let larger = forward != self.descending;
            select.and_where(if larger {
                tuple().gt(bound)
            } else {
                tuple().lt(bound)
            });
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

    fn bound(&self, Cursor(key, id): &Cursor) -> Result<Expr> {
        let value: Value = match (key, self.by_time) {
            (SortKey::Time(micros), true) => time_of(*micros).map(Value::from),
            (SortKey::Text(text), false) if !text.contains('\0') => Some(Value::from(text.clone())),
            _ => None,
        }
        .ok_or_else(|| Error::BadInput("The cursor is of a list with another order.".into()))?;
        Ok(Expr::tuple([Expr::value(value), Expr::value(*id)]))
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
