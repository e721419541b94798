//! Walks in Chromium, which node leads.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Takes the walk of this script of `graphiql/test`; all that it says, where it does not end well.
pub async fn walk<A: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = A>, patience: Duration) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphiql/test");
    let walk = tokio::process::Command::new("node")
        .arg(folder.join(script))
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(patience, walk)
        .await
        .expect("the walk ends")
        .expect("node is there: scripts/setup test");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
