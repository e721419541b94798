//! The README's example of a console, run in Chromium as it stands, beside what a page of elsewhere would try.

use std::ffi::OsStr;
use std::time::Duration;

use super::{blocks, read, section};
use crate::support::browser::walk;
use crate::support::process::Node;

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_a_console_runs_as_it_stands_in_a_browser() {
    let readme = read("README.md");
    let blocks = blocks(section(&readme, "A console in a browser"));
    let example = blocks.iter().find(|block| block.language == "js").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("example.js");
    std::fs::write(&script, &example.text).unwrap();
    let node = Node::start(folder.path(), &[]).await;
    let arguments = [
        OsStr::new(&node.url),
        folder.path().as_os_str(),
        script.as_os_str(),
    ];
    walk("console.mjs", arguments, Duration::from_mins(4)).await;
}
