//! The README's transcript, run as it stands: its own shell blocks, against the real program in a new folder.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::{Block, blocks, code_spans, read, section};
use crate::support::Store;
use crate::support::database::TestDatabase;

/// How long the program or a block may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_transcript_runs_as_it_stands_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    tokio::task::spawn_blocking(move || follow(&path, None))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_transcript_runs_as_it_stands_on_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::new(Store::Postgres, folder.path()).await;
    let (path, url) = (folder.path().to_owned(), database.url.clone());
    tokio::task::spawn_blocking(move || follow(&path, Some(&url)))
        .await
        .unwrap();
}

/// Follows the README from its top on. Without a URL the database is the one that a user gets.
fn follow(folder: &Path, database_url: Option<&str>) {
    let readme = read("README.md");
    let flags: Vec<&str> = database_url
        .iter()
        .flat_map(|url| ["--database-url", url])
        .collect();
    let node = Node::start(folder, &flags, 6);
    let mut shell = Shell::start(folder, &node);
    walk_main_path(&readme, folder, &node, &mut shell);
    ask_every_path(&readme, &mut shell);
    if database_url.is_some() {
        start_a_second_node(&readme, folder, &flags, &mut shell);
    }
    reset_the_super_admin(&readme, folder, &flags, &mut shell);
    let unknown = run(folder, &flags, &[("ROLLCALL_LISEN", "1")]);
    assert_eq!(unknown.status.code(), Some(2));
}

fn walk_main_path(readme: &str, folder: &Path, node: &Node, shell: &mut Shell) {
    let mut blocks = blocks(section(readme, "In five minutes")).into_iter().peekable();
    let greeting = blocks.next().unwrap();
    compare_greeting(&greeting, node);
    let password = std::fs::read_to_string(folder.join("data/super-admin-password")).unwrap();
    let mut compared = 0;
    while let Some(block) = blocks.next() {
        assert_eq!(block.language, "sh", "{}", block.text);
        if block.text.contains("data/mail/") {
            node.wait_for_letter();
        }
        let script = block
            .text
            .replace("http://127.0.0.1:8080", &node.url)
            .replace("PASSWORD='…'", &format!("PASSWORD='{}'", password.trim()));
        let answer = shell.run(&script);
        match blocks.next_if(|next| next.language == "json") {
            Some(expected) => {
                compare(&block.text, &expected.text, &answer);
                compared += 1;
            }
            None => assert_eq!(
                answer, "",
                "{} has an answer that the README does not show",
                block.text
            ),
        }
    }
    assert!(compared > 8, "the transcript has {compared} answers");
}

/// The lines of a start. Without a terminal the password is in a file.
fn compare_greeting(block: &Block, node: &Node) {
    let expected: Vec<&str> = block.text.lines().collect();
    let (password, before) = expected.split_last().unwrap();
    let found: Vec<String> = node
        .greeting
        .iter()
        .map(|line| line.replace(&node.url, "http://127.0.0.1:8080"))
        .collect();
    assert_eq!(found[..before.len()], *before);
    assert_eq!(
        found.last().unwrap(),
        "  password:   in the file ./data/super-admin-password; it has to be changed at the first login"
    );
    // What a terminal shows instead.
    let (_, said) = password.split_once('…').unwrap();
    assert!(read("src/main.rs").contains(said), "{said}");
}

/// Compares two texts of one JSON value after another; `…` stands for any text.
fn compare(request: &str, expected: &str, found: &str) {
    let values = |text: &str| -> Vec<Value> {
        serde_json::Deserializer::from_str(text)
            .into_iter()
            .map(|value| value.unwrap_or_else(|error| panic!("{error} in {text}")))
            .collect()
    };
    let (expected, found) = (values(expected), values(found));
    let same = expected.len() == found.len()
        && expected
            .iter()
            .zip(&found)
            .all(|(expected, found)| fits(expected, found));
    assert!(
        same,
        "{request}\nanswered\n{found:#?}\nand the README says\n{expected:#?}"
    );
}

fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(any), Value::String(text)) if any == "…" => !text.is_empty(),
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .all(|(key, expected)| found.get(key).is_some_and(|found| fits(expected, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(expected, found)| fits(expected, found))
        }
        _ => expected == found,
    }
}

/// Each path of the table is served, and each route of the router stands in it.
fn ask_every_path(readme: &str, shell: &mut Shell) {
    let section = section(readme, "HTTP");
    let rows: Vec<(&str, &str)> = section
        .lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(code_spans)
        .filter_map(|span| span.split_once(' '))
        .filter(|(method, _)| matches!(*method, "GET" | "POST"))
        .collect();
    let router = read("src/http/router.rs");
    for route in router.split(".route(").skip(1) {
        let route = route.split('"').nth(1).unwrap();
        assert!(rows.iter().any(|(_, path)| *path == route), "{route} is not told");
    }
    for (method, path) in rows {
        let question = match (method, path) {
            ("GET", "/graphql") => "-G --data-urlencode 'query={ permissions { permission } }'",
            ("POST", "/graphql") => {
                "-H 'Content-Type: application/json' -d '{\"query\":\"{ permissions { permission } }\"}'"
            }
            _ => "",
        };
        let answer = shell.run(&format!(
            "curl -sS -D - -o answer -w '%{{http_code}}' {question} \"$URL{path}\""
        ));
        assert!(answer.ends_with("200"), "{method} {path}: {answer}");
        assert!(answer.to_lowercase().contains("x-request-id: "), "{answer}");
    }
}

