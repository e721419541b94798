//! Makes an answer with errors what the specification wants (October 2021, section 6.4.4).
//!
//! The library leaves a field that failed out of the answer. A client expects `null` there, in the field's place;
//! and where the field cannot be null, `null` in place of the nearest object around it that can be.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet, Type,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, PathSegment, Response, Value};

use super::schema::sdl;

/// The type of each field of the schema, by the names of its object and of itself.
static FIELDS: LazyLock<HashMap<(String, String), Type>> = LazyLock::new(|| {
    let mut fields = HashMap::new();
    let definitions = parse_schema(sdl())
        .map(|document| document.definitions)
        .unwrap_or_default();
    for definition in definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let name = definition.node.name.node.to_string();
        let members = match definition.node.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            _ => continue,
        };
        for member in members {
            fields.insert(
                (name.clone(), member.node.name.node.to_string()),
                member.node.ty.node,
            );
        }
    }
    fields
});

/// Puts `null` in the place of every field that failed.
pub fn complete_nulls(
    response: &mut Response,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) {
    let root = match operation.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let paths: Vec<Vec<PathSegment>> = response
        .errors
        .iter()
        .map(|error| error.path.clone())
        .filter(|path| !path.is_empty())
        .collect();
    let walk = Walk {
        document,
        root,
        selection: &operation.selection_set.node,
    };
    // First every failed field gets its place, then what cannot be null takes its object with it.
    for path in &paths {
        walk.fill(&mut response.data, path);
    }
    for path in &paths {
        walk.spread(&mut response.data, path);
    }
}

/// A selection of an object, with the name of the type that it is made on.
type Scope<'d> = (String, &'d SelectionSet);

struct Walk<'d> {
    document: &'d ExecutableDocument,
    root: &'static str,
    selection: &'d SelectionSet,
}

impl<'d> Walk<'d> {
    fn root_scope(&self) -> Vec<Scope<'d>> {
        vec![(self.root.to_owned(), self.selection)]
    }

    /// The fields of the scopes in the query's order, fragments flattened, each with the type it stands on.
    fn fields(&self, scopes: &[Scope<'d>]) -> Vec<(String, &'d Field)> {
        let mut fields = Vec::new();
        for (on, selection) in scopes {
            for item in &selection.items {
                match &item.node {
                    Selection::Field(field) => fields.push((on.clone(), &field.node)),
                    Selection::InlineFragment(fragment) => {
                        let condition = fragment.node.type_condition.as_ref();
                        let on = condition.map_or_else(|| on.clone(), |on| on.node.on.node.to_string());
                        fields.extend(self.fields(&[(on, &fragment.node.selection_set.node)]));
                    }
                    Selection::FragmentSpread(spread) => {
                        // A document that was executed is validated: its fragments exist and do not turn in circles.
                        if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                            let on = fragment.node.type_condition.node.on.node.to_string();
                            fields.extend(self.fields(&[(on, &fragment.node.selection_set.node)]));
                        }
                    }
                }
            }
        }
        fields
    }

    /// What the scopes select under a key of the answer: the field's type, and the scopes below it.
    fn below(&self, scopes: &[Scope<'d>], key: &str) -> Option<(Type, Vec<Scope<'d>>)> {
        let mut found: Option<(Type, Vec<Scope<'d>>)> = None;
        for (on, field) in self.fields(scopes) {
            if field.response_key().node != key {
                continue;
            }
            let Some(ty) = FIELDS.get(&(on, field.name.node.to_string())) else {
                continue;
            };
            let scope = (innermost(ty).to_owned(), &field.selection_set.node);
            match &mut found {
                Some((_, below)) => below.push(scope),
                None => found = Some((ty.clone(), vec![scope])),
            }
        }
        found
    }

    /// Puts `null` where the path leads to nothing.
    fn fill(&self, data: &mut Value, path: &[PathSegment]) {
        let (mut value, mut scopes) = (data, self.root_scope());
        for segment in path {
            match segment {
                PathSegment::Index(index) => {
                    let Value::List(items) = value else { return };
                    let Some(item) = items.get_mut(*index) else { return };
                    value = item;
                }
                PathSegment::Field(key) => {
                    // An object all of whose fields failed has become null.
                    if *value == Value::Null {
                        *value = Value::Object(async_graphql::indexmap::IndexMap::new());
                    }
                    let Value::Object(object) = value else { return };
                    let Some((_, below)) = self.below(&scopes, key) else {
                        return;
                    };
                    if !object.contains_key(key.as_str()) {
                        object.insert(Name::new(key), Value::Null);
                        let order = self.fields(&scopes);
                        let place = |key: &Name| {
                            order
                                .iter()
                                .position(|(_, field)| field.response_key().node == *key)
                        };
                        object.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
                    }
                    let Some(next) = object.get_mut(key.as_str()) else {
                        return;
                    };
                    (value, scopes) = (next, below);
                }
            }
        }
    }

    /// Where the field at the path cannot be null and is, makes the nearest value around it null that can be.
    fn spread(&self, data: &mut Value, path: &[PathSegment]) {
        // The depth of the last value on the way that may be null; the whole data always may.
        let (mut nullable_at, mut scopes) = (0, self.root_scope());
        let mut ty: Option<Type> = None;
        for (depth, segment) in path.iter().enumerate() {
            match segment {
                PathSegment::Field(key) => {
                    let Some((field, below)) = self.below(&scopes, key) else {
                        return;
                    };
                    (ty, scopes) = (Some(field), below);
                }
                PathSegment::Index(_) => {
                    let Some(Type {
                        base: BaseType::List(item),
                        ..
                    }) = ty
                    else {
                        return;
                    };
                    ty = Some(*item);
                }
            }
            if ty.as_ref().is_none_or(|ty| ty.nullable) {
                nullable_at = depth + 1;
            }
        }
        if nullable_at < path.len()
            && at(data, path).is_none_or(|value| *value == Value::Null)
            && let Some(value) = at(data, &path[..nullable_at])
        {
            *value = Value::Null;
        }
    }
}

fn at<'v>(data: &'v mut Value, path: &[PathSegment]) -> Option<&'v mut Value> {
    path.iter()
        .try_fold(data, |value, segment| match (segment, value) {
            (PathSegment::Field(key), Value::Object(object)) => object.get_mut(key.as_str()),
            (PathSegment::Index(index), Value::List(items)) => items.get_mut(*index),
            _ => None,
        })
}

/// The name of the type inside of all lists.
fn innermost(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => innermost(item),
    }
}
