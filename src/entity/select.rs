//! Pieces of statements that several lists share.

use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait, IntoColumnRef, IntoIden, LikeExpr, Query, SelectStatement,
};
use sea_orm::{ActiveEnum, Condition, ConnectionTrait, DbBackend, EntityTrait, Iterable};

use crate::base::Result;

/// Selects all columns of an entity from the table or subquery `alias`, under names that begin with
/// `prefix`: what `FromQueryResult::from_query_result(row, prefix)` reads.
pub fn columns<E: EntityTrait>(select: &mut SelectStatement, alias: &'static str, prefix: &str) {
    for column in E::Column::iter() {
        let name = column.into_iden().inner().into_owned();
        select.expr_as(Expr::col((alias, column)), format!("{prefix}{name}"));
    }
}

/// How many rows the select has, which selects nothing yet.
pub async fn total(connection: &impl ConnectionTrait, mut rows: SelectStatement) -> Result<u64> {
    rows.expr_as(Expr::col(Asterisk).count(), "total");
    counted(connection, &rows).await
}

/// How many rows of the table the condition finds. Where they are most of it there is no index of them: `few_others` are then
/// all that it does not find, in groups, none of them in two. All rows can be counted by an index, and so can the few.
pub async fn total_of<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    table: E,
    condition: Condition,
    few_others: Option<Vec<Condition>>,
) -> Result<u64> {
    let of = |condition: Condition| Query::select().from(table).cond_where(condition).take();
    let Some(few) = few_others else {
        return total(connection, of(condition)).await;
    };
    let count = |condition: Condition| {
        let rows = of(condition).expr(Expr::col(Asterisk).count()).take();
        Expr::SubQuery(None, Box::new(rows.into()))
    };
    let rest = few
        .into_iter()
        .fold(count(Condition::all()), |rest, few| rest.sub(count(few)));
    counted(connection, &Query::select().expr_as(rest, "total").take()).await
}

async fn counted(connection: &impl ConnectionTrait, select: &SelectStatement) -> Result<u64> {
    let row = connection.query_one(select).await?;
    let total: i64 = row.map_or(Ok(0), |row| row.try_get("", "total"))?;
    Ok(u64::try_from(total).unwrap_or_default())
}

/// Whether the column has this value of a closed set. The value stands in the statement: of these few a database has to
/// know which one is asked for, as one may be that of all rows and another that of five.
pub fn is<V: ActiveEnum>(column: impl IntoColumnRef, value: &V) -> Expr {
    Expr::col(column).eq(Expr::Constant(value.to_value().into()))
}

/// Whether it has another one.
pub fn is_not<V: ActiveEnum>(column: impl IntoColumnRef, value: &V) -> Expr {
    Expr::col(column).ne(Expr::Constant(value.to_value().into()))
}

/// Whether the folded column holds the text: `%` and `_` mean themselves. A NUL is in no text of ours, and no
/// database takes it as others: PostgreSQL refuses it, and to SQLite it is the text's end.
pub fn contains(column: impl ExprTrait, folded: &str) -> Expr {
    match pattern(folded, '!') {
        Some(pattern) => column.like(LikeExpr::new(pattern).escape('!')),
        None => Expr::value(false),
    }
}

/// The pattern of all texts that hold this one, with this escape; none where no text of ours does.
#[must_use]
pub fn pattern(folded: &str, escape: char) -> Option<String> {
    (!folded.contains('\0')).then(|| format!("%{}%", escaped(folded, escape)))
}

fn escaped(folded: &str, escape: char) -> String {
    let mut pattern = String::with_capacity(folded.len());
    for character in folded.chars() {
        if matches!(character, '%' | '_') || character == escape {
            pattern.push(escape);
        }
        pattern.push(character);
    }
    pattern
}

/// How texts are found by their first letters, through an index.
#[derive(Debug)]
pub struct FirstLetters {
    /// Whether the text begins with the letters.
    pub found: Expr,
    /// The order in which the index has the texts.
    pub order: Expr,
}

impl FirstLetters {
    /// Of a folded column; nothing when no text of ours begins so.
    #[allow(clippy::needless_pass_by_value)] // A column is named, not handed over.
    pub fn new(backend: DbBackend, column: impl IntoColumnRef + Clone, folded: &str) -> Option<Self> {
        if folded.contains('\0') {
            return None;
        }
        let column = || Expr::col(column.clone());
        if backend == DbBackend::MySql {
            // Its own comparison does not go by the bytes; for LIKE it takes the index.
            let pattern = LikeExpr::new(format!("{}%", escaped(folded, '!'))).escape('!');
            return Some(Self {
                found: column().like(pattern),
                order: column(),
            });
        }
        // All that begins so lies between the letters and their next neighbour, byte by byte: as SQLite compares, and
        // as PostgreSQL does where it is told to (migration 11 has the index).
        let text = || match backend {
            DbBackend::Postgres => Expr::cust_with_exprs("$1 COLLATE \"C\"", [column()]),
            _ => column(),
        };
        let neighbour = neighbour(folded)?;
        Some(Self {
            found: text().gte(folded).and(text().lt(neighbour)),
            order: text(),
        })
    }
}

/// The first text after all that begin with this one.
fn neighbour(text: &str) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    while let Some(last) = letters.pop() {
        // What is no character is skipped.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::neighbour;

    #[test]
    fn the_neighbour_comes_after_all_that_begin_so() {
        for (text, next) in [
            ("abc", Some("abd")),
            ("张三", Some("张上")),
            ("a\u{d7ff}", Some("a\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(neighbour(text).as_deref(), next, "{text}");
        }
        let next = neighbour("abc").unwrap();
        assert!("abc" < next.as_str() && format!("abc{}", char::MAX) < next);
    }
}