/// A node with a secret of its own does not start; one with the same serves the same sessions.
fn start_a_second_node(readme: &str, folder: &Path, flags: &[&str], shell: &mut Shell) {
    let told = "the secret file is not the one that this database was set up with";
    assert!(readme.contains(told));
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = run(elsewhere.path(), flags, &[]);
    assert_eq!(refused.status.code(), Some(1));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains(told), "{error}");
    let secret = folder.join("data/secret");
    let flags = [flags, &["--secret-file", secret.to_str().unwrap()]].concat();
    let second = Node::start(elsewhere.path(), &flags, 4);
    let answer = shell.run(&format!(
        "curl -sS {}/graphql -H 'Content-Type: application/json' -H \"Authorization: Bearer $NOA\" \
         -d '{{\"query\":\"{{ viewer {{ user {{ account }} }} }}\"}}'",
        second.url
    ));
    compare(
        "noa at the second node",
        r#"{ "data": { "viewer": { "user": { "account": "noa" } } } }"#,
        &answer,
    );
}

/// The command works beside the running server, and ends the super admin's sessions.
fn reset_the_super_admin(readme: &str, folder: &Path, flags: &[&str], shell: &mut Shell) {
    let blocks = blocks(section(readme, "Running it"));
    let place = blocks
        .iter()
        .position(|block| block.text == "rollcall admin reset-password\n")
        .expect("the README tells how to reset the password");
    let elsewhere = tempfile::tempdir().unwrap();
    let lost = run(elsewhere.path(), &["admin", "reset-password"], &[]);
    assert_eq!(lost.status.code(), Some(1));
    let error = String::from_utf8(lost.stderr).unwrap();
    assert!(error.contains("is this the server's database"), "{error}");
    let output = run(folder, &[&["admin", "reset-password"], flags].concat(), &[]);
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let password = printed.trim_end().rsplit(' ').next().unwrap();
    assert_eq!(printed.replace(password, "…"), blocks[place + 1].text);
    let signed_out = shell.run("ask \"$ADMIN\" <<END\n{ viewer { menus } }\nEND\n");
    assert!(signed_out.contains("UNAUTHENTICATED"), "{signed_out}");
    let again = shell.run(&format!(
        "ask <<END\nmutation {{ login(input: {{ login: \"admin\", password: \"{password}\" }}) {{ step }} }}\nEND\n"
    ));
    compare(
        "the login after it",
        r#"{ "data": { "login": { "step": "PASSWORD_CHANGE_REQUIRED" } } }"#,
        &again,
    );
}

/// The program, in this folder, without what the one who runs the tests has set.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROLLCALL_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the program to its end.
fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program(folder)
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// A running server.
struct Node {
    child: Child,
    url: String,
    /// What it says when it is ready.
    greeting: Vec<String>,
    log: Receiver<String>,
}

impl Node {
    /// Starts, and waits for a greeting of so many lines: the first start of a database says more.
    fn start(folder: &Path, flags: &[&str], length: usize) -> Self {
        let mut child = program(folder)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = lines(child.stdout.take().unwrap());
        let log = lines(child.stderr.take().unwrap());
        let mut greeting = Vec::new();
        while greeting.len() < length {
            match output.recv_timeout(PATIENCE) {
                Ok(line) => greeting.push(line),
                Err(_) => panic!(
                    "the server did not start: {:?}",
                    log.try_iter().collect::<Vec<_>>()
                ),
            }
        }
        let url = greeting[0].rsplit(' ').next().unwrap().to_owned();
        Self {
            child,
            url,
            greeting,
            log,
        }
    }

    /// Waits until the log tells of the next letter that was written.
    fn wait_for_letter(&self) {
        loop {
            let line = self.log.recv_timeout(PATIENCE).expect("a letter is written");
            if line.contains("a letter was written to a file") {
                assert!(line.contains("data/mail/"), "the log names the file: {line}");
                return;
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The shell of who follows the README.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Shell {
    fn start(folder: &Path, node: &Node) -> Self {
        let mut child = Command::new("sh")
            .current_dir(folder)
            .env("URL", &node.url)
            .env("no_proxy", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = lines(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Runs a block; answers what it prints.
    fn run(&mut self, script: &str) -> String {
        const END: &str = "== the end of the block";
        writeln!(self.input, "{script}\nprintf '\\n%s\\n' '{END}'").unwrap();
        let mut text = String::new();
        loop {
            let line = self
                .output
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("{script} does not end; so far: {text}"));
            if line == END {
                return text.trim().to_owned();
            }
            text += &line;
            text.push('\n');
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a pipe, read by a thread of its own, so that who waits for one can give up.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
