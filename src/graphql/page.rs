//! The arguments of a connection.

use crate::base::page::PageArgs;

/// Puts the four arguments together.
pub fn page_args(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> PageArgs {
    PageArgs {
        first,
        after,
        last,
        before,
    }
}

/// How many rows a page can have, for the query's complexity: what a client asks for counts as much as it
/// can cost.
pub fn page_cost(first: Option<i32>, last: Option<i32>) -> usize {
    let size = first
        .or(last)
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(20);
    size.clamp(1, 100)
}
