//! README.md and ARCHITECTURE.md say what is so: their tables are drawn from the program, the transcript is run,
//! and what they name exists; so do the tests that docs/security.md names.

mod console;
mod names;
mod operation;
mod program;
mod scale;
mod security;
mod tables;
mod transcript;

use std::path::{Path, PathBuf};

/// The documents that are held true.
const DOCUMENTS: [&str; 2] = ["README.md", "ARCHITECTURE.md"];

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let path: PathBuf = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of a document below a heading of the second level, up to the next one.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let start = format!("\n## {heading}\n");
    let (_, rest) = document
        .split_once(&start)
        .unwrap_or_else(|| panic!("there is no section {heading:?}"));
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// A fenced block: its language and its text.
struct Block {
    language: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in document.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => {
                open = Some(Block {
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fenced block has no end");
    blocks
}

/// What stands between backticks, outside of fenced blocks.
fn code_spans(document: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut spans = Vec::new();
    for line in document.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            spans.extend(line.split('`').skip(1).step_by(2));
        }
    }
    spans
}
