//! The README's example of a console, run in Chromium as it stands, beside what a page of elsewhere would try.

use std::process::Stdio;
use std::time::Duration;

use super::{blocks, read, root, section};
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
    let walk = tokio::process::Command::new("node")
        .arg(root().join("graphiql/test/console.mjs"))
        .arg(&node.url)
        .args([folder.path(), &script])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_mins(4), walk)
        .await
        .expect("the walk ends")
        .expect("node is there: scripts/setup test");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
