//! The schema, held against what it promises: the file in the repository, the policy, and the contract.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Positioned, Value};
use rollcall::access::Action;
use rollcall::graphql::sdl;

/// The contract, with the payloads and connections that it only speaks of.
const CONTRACT: &str = include_str!("contract.graphql");

/// What the contract promises and the schema does not have yet. It can only get shorter: an entry that exists fails
/// the test.
const MISSING: &[&str] = &[];

/// What the schema has beyond the contract. An entry stands here on purpose, and not because a name of the contract
/// was misspelt.
const ADDED: &[&str] = &[
    // What a preview tells.
    "DeleteRolePayload.impact",
    "DeleteTeamPayload.impact",
    "DeleteUserPayload.impact",
    "DisableTeamPayload.impact",
    "DisableUserPayload.impact",
    "RemoveTeamMemberPayload.impact",
    "UpdateRolePayload.impact",
    "UpdateTeamInput.neverExpires",
    "UpdateTeamMemberPayload.impact",
    "UpdateTeamPayload.impact",
    "UpdateUserPayload.impact",
    "Impact",
    "PermissionLoss",
    // Why somebody may, or may not.
    "AccessExplanation",
    "AccessReason",
    "Query.explainAccess",
    // So that a client can take it out of its store.
    "RevokeSessionPayload.revokedSessionId",
    // A left out `managerId` changes nothing, and neither does null.
    "UpdateResourceInput.noManager",
    // With the field that has changed.
    "DisableTotpPayload.user",
    // How good a password is, before it is sent for good.
    "PasswordPolicy.rules",
    "PasswordStrength",
    "Query.passwordStrength",
    "RequestPasswordResetPayload.resendAfter",
    // What somebody who logs in should know.
    "LoginPayload.failedAttempts",
    "LoginPayload.previousLoginAt",
    // Passkeys.
    "AddPasskeyInput",
    "AddPasskeyPayload",
    "CompleteLoginInput.passkey",
    "ConfirmPasskeyInput",
    "ConfirmPasskeyPayload",
    "FinishPasskeyLoginInput",
    "JSON",
    "LoginPayload.passkeyOptions",
    "LoginStep.PASSKEY_REQUIRED",
    "Mutation.addPasskey",
    "Mutation.confirmPasskey",
    "Mutation.finishPasskeyLogin",
    "Mutation.removePasskey",
    "Mutation.renamePasskey",
    "Mutation.startPasskeyLogin",
    "Mutation.unbindUserPasskeys",
    "Passkey",
    "RemovePasskeyInput",
    "RemovePasskeyPayload",
    "RenamePasskeyInput",
    "RenamePasskeyPayload",
    "StartPasskeyLoginPayload",
    "UnbindUserPasskeysInput",
    "UnbindUserPasskeysPayload",
    "User.passkeys",
    "UserAction.UNBIND_PASSKEYS",
    // Whether the data is what it should be.
    "Invariant",
    "Query.invariants",
];

/// A field of a type, or an argument of a field, or a field of an input.
#[derive(Debug, PartialEq, Eq)]
struct Member {
    ty: String,
    requires: Option<Vec<String>>,
    described: bool,
}

/// A schema by the names of its parts: `Type`, `Type.field`, `Type.field(argument)`, `Enum.VALUE`.
#[derive(Debug, Default)]
struct Parts(BTreeMap<String, Member>);

