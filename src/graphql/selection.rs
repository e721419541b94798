//! Reads what a query asks for, before anything is read: the selection of a list becomes one statement.
//!
//! Fragments are flattened and `@skip` and `@include` applied by the library. What cannot be told
//! beforehand, such as one field asked for twice with different arguments, is left to the loaders.

use async_graphql::{Context, SelectionField, Value};

use crate::base::page::{Page, PageArgs};

/// The fields that the query selects of each item of the connection at hand.
pub fn items<'c>(ctx: &'c Context<'_>) -> Vec<SelectionField<'c>> {
    let mut items = Vec::new();
    for field in ctx.field().selection_set() {
        match field.name() {
            "nodes" => items.extend(field.selection_set()),
            "edges" => {
                for edge in field.selection_set().filter(|edge| edge.name() == "node") {
                    items.extend(edge.selection_set());
                }
            }
            _ => {}
        }
    }
    items
}

/// Whether the query asks the connection at hand for its whole size.
pub fn wants_total(ctx: &Context<'_>) -> bool {
    ctx.field()
        .selection_set()
        .any(|field| field.name() == "totalCount")
}

/// Whether one of the fields has this name.
pub fn selects(fields: &[SelectionField<'_>], name: &str) -> bool {
    fields.iter().any(|field| field.name() == name)
}

/// The page of the connection `name` that the fields ask for, when they all ask for the same one and do
/// not ask for its whole size, which would be one more count for each item.
pub fn page_of(fields: &[SelectionField<'_>], name: &str) -> Option<Page> {
    let mut pages = fields.iter().filter(|field| field.name() == name).map(|field| {
        let counted = field.selection_set().any(|child| child.name() == "totalCount");
        let args = field.arguments().ok().filter(|_| !counted)?;
        Page::parse(&read_args(args)?).ok()
    });
    let first = pages.next()??;
    pages.all(|page| page.as_ref() == Some(&first)).then_some(first)
}

fn read_args(args: Vec<(async_graphql::Name, Value)>) -> Option<PageArgs> {
    let mut page = PageArgs::default();
    for (name, value) in args {
        let number = match &value {
            Value::Number(number) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
            _ => None,
        };
        let text = match value {
            Value::String(text) => Some(text),
            Value::Null => continue,
            _ => None,
        };
        match name.as_str() {
            "first" => page.first = Some(number?),
            "last" => page.last = Some(number?),
            "after" => page.after = Some(text?),
            "before" => page.before = Some(text?),
            _ => return None,
        }
    }
    Some(page)
}
