//! What the documents name exists: files, modules, functions, types, `make` targets, tables of the database.

use std::collections::BTreeSet;
use std::path::Path;

use migration::MigratorTrait;
use rollcall::access::policy::Action;
use sea_orm::ConnectionTrait;

use super::{DOCUMENTS, blocks, code_spans, read, root, section};

#[test]
fn every_file_that_is_named_exists() {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let linked = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| target)
            .filter(|target| !target.contains("://") && !target.starts_with('#'));
        let named = code_spans(&text).into_iter().filter(|span| {
            ["src/", "tests/", "migration/", "scripts/", ".ci/"]
                .iter()
                .any(|folder| span.starts_with(folder))
        });
        for path in linked.chain(named) {
            if !root().join(path).exists() {
                missing.push(format!("{document}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_module_function_and_type_that_is_named_exists() {
    let items = items();
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        for span in code_spans(&read(document)) {
            let path = span.trim_end_matches("()");
            let is_path = path.contains("::")
                && path
                    .split("::")
                    .all(|step| step.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            if is_path && !items.contains(path) {
                missing.push(format!("{document}: {span}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = read("Makefile");
    for document in DOCUMENTS {
        let text = read(document);
        let blocks = blocks(&text);
        let lines = blocks.iter().flat_map(|block| block.text.lines());
        let mut named = 0;
        for command in code_spans(&text).into_iter().chain(lines) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let Some(place) = words.iter().position(|word| *word == "make") else {
                continue;
            };
            let Some(target) = words.get(place + 1) else {
                continue;
            };
            assert!(
                makefile.contains(&format!("\n{target}: ")),
                "{document} names `make {target}`"
            );
            named += 1;
        }
        assert!(named > 0, "{document} names no target at all");
    }
}

#[tokio::test]
async fn the_tables_and_constraints_that_are_named_are_those_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("test.db").display());
    let database = sea_orm::Database::connect(url).await.unwrap();
    migration::Migrator::up(&database, None).await.unwrap();
    let rows = database
        .query_all_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL",
        ))
        .await
        .unwrap();
    let mut tables = BTreeSet::new();
    let mut written = String::new();
    for row in rows {
        let (kind, name): (String, String) =
            (row.try_get("", "type").unwrap(), row.try_get("", "name").unwrap());
        written += &row.try_get::<String>("", "sql").unwrap();
        // SQLite keeps an index of words in tables, which are the index's own affair.
        let is_index = name.contains("_search_index");
        if kind == "table" && !name.starts_with("sqlite_") && name != "seaql_migrations" && !is_index {
            tables.insert(name);
        }
    }
    let document = read("ARCHITECTURE.md");
    let named: BTreeSet<&str> = code_spans(section(&document, "What the database holds by itself"))
        .into_iter()
        .filter(|span| !span.contains(['/', ':', ' ']))
        .collect();
    for name in &named {
        assert!(
            written.contains(&format!("\"{name}\"")),
            "the database has no table, column or constraint {name}"
        );
    }
    for table in &tables {
        assert!(
            named.contains(table.as_str()),
            "the table {table} is told of nowhere"
        );
    }
}

/// The paths of all items of `src/`, each with all its endings of two steps and more, so that
/// `memberships::admit_in` is found as `rollcall::memberships::admit_in`.
fn items() -> BTreeSet<String> {
    let mut found = Vec::new();
    collect(&root().join("src"), &mut Vec::new(), &mut found);
    // Written by a macro, and so in no syntax tree.
    for action in Action::ALL {
        found.push(vec![
            "access".into(),
            "policy".into(),
            "Action".into(),
            format!("{action:?}"),
        ]);
    }
    let mut items = BTreeSet::new();
    for path in found {
        for start in 0..path.len().saturating_sub(1) {
            items.insert(path[start..].join("::"));
        }
    }
    items
}

fn collect(folder: &Path, module: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            module.push(stem);
            found.push(module.clone());
            collect(&path, module, found);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let own = !matches!(stem.as_str(), "mod" | "lib" | "main");
            if own {
                module.push(stem);
                found.push(module.clone());
            }
            let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            for item in &file.items {
                add_item(item, module, found);
            }
            if own {
                module.pop();
            }
        }
    }
}

fn add_item(item: &syn::Item, module: &[String], found: &mut Vec<Vec<String>>) {
    let mut add = |steps: &[&dyn std::fmt::Display]| {
        let steps = steps.iter().map(ToString::to_string);
        found.push(module.iter().cloned().chain(steps).collect());
    };
    match item {
        syn::Item::Fn(item) => add(&[&item.sig.ident]),
        syn::Item::Const(item) => add(&[&item.ident]),
        syn::Item::Trait(item) => add(&[&item.ident]),
        syn::Item::Type(item) => add(&[&item.ident]),
        syn::Item::Struct(item) => add(&[&item.ident]),
        syn::Item::Enum(item) => {
            add(&[&item.ident]);
            for variant in &item.variants {
                add(&[&item.ident, &variant.ident]);
            }
        }
        syn::Item::Impl(item) if item.trait_.is_none() => {
            let syn::Type::Path(of) = &*item.self_ty else {
                return;
            };
            let of = &of.path.segments.last().unwrap().ident;
            for inner in &item.items {
                match inner {
                    syn::ImplItem::Fn(inner) => add(&[of, &inner.sig.ident]),
                    syn::ImplItem::Const(inner) => add(&[of, &inner.ident]),
                    _ => {}
                }
            }
        }
        syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)) => {
            add_used(&item.tree, &mut add);
        }
        _ => {}
    }
}

fn add_used(tree: &syn::UseTree, add: &mut impl FnMut(&[&dyn std::fmt::Display])) {
    match tree {
        syn::UseTree::Path(path) => add_used(&path.tree, add),
        syn::UseTree::Name(name) => add(&[&name.ident]),
        syn::UseTree::Rename(rename) => add(&[&rename.rename]),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| add_used(tree, add)),
        syn::UseTree::Glob(_) => {}
    }
}