impl Parts {
    fn read(text: &str) -> Self {
        let mut parts = Self::default();
        for definition in parse_schema(text).expect("the schema parses").definitions {
            match definition {
                TypeSystemDefinition::Schema(_) => {}
                TypeSystemDefinition::Directive(directive) => {
                    let (directive, name) = (&directive.node, format!("@{}", directive.node.name.node));
                    parts.add(&name, "directive", directive.description.is_some(), None);
                    for argument in &directive.arguments {
                        parts.add_value(&format!("{name}({})", argument.node.name.node), &argument.node);
                    }
                }
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node.as_str();
                    let described = definition.node.description.is_some();
                    let kind = parts.add_members(name, &definition.node.kind);
                    parts.add(name, &kind, described, None);
                }
            }
        }
        parts
    }

    /// Adds what a type is made of; answers what kind of type it is.
    fn add_members(&mut self, name: &str, kind: &TypeKind) -> String {
        let implementing = |names: &[Positioned<async_graphql::Name>]| {
            names
                .iter()
                .fold(String::new(), |all, name| all + " " + name.node.as_str())
        };
        match kind {
            TypeKind::Scalar => "scalar".to_owned(),
            TypeKind::Object(object) => {
                self.add_fields(name, &object.fields);
                format!("type{}", implementing(&object.implements))
            }
            TypeKind::Interface(interface) => {
                self.add_fields(name, &interface.fields);
                format!("interface{}", implementing(&interface.implements))
            }
            TypeKind::Union(union) => format!("union{}", implementing(&union.members)),
            TypeKind::Enum(values) => {
                for value in &values.values {
                    let value = &value.node;
                    let described = value.description.is_some();
                    self.add(&format!("{name}.{}", value.value.node), "value", described, None);
                }
                "enum".to_owned()
            }
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    self.add_value(&format!("{name}.{}", field.node.name.node), &field.node);
                }
                "input".to_owned()
            }
        }
    }

    fn add_fields(&mut self, of: &str, fields: &[Positioned<FieldDefinition>]) {
        for field in fields {
            let field = &field.node;
            let name = format!("{of}.{}", field.name.node);
            let described = field.description.is_some();
            self.add(
                &name,
                &field.ty.node.to_string(),
                described,
                requires(&field.directives),
            );
            for argument in &field.arguments {
                self.add_value(&format!("{name}({})", argument.node.name.node), &argument.node);
            }
        }
    }

    fn add_value(&mut self, name: &str, value: &InputValueDefinition) {
        self.add(
            name,
            &value.ty.node.to_string(),
            value.description.is_some(),
            None,
        );
    }

    fn add(&mut self, name: &str, ty: &str, described: bool, requires: Option<Vec<String>>) {
        let member = Member {
            ty: ty.to_owned(),
            requires,
            described,
        };
        assert!(
            self.0.insert(name.to_owned(), member).is_none(),
            "{name} is there twice"
        );
    }

    /// What these have and the others do not, each by its outermost part alone: of a missing type not the fields.
    fn without(&self, others: &Self) -> BTreeSet<String> {
        let missing = self.0.keys().filter(|name| !others.0.contains_key(*name));
        missing
            .filter(|name| outer(name).is_none_or(|outer| others.0.contains_key(outer)))
            .cloned()
            .collect()
    }
}

/// The part around a part.
fn outer(name: &str) -> Option<&str> {
    name.rsplit_once(['(', '.']).map(|(outer, _)| outer)
}

fn requires(directives: &[Positioned<ConstDirective>]) -> Option<Vec<String>> {
    let directive = directives
        .iter()
        .find(|directive| directive.node.name.node == "requires")?;
    let (_, list) = directive.node.arguments.first().expect("@requires has its list");
    let Value::List(list) = &list.node else {
        panic!("@requires takes a list, not {}", list.node);
    };
    Some(list.iter().map(ToString::to_string).collect())
}

/// What the library brings itself.
fn is_of_the_library(name: &str) -> bool {
    ["@include", "@skip", "@specifiedBy", "@deprecated", "@oneOf"]
        .iter()
        .any(|known| name == *known || name.starts_with(&format!("{known}(")))
}

#[test]
fn the_printed_schema_is_the_one_that_serves() {
    assert_eq!(
        include_str!("../../schema.graphql"),
        sdl(),
        "print it anew: cargo run -- schema > schema.graphql"
    );
}

#[test]
fn everything_in_the_schema_has_a_description() {
    let parts = Parts::read(sdl());
    let bare: Vec<&String> = parts
        .0
        .iter()
        .filter(|(name, member)| !member.described && !is_of_the_library(name))
        // The library takes no description for a directive's argument.
        .filter(|(name, _)| name.as_str() != "@requires(anyOf)")
        .map(|(name, _)| name)
        .collect();
    assert!(bare.is_empty(), "{bare:?}");
    assert!(parts.0.len() > 300, "the schema was read");
}

