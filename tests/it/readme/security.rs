//! docs/security.md leaves no requirement out, and what it names exists: tests, files, sections, keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code_spans, read, root, section};

const DOCUMENT: &str = "docs/security.md";

/// The requirements of levels 1 and 2 of OWASP ASVS 5.0.0 in the chapters that the page goes through.
const REQUIREMENTS: [(&str, &str); 12] = [
    ("V2", "1.1 1.2 1.3 2.1 2.2 2.3 3.1 3.2 3.3 3.4 4.1"),
    (
        "V3",
        "2.1 2.2 3.1 3.2 3.3 3.4 4.1 4.2 4.3 4.4 4.5 4.6 5.1 5.2 5.3 5.4 5.5 7.1 7.2",
    ),
    ("V4", "1.1 1.2 1.3 2.1 3.1 3.2 4.1 4.2 4.3 4.4"),
    (
        "V6",
        "1.1 1.2 1.3 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 2.10 2.11 2.12 3.1 3.2 3.3 3.4 4.1 4.2 4.3 4.4 \
         5.1 5.2 5.3 5.4 5.5 6.1 6.2 6.3 8.1 8.2 8.3 8.4",
    ),
    (
        "V7",
        "1.1 1.2 1.3 2.1 2.2 2.3 2.4 3.1 3.2 4.1 4.2 4.3 4.4 4.5 5.1 5.2 6.1 6.2",
    ),
    ("V8", "1.1 1.2 2.1 2.2 2.3 3.1 4.1"),
    ("V9", "1.1 1.2 1.3 2.1 2.2 2.3 2.4"),
    ("V11", "1.1 1.2 2.1 2.2 2.3 3.1 3.2 3.3 4.1 4.2 4.3 4.4 5.1 6.1"),
    ("V12", "1.1 1.2 1.3 2.1 2.2 3.1 3.2 3.3 3.4"),
    ("V13", "1.1 2.1 2.2 2.3 2.4 2.5 3.1 3.2 4.1 4.2 4.3 4.4 4.5"),
    ("V14", "1.1 1.2 2.1 2.2 2.3 2.4 3.1 3.2 3.3"),
    (
        "V16",
        "1.1 2.1 2.2 2.3 2.4 2.5 3.1 3.2 3.3 3.4 4.1 4.2 4.3 5.1 5.2 5.3",
    ),
];

/// How a requirement stands: the word, whether a test has to show it, and whether the row has to say why.
const STANDINGS: [(&str, bool, bool); 5] = [
    ("Met", true, false),
    ("In part", true, true),
    ("Operator", false, true),
    ("Not met", false, true),
    ("Not here", false, true),
];

/// A requirement, as its row has it.
struct Row<'d> {
    number: &'d str,
    standing: &'d str,
    how: &'d str,
    tests: Vec<(&'d str, &'d str)>,
}

impl Row<'_> {
    fn chapter(&self) -> String {
        format!("V{}", self.number.split('.').next().unwrap())
    }
}

fn rows(document: &str) -> Vec<Row<'_>> {
    let is_number = |cell: &str| cell.split('.').filter(|part| part.parse::<u8>().is_ok()).count() == 3;
    let mut rows = Vec::new();
    for line in section(document, "OWASP ASVS 5.0.0").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, number, asks, standing, how, tests, _] = cells[..]
            && is_number(number)
        {
            assert!(!asks.is_empty(), "{number} does not say what is asked for");
            rows.push(Row {
                number,
                standing,
                how,
                tests: links(tests),
            });
        }
    }
    rows
}

/// The links of a text: what stands in them, and where they lead.
fn links(text: &str) -> Vec<(&str, &str)> {
    let ends = text.match_indices("](").map(|(place, _)| place);
    ends.map(|end| {
        let (before, after) = (&text[..end], &text[end + 2..]);
        let start = before.rfind('[').map_or(0, |place| place + 1);
        (&before[start..], after.split(')').next().unwrap())
    })
    .collect()
}

#[test]
fn every_requirement_has_one_row_in_order() {
    let document = read(DOCUMENT);
    let found: Vec<&str> = rows(&document).iter().map(|row| row.number).collect();
    let expected: Vec<String> = REQUIREMENTS
        .iter()
        .flat_map(|(chapter, numbers)| {
            let chapter = &chapter[1..];
            numbers
                .split_whitespace()
                .map(move |number| format!("{chapter}.{number}"))
        })
        .collect();
    assert_eq!(expected.len(), 168);
    assert_eq!(found, expected);
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    let document = read(DOCUMENT);
    for row in rows(&document) {
        let number = row.number;
        let (_, test, reason) = STANDINGS
            .iter()
            .find(|(word, ..)| *word == row.standing)
            .unwrap_or_else(|| panic!("{number} stands {:?}", row.standing));
        assert!(!test || !row.tests.is_empty(), "nothing shows {number}");
        assert!(!reason || row.how.len() > 10, "{number} does not say why");
        for (name, _) in row.tests {
            assert!(name.contains("::"), "{number}: {name} is no test");
        }
    }
}

