//! The floor plan: what a file may import. `src/lib.rs` tells the same in words.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The floors from the ground up; within a floor, the order in which its parts may name each other.
const ORDER: [&str; 24] = [
    "base",
    "entity",
    "access",
    "secret",
    "mail",
    "audit",
    "app",
    "limits",
    "passwords",
    "codes",
    "totp",
    "passkeys",
    "sessions",
    "memberships",
    "impact",
    "users",
    "teams",
    "invitations",
    "resources",
    "account",
    "platform",
    "fast",
    "graphql",
    "http",
];
/// No file is longer, its own tests aside: one that outgrows its subject is split by subject.
const MOST_LINES: usize = 300;

/// The paths that a file names, as lists of their steps.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        flatten(&item.tree, &mut Vec::new(), &mut self.0);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.push(
            path.segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect(),
        );
        visit::visit_path(self, path);
    }
}

fn flatten(tree: &syn::UseTree, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, paths);
            prefix.pop();
        }
        syn::UseTree::Group(group) => {
            for item in &group.items {
                flatten(item, prefix, paths);
            }
        }
        syn::UseTree::Name(name) => paths.push([prefix.as_slice(), &[name.ident.to_string()]].concat()),
        syn::UseTree::Rename(name) => paths.push([prefix.as_slice(), &[name.ident.to_string()]].concat()),
        syn::UseTree::Glob(_) => paths.push([prefix.as_slice(), &["*".to_owned()]].concat()),
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file: its name below `src`, its text and the paths that it names.
fn files() -> Vec<(String, String, Vec<Vec<String>>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let text = std::fs::read_to_string(&path).unwrap();
            let mut paths = Paths::default();
            paths.visit_file(&syn::parse_file(&text).unwrap());
            (name, text, paths.0)
        })
        .collect()
}

fn part(name: &str) -> &str {
    name.split('/').next().unwrap().trim_end_matches(".rs")
}

fn place(part: &str) -> Option<usize> {
    ORDER.iter().position(|other| *other == part)
}

/// Whether the part is a slice: where rules are decided.
fn is_slice(part: &str) -> bool {
    let slices = place("limits")..=place("platform");
    slices.contains(&place(part))
}

#[test]
fn imports_go_down_and_never_up() {
    let mut wrong = BTreeSet::new();
    for (name, _, paths) in files() {
        let own = part(&name);
        if matches!(own, "lib" | "main") {
            continue;
        }
        let own_place =
            place(own).unwrap_or_else(|| panic!("{name}: {own} has no place in the order of the floors"));
        for path in paths
            .iter()
            .filter(|path| path.first().is_some_and(|first| first == "crate"))
        {
            let Some(other) = path.get(1) else { continue };
            if place(other).is_some_and(|other_place| other_place > own_place) {
                wrong.insert(format!("{name} names crate::{other}, which stands above {own}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_part_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let parts: BTreeSet<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| part(&entry.unwrap().file_name().into_string().unwrap()).to_owned())
        .filter(|part| part != "lib" && part != "main")
        .collect();
    assert_eq!(parts, ORDER.iter().map(|part| (*part).to_owned()).collect());
}

#[test]
fn the_database_is_named_where_tables_and_rules_stand() {
    let mut wrong = BTreeSet::new();
    for (name, _, paths) in files() {
        let allowed = part(&name) == "entity"
            || is_slice(part(&name))
            || part(&name) == "audit"
            || name.starts_with("mail/outbox/")
            || name == "main.rs";
        let names_it = paths
            .iter()
            .any(|path| path.first().is_some_and(|first| first == "sea_orm"));
        if names_it && !allowed {
            wrong.insert(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn graphql_is_named_on_its_own_floor() {
    let mut wrong = BTreeSet::new();
    for (name, _, paths) in files() {
        if matches!(part(&name), "fast" | "graphql" | "http") {
            continue;
        }
        for path in paths
            .iter()
            .filter(|path| path.first().is_some_and(|first| first == "async_graphql"))
        {
            // The enums that rules and schema share are derived where they stand.
            if path.get(1).is_none_or(|second| second != "Enum") {
                wrong.insert(format!("{name}: {}", path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the library answers to `ON CONFLICT DO NOTHING` is not true on MySQL: one file knows, and asks the database.
#[test]
fn rows_that_may_be_there_are_inserted_in_one_place() {
    let names = |text: &str| text.contains("do_nothing") || text.contains("TryInsert");
    let naming: Vec<String> = files()
        .into_iter()
        .filter(|(_, text, _)| names(text))
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(naming, ["entity/insert.rs"]);
}

/// What nobody may guess comes from the operating system, by one file.
#[test]
fn randomness_has_one_source() {
    let is_source = |step: &String| matches!(step.as_str(), "getrandom" | "rand" | "rand_core" | "OsRng");
    let naming: Vec<String> = files()
        .into_iter()
        .filter(|(.., paths)| paths.iter().flatten().any(is_source))
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(naming, ["base/random.rs"]);
}

#[test]
fn no_file_outgrows_its_subject() {
    let lines = |text: &str| {
        text.split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap()
            .lines()
            .count()
    };
    let long: Vec<String> = files()
        .into_iter()
        .map(|(name, text, _)| (name, lines(&text)))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(name, lines)| format!("{name} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_folder_opens_with_what_a_newcomer_needs() {
    for (name, text, _) in files() {
        assert!(text.starts_with("//! "), "{name} does not say what it is");
        if name.ends_with("/mod.rs") {
            let opening = text.lines().take_while(|line| line.starts_with("//!")).count();
            assert!(opening >= 3, "{name} opens with {opening} lines");
        }
    }
}