#[test]
fn each_guarded_field_prints_its_row_of_the_policy_and_no_other_field_does() {
    let printed: BTreeMap<String, Vec<String>> = Parts::read(sdl())
        .0
        .into_iter()
        .filter_map(|(name, member)| Some((name, member.requires?)))
        .collect();
    let rows: BTreeMap<String, Vec<String>> = Action::ALL
        .iter()
        .filter(|action| !action.requirements().is_empty())
        .map(|action| {
            let names = action.requirement_names().into_iter().map(str::to_owned);
            (action.field().to_owned(), names.collect())
        })
        .collect();
    assert_eq!(printed, rows);
}

#[test]
fn each_target_is_an_id_that_has_to_be_given() {
    let parts = Parts::read(sdl());
    let mut targets = 0;
    for action in Action::ALL {
        let (first, rest) = action.name().split_at(1);
        let given = match action.parent() {
            "Mutation" => format!("{}{rest}Input.", first.to_uppercase()),
            _ => format!("{}(", action.field()),
        };
        let members = parts.0.iter().filter(|(_, member)| member.ty == "ID!");
        let ids: Vec<&str> = members
            .filter_map(|(name, _)| Some(name.strip_prefix(&given)?.trim_end_matches(')')))
            .collect();
        match action.target_argument() {
            Some(target) => assert!(ids.contains(&target), "{given}{target} is none of {ids:?}"),
            // What reads leaves an event only when it is refused, and everybody may ask for a node.
            None if action.parent() != "Mutation" => {}
            None => assert!(ids.is_empty(), "{} has no target, but {ids:?}", action.field()),
        }
        targets += usize::from(action.target_argument().is_some());
    }
    assert!(targets > 20, "{targets}: the schema was read");
}

#[test]
fn what_the_contract_promises_is_there_with_the_same_types() {
    let (contract, schema) = (Parts::read(CONTRACT), Parts::read(sdl()));
    let different: Vec<String> = contract
        .0
        .iter()
        .filter_map(|(name, promised)| {
            let kept = schema.0.get(name)?;
            let same = kept.ty == promised.ty && kept.requires == promised.requires;
            (!same).then(|| format!("{name}: {kept:?}, and not {promised:?}"))
        })
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_is_missing_of_the_contract_only_gets_less() {
    let (contract, schema) = (Parts::read(CONTRACT), Parts::read(sdl()));
    let missing = contract.without(&schema);
    let listed: BTreeSet<String> = MISSING.iter().map(|name| (*name).to_owned()).collect();
    let there: Vec<_> = listed.difference(&missing).collect();
    let gone: Vec<_> = missing.difference(&listed).collect();
    assert!(
        there.is_empty(),
        "these exist now: take them off the list: {there:#?}"
    );
    assert!(gone.is_empty(), "the contract promises these: {gone:#?}");
}

#[test]
fn what_the_schema_has_beyond_the_contract_is_meant() {
    let (contract, schema) = (Parts::read(CONTRACT), Parts::read(sdl()));
    let added: BTreeSet<String> = schema
        .without(&contract)
        .into_iter()
        .filter(|name| !is_of_the_library(name))
        .collect();
    let listed: BTreeSet<String> = ADDED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(added, listed);
}

#[test]
fn a_difference_from_the_contract_is_found() {
    let contract = Parts::read("type A { b: Int! @requires(anyOf: [SELF]) c(d: Int): Int } enum E { F }");
    let schema = Parts::read("type A { b: Int c: Int g: Int } type H { i: Int }");
    assert_eq!(
        contract.without(&schema),
        ["A.c(d)", "E"].map(str::to_owned).into()
    );
    assert_eq!(schema.without(&contract), ["A.g", "H"].map(str::to_owned).into());
    assert_ne!(contract.0["A.b"].ty, schema.0["A.b"].ty);
    assert_ne!(contract.0["A.b"].requires, schema.0["A.b"].requires);
}
