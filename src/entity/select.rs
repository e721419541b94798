//! Pieces of statements that several lists share.

use sea_orm::sea_query::{Expr, ExprTrait, IntoIden, LikeExpr, SelectStatement};
use sea_orm::{EntityTrait, Iterable};

/// Selects all columns of an entity from the table or subquery `alias`, under names that begin with
/// `prefix`: what `FromQueryResult::from_query_result(row, prefix)` reads.
pub fn columns<E: EntityTrait>(select: &mut SelectStatement, alias: &'static str, prefix: &str) {
    for column in E::Column::iter() {
        let name = column.into_iden().inner().into_owned();
        select.expr_as(Expr::col((alias, column)), format!("{prefix}{name}"));
    }
}

/// Whether the folded column holds the text: `%` and `_` mean themselves. A NUL is in no text of ours, and no
/// database takes it as others: PostgreSQL refuses it, and to SQLite it is the text's end.
pub fn contains(column: impl ExprTrait, folded: &str) -> Expr {
    if folded.contains('\0') {
        return Expr::value(false);
    }
    let mut pattern = String::with_capacity(folded.len() + 2);
    pattern.push('%');
    for character in folded.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    column.like(LikeExpr::new(pattern).escape('!'))
}
