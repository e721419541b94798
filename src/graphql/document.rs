//! What is asked of a document before it is executed, and before the library looks at it.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Value, Variables};

use super::error::Code;
use crate::base::settings::Switch;

/// How many fields and fragments a document may have, each counted as often as it is spread.
const MOST_SELECTIONS: usize = 10_000;
/// How deep fragments and fields may nest; the library's own limit, which comes after, is 32.
const MOST_DEPTH: usize = 64;
/// The arguments of queries that are secrets: of `passwordStrength` and `teamRegistration`.
const SECRETS: [&str; 2] = ["password", "token"];

/// The operation that is executed; none when the document has none of this name, or several and no name is given.
#[must_use]
pub fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Option<&'d OperationDefinition> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        // Nearly all have one, and to look at it is less than to look it up.
        (DocumentOperations::Multiple(operations), name) if operations.len() == 1 => operations
            .iter()
            .next()
            .filter(|(only, _)| name.is_none_or(|name| name == only.as_str()))
            .map(|(_, operation)| operation),
        (DocumentOperations::Multiple(operations), name) => operations.get(name?),
    };
    operation.map(|operation| &operation.node)
}

/// Whether the operation selects one field and nothing else, so that its answer is in order by itself.
#[must_use]
pub fn has_one_root_field(operation: &OperationDefinition) -> bool {
    matches!(operation.selection_set.node.items.as_slice(), [item] if matches!(item.node, Selection::Field(_)))
}

/// Whether no two selections of the operation's root have one key, whose answers the library would have to merge.
#[must_use]
pub fn asks_each_once(document: &ExecutableDocument, operation: &OperationDefinition) -> bool {
    let mut keys = HashSet::new();
    has_one_root_field(operation)
        || at_root(document, operation)
            .into_iter()
            .all(|field| keys.insert(field.response_key().node.as_str()))
}

/// The keys that the operation selects at its root, fragments flattened. The document need not be sound.
#[must_use]
pub fn root_fields<'d>(
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
) -> HashSet<&'d str> {
    at_root(document, operation)
        .into_iter()
        .map(|field| field.response_key().node.as_str())
        .collect()
}

/// Whether the operation says a secret: an address, where a query by `GET` stands, is kept in histories and logs.
#[must_use]
pub fn says_a_secret(document: &ExecutableDocument, operation: &OperationDefinition) -> bool {
    at_root(document, operation)
        .into_iter()
        .flat_map(|field| &field.arguments)
        .any(|(name, _)| SECRETS.contains(&name.node.as_str()))
}

/// The fields that the operation selects at its root, fragments flattened.
fn at_root<'d>(document: &'d ExecutableDocument, operation: &'d OperationDefinition) -> Vec<&'d Field> {
    let (mut fields, mut spread) = (Vec::new(), HashSet::new());
    let mut selections = vec![&operation.selection_set.node];
    while let Some(selection) = selections.pop() {
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) => fields.push(&field.node),
                Selection::InlineFragment(fragment) => selections.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(fragment) => {
                    let name = &fragment.node.fragment_name.node;
                    if spread.insert(name) {
                        let fragment = document.fragments.get(name);
                        selections.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                    }
                }
            }
        }
    }
    fields
}

/// Gives the variables that were left out their defaults (October 2021, section 6.1.2). The library does so where an
/// argument takes one; `@skip` and `@include` it follows before that, as if there was none.
pub fn fill_in(operation: &OperationDefinition, variables: &mut Variables) {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        if let Some(default) = definition.default_value()
            && !variables.contains_key(&definition.name.node)
        {
            variables.insert(definition.name.node.clone(), default.clone());
        }
    }
}

/// The first variable that the operation needs and was not given. The library finds it where it is used, after the
/// mutations before it were executed; the specification wants nothing executed (October 2021, section 6.1.2).
#[must_use]
pub fn missing<'d>(operation: &'d OperationDefinition, variables: &Variables) -> Option<&'d str> {
    let definitions = operation
        .variable_definitions
        .iter()
        .map(|definition| &definition.node);
    definitions
        .filter(|definition| !definition.var_type.node.nullable && definition.default_value.is_none())
        .map(|definition| &definition.name.node)
        .find(|name| variables.get(*name).is_none_or(|value| *value == Value::Null))
        .map(Name::as_str)
}

/// Refuses a document whose fragments multiply, and one that asks for the schema where that is switched off.
///
/// The library walks through every spread of a fragment before it counts anything: a page of fragments, each with
/// the next one twice, would keep it busy for years.
pub fn check(document: &ExecutableDocument, introspection: Switch) -> Result<(), (Code, &'static str)> {
    let mut count = Count {
        document,
        sizes: HashMap::new(),
    };
    let size = document.operations.iter().fold(0_usize, |size, (_, operation)| {
        size.saturating_add(count.of(&operation.node.selection_set.node, 0))
    });
    if size > MOST_SELECTIONS {
        return Err((Code::QueryTooComplex, "The document asks for too many fields."));
    }
    if introspection == Switch::Off && asks_for_the_schema(document) {
        return Err((Code::GraphqlValidationFailed, "Introspection is switched off."));
    }
    Ok(())
}

struct Count<'d> {
    document: &'d ExecutableDocument,
    /// The size of each fragment that was counted; of one that is being counted, nothing: a circle is for the
    /// library to refuse.
    sizes: HashMap<&'d str, usize>,
}

impl<'d> Count<'d> {
    fn of(&mut self, selection: &'d SelectionSet, depth: usize) -> usize {
        if depth > MOST_DEPTH {
            return 0;
        }
        selection.items.iter().fold(0, |size: usize, item| {
            let below = match &item.node {
                Selection::Field(field) => self.of(&field.node.selection_set.node, depth + 1),
                Selection::InlineFragment(fragment) => self.of(&fragment.node.selection_set.node, depth + 1),
                Selection::FragmentSpread(spread) => {
                    self.of_fragment(&spread.node.fragment_name.node, depth + 1)
                }
            };
            size.saturating_add(1).saturating_add(below)
        })
    }

    fn of_fragment(&mut self, name: &'d str, depth: usize) -> usize {
        if let Some(size) = self.sizes.get(name) {
            return *size;
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return 0;
        };
        self.sizes.insert(name, 0);
        let size = self.of(&fragment.node.selection_set.node, depth);
        self.sizes.insert(name, size);
        size
    }
}

fn asks_for_the_schema(document: &ExecutableDocument) -> bool {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document
        .fragments
        .values()
        .map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).any(selects_the_schema)
}

fn selects_the_schema(selection: &SelectionSet) -> bool {
    selection.items.iter().any(|item| match &item.node {
        Selection::Field(field) => {
            matches!(field.node.name.node.as_str(), "__schema" | "__type")
                || selects_the_schema(&field.node.selection_set.node)
        }
        Selection::InlineFragment(fragment) => selects_the_schema(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}
