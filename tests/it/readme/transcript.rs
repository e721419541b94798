//! The README's transcript, run as it stands: its own shell blocks, against the real program in a new folder.

use std::path::Path;

use serde_json::Value;

use super::program::{Node, Shell, run};
use super::{Block, blocks, code_spans, read, section};
use crate::support::Store;
use crate::support::database::TestDatabase;

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
    let node = Node::start(folder, &flags, 7);
    let mut shell = Shell::start(folder, &node);
    walk_main_path(&readme, folder, &node, &mut shell);
    ask_every_path(&readme, &mut shell);
    if database_url.is_some() {
        start_a_second_node(&readme, folder, &flags, &mut shell);
    }
    verify_the_audit_log(&readme, folder, &flags);
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
    assert!(read("src/main/greet.rs").contains(said), "{said}");
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
            ("GET", "/graphql/ws") => {
                "--max-time 10 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
                 -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='"
            }
            _ => "",
        };
        let status = if path == "/graphql/ws" { "101" } else { "200" };
        let answer = shell.run(&format!(
            "curl -sS -D - -o answer -w '%{{http_code}}' {question} \"$URL{path}\""
        ));
        assert!(
            answer.ends_with(status),
            "{method} {path} (`make graphiql` builds the page): {answer}"
        );
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
    let second = Node::start(elsewhere.path(), &flags, 5);
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

/// The audit log of all this is whole, and holds the head that was kept before.
fn verify_the_audit_log(readme: &str, folder: &Path, flags: &[&str]) {
    let blocks = blocks(section(readme, "The audit log"));
    let first = blocks
        .iter()
        .position(|block| block.text.starts_with("rollcall audit verify "));
    let blocks = &blocks[first.unwrap()..];
    let labels = |text: &str| -> Vec<String> {
        let label = |line: &str| line.split_once(':').unwrap().0.to_owned();
        text.lines().map(label).collect()
    };
    let kept = &blocks[2].text;
    assert!(kept.contains("rollcall audit head >> ") && kept.contains("rollcall audit verify --head-file "));
    let printed = |arguments: &[&str]| {
        let output = run(folder, &[&["audit"], arguments, flags].concat(), &[]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::write(folder.join("heads"), printed(&["head"])).unwrap();
    for arguments in [vec!["verify"], vec!["verify", "--head-file", "heads"]] {
        let said = printed(&arguments);
        assert_eq!(labels(&said), labels(&blocks[1].text));
        assert!(said.ends_with("whole:   yes\n"), "{said}");
    }
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
