//! The order of an answer's fields: that of the query.
//!
//! All objects find their fields one after the other, but the library finds the root fields of a query side by side,
//! and writes each down when it is there. What it wrote is put in order here.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

/// Puts the fields of a query's answer in order.
pub fn restore(
    data: &mut Value,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) {
    // A document that was executed is sound: its fragments exist and do not turn in circles. One that was not has no data.
    if operation.ty == OperationType::Query && *data != Value::Null {
        let mut order = Order {
            is_mixed: true,
            ..Order::default()
        };
        order.add(document, &operation.selection_set.node, variables);
        order.restore(data);
    }
}

/// The keys of an object, in the order of the query, each with those below it.
#[derive(Default)]
struct Order {
    keys: IndexMap<Name, Order>,
    /// Whether what stands here was written down in any order: at the root, and below a key that the root asks for more
    /// than once.
    is_mixed: bool,
}

impl Order {
    /// Adds the fields of a selection, fragments flattened. One on a type that the object is not of adds keys that the
    /// object does not have.
    fn add(&mut self, document: &ExecutableDocument, selection: &SelectionSet, variables: &Variables) {
        for item in selection
            .items
            .iter()
            .filter(|item| !is_left_out(&item.node, variables))
        {
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.clone();
                    let asked_before = self.is_mixed && self.keys.contains_key(&key);
                    let below = self.keys.entry(key).or_default();
                    below.is_mixed |= asked_before;
                    below.add(document, &field.node.selection_set.node, variables);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(document, &fragment.node.selection_set.node, variables);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(document, &fragment.node.selection_set.node, variables);
                    }
                }
            }
        }
    }

    fn restore(&self, data: &mut Value) {
        match data {
            Value::List(items) => items.iter_mut().for_each(|item| self.restore(item)),
            Value::Object(object) => {
                let place = |key: &Name| self.keys.get_index_of(key);
                object.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
                for (key, value) in object {
                    if let Some(below) = self.keys.get(key).filter(|below| below.is_mixed) {
                        below.restore(value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether `@skip` or `@include` leaves this out.
fn is_left_out(selection: &Selection, variables: &Variables) -> bool {
    let directives: &[Positioned<Directive>] = match selection {
        Selection::Field(field) => &field.node.directives,
        Selection::FragmentSpread(spread) => &spread.node.directives,
        Selection::InlineFragment(fragment) => &fragment.node.directives,
    };
    directives.iter().any(|directive| {
        let wanted = match directive.node.name.node.as_str() {
            "skip" => false,
            "include" => true,
            _ => return false,
        };
        let condition = directive.node.get_argument("if").and_then(|condition| {
            let condition = condition.node.clone();
            condition
                .into_const_with(|name| variables.get(&name).cloned().ok_or(()))
                .ok()
        });
        condition == Some(Value::Boolean(!wanted))
    })
}