#[test]
fn every_test_that_is_named_runs() {
    let document = read(DOCUMENT);
    let mut files = BTreeMap::new();
    let mut wrong = Vec::new();
    let named: BTreeSet<(&str, &str)> = links(&document)
        .into_iter()
        .filter(|(name, _)| name.contains("::"))
        .collect();
    assert!(named.len() > 100, "{} tests are named", named.len());
    for (name, target) in named {
        let path = target.trim_start_matches("../");
        let (modules, function) = name.rsplit_once("::").unwrap();
        let stem = modules.trim_end_matches("::tests").replace("::", "/");
        let is_its_file =
            [format!("tests/it/{stem}.rs"), format!("src/{stem}.rs")].contains(&path.to_owned());
        let tests = files.entry(path).or_insert_with(|| tests_of(path));
        if !is_its_file || !tests.contains(function) {
            wrong.push(format!("{name} in {path}"));
        }
    }
    assert!(wrong.is_empty(), "no such tests: {wrong:#?}");
}

/// The functions of a file that are run as tests.
fn tests_of(path: &str) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    if root().join(path).exists() {
        add_tests(&syn::parse_file(&read(path)).unwrap().items, &mut tests);
    }
    tests
}

fn add_tests(items: &[syn::Item], tests: &mut BTreeSet<String>) {
    for item in items {
        match item {
            syn::Item::Fn(item) => {
                let ends_with_test =
                    |path: &syn::Path| path.segments.last().is_some_and(|last| last.ident == "test");
                if item
                    .attrs
                    .iter()
                    .any(|attribute| ends_with_test(attribute.path()))
                {
                    tests.insert(item.sig.ident.to_string());
                }
            }
            syn::Item::Mod(item) => {
                add_tests(item.content.as_ref().map_or(&[], |(_, items)| items), tests);
            }
            // `on_each_database!` and its like, which list the functions that they run.
            syn::Item::Macro(item) if is_list(&item.mac.path) => {
                let listed = item.mac.tokens.to_string();
                let names = listed.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                tests.extend(names.map(ToOwned::to_owned));
            }
            _ => {}
        }
    }
}

fn is_list(path: &syn::Path) -> bool {
    let name = path.segments.last().map(|last| last.ident.to_string());
    name.is_some_and(|name| name.starts_with("on_each_"))
}

#[test]
fn every_link_leads_somewhere() {
    let document = read(DOCUMENT);
    for (text, target) in links(&document) {
        if target.contains("://") {
            continue;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = match file {
            "" => DOCUMENT.to_owned(),
            file => file.trim_start_matches("../").to_owned(),
        };
        assert!(Path::new(root()).join(&path).exists(), "[{text}]({target})");
        let anchors: Vec<String> = read(&path)
            .lines()
            .filter_map(|line| line.split_once("# "))
            .filter(|(level, _)| level.chars().all(|c| c == '#'))
            .map(|(_, heading)| heading.to_lowercase().replace(' ', "-"))
            .collect();
        assert!(
            anchor.is_empty() || anchors.iter().any(|known| known == anchor),
            "[{text}]({target})"
        );
    }
}

#[test]
fn the_figures_are_those_of_the_rows() {
    let document = read(DOCUMENT);
    let rows = rows(&document);
    let words = STANDINGS.map(|(word, ..)| word);
    let mut drawn = format!("| | {} | |\n|{}\n", words.join(" | "), " --- |".repeat(7));
    let mut line = |name: &str, is_of: &dyn Fn(&Row<'_>) -> bool| {
        let of: Vec<&Row<'_>> = rows.iter().filter(|row| is_of(row)).collect();
        let counts = words.map(|word| of.iter().filter(|row| row.standing == word).count().to_string());
        for part in [
            "| ",
            name,
            " | ",
            &counts.join(" | "),
            " | ",
            &of.len().to_string(),
            " |\n",
        ] {
            drawn.push_str(part);
        }
    };
    for (chapter, _) in REQUIREMENTS {
        line(chapter, &|row| row.chapter() == chapter);
    }
    line("all", &|_| true);
    let (before, rest) = document.split_once("<!-- figures -->\n").unwrap();
    let (found, after) = rest.split_once("<!-- end -->").unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        let anew = format!("{before}<!-- figures -->\n{drawn}<!-- end -->{after}");
        std::fs::write(root().join(DOCUMENT), anew).unwrap();
    } else {
        assert_eq!(
            found, drawn,
            "`UPDATE_README=1 make test ARGS=readme` counts anew"
        );
    }
}

#[test]
fn every_key_has_its_row() {
    let document = read(DOCUMENT);
    let told: BTreeSet<&str> = code_spans(section(&document, "Keys and algorithms"))
        .into_iter()
        .collect();
    let keys = read("src/secret/keys.rs");
    let labels: Vec<&str> = keys
        .split("b\"rollcall/1/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(labels.len() > 10, "{labels:?}");
    for label in labels {
        assert!(
            told.contains(label),
            "the key {label} is told of nowhere in {DOCUMENT}"
        );
    }
}
