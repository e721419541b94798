//! What a query selects, fragments flattened and `@skip` and `@include` applied.

use async_graphql::parser::types::{Directive, Field, Selection, SelectionSet};
use async_graphql::{Positioned, Value};

use super::asked::Asked;
use crate::base::page::{Page, PageArgs};

/// Something that the fast path does not know: the query goes the ordinary way.
#[derive(Debug)]
pub struct Cold;

/// The fields that are selected of an object of this type, each key once, in the query's order.
pub fn fields<'c>(asked: &Asked<'c>, on: &str, selection: &'c SelectionSet) -> Result<Vec<&'c Field>, Cold> {
    let mut fields = Vec::with_capacity(selection.items.len());
    collect(asked, on, selection, &mut fields)?;
    Ok(fields)
}

fn collect<'c>(
    asked: &Asked<'c>,
    on: &str,
    selection: &'c SelectionSet,
    fields: &mut Vec<&'c Field>,
) -> Result<(), Cold> {
    for item in &selection.items {
        match &item.node {
            Selection::Field(field) => {
                if is_left_out(asked, &field.node.directives)? {
                    continue;
                }
                let key = &field.node.response_key().node;
                match fields.iter().find(|other| other.response_key().node == *key) {
                    None => fields.push(&field.node),
                    // The same leaf once more says nothing new; two selections of one object would have to be merged.
                    Some(_) if field.node.selection_set.node.items.is_empty() => {}
                    Some(_) => return Err(Cold),
                }
            }
            Selection::InlineFragment(fragment) => {
                let fragment = &fragment.node;
                let condition = fragment.type_condition.as_ref();
                if !is_left_out(asked, &fragment.directives)?
                    && condition.is_none_or(|condition| applies(condition.node.on.node.as_str(), on))
                {
                    collect(asked, on, &fragment.selection_set.node, fields)?;
                }
            }
            Selection::FragmentSpread(spread) => {
                if is_left_out(asked, &spread.node.directives)? {
                    continue;
                }
                let fragment = asked.fragments.get(&spread.node.fragment_name.node);
                let fragment = &fragment.ok_or(Cold)?.node;
                if applies(fragment.type_condition.node.on.node.as_str(), on) {
                    collect(asked, on, &fragment.selection_set.node, fields)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a fragment on this type is for an object of that one. All hot types with an id are nodes.
fn applies(condition: &str, on: &str) -> bool {
    condition == on || condition == "Node"
}

fn is_left_out(asked: &Asked<'_>, directives: &[Positioned<Directive>]) -> Result<bool, Cold> {
    for directive in directives {
        let wanted = match directive.node.name.node.as_str() {
            "skip" => false,
            "include" => true,
            _ => return Err(Cold),
        };
        let condition = directive.node.get_argument("if").ok_or(Cold)?;
        match condition
            .node
            .clone()
            .into_const_with(|name| asked.variable(&name))?
        {
            Value::Boolean(is) if is != wanted => return Ok(true),
            Value::Boolean(_) => {}
            _ => return Err(Cold),
        }
    }
    Ok(false)
}

/// The page that a connection is asked for, when it is asked for nothing else.
pub fn page(asked: &Asked<'_>, field: &Field) -> Result<Page, Cold> {
    let mut args = PageArgs::default();
    for (name, given) in &field.arguments {
        let value = given.node.clone().into_const_with(|name| asked.variable(&name))?;
        let number = || match &value {
            Value::Number(number) => number
                .as_i64()
                .and_then(|number| i32::try_from(number).ok())
                .ok_or(Cold),
            _ => Err(Cold),
        };
        let text = || match &value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(Cold),
        };
        match (name.node.as_str(), &value) {
            (_, Value::Null) => {}
            ("first", _) => args.first = Some(number()?),
            ("last", _) => args.last = Some(number()?),
            ("after", _) => args.after = Some(text()?),
            ("before", _) => args.before = Some(text()?),
            _ => return Err(Cold),
        }
    }
    Page::parse(&args).map_err(|_| Cold)
}
