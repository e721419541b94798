//! The binary as somebody runs it: first start, settings, commands.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::actor::PASSWORD;
use crate::support::process::{Keeper, Node, run};
use crate::support::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_all_that_is_needed_and_says_how_to_log_in() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let _keeper = Keeper::of(&["--data-dir", folder.to_str().unwrap()]);
    let node = Node::start(&folder, &[]).await;
    for line in [
        "Rollcall is ready at http://127.0.0.1:",
        "the API:",
        "the schema:",
    ] {
        assert!(node.greeting.contains(line), "{}", node.greeting);
    }
    let file = folder.join("super-admin-password");
    for (path, expected) in [
        (folder.clone(), 0o700),
        (folder.join("secret"), 0o600),
        (folder.join("rollcall.db"), 0o600),
        (file.clone(), 0o600),
    ] {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    let password = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert_eq!(password.len(), 16);
    let nobody = Actor::nobody(&node.url);
    let input = json!({ "login": "admin", "password": password });
    let answer = nobody.mutate("login", input, "step challenge").await.ok();
    assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    let input = json!({
        "challenge": answer.text("login.challenge"), "newPassword": PASSWORD, "newPasswordConfirmation": PASSWORD,
    });
    let answer = nobody
        .mutate("completeLogin", input, "tokens { accessToken refreshToken }")
        .await
        .ok();
    let admin = nobody.with_tokens(&answer, "completeLogin.tokens");
    assert!(admin.menus().await.contains(&"PLATFORM_MANAGEMENT".to_owned()));
    let (status, log) = node.stop().await;
    assert!(status.success());
    assert!(
        log.lines()
            .next()
            .unwrap()
            .contains("listening on http://127.0.0.1:"),
        "{log}"
    );
    assert!(!log.contains(&password) && !log.contains(PASSWORD), "{log}");
    // All of it stands in the one file that a backup takes.
    assert!(!folder.join("rollcall.db-wal").exists());
    // The second start finds everything, and the session goes on.
    let again = Node::start(&folder, &[]).await;
    assert!(!again.greeting.contains("log in as"));
    assert!(admin.at(&again.url).is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_super_admin_password_is_replaced_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(
        folder.path(),
        &[
            "--super-admin-account",
            "root",
            "--super-admin-password",
            PASSWORD,
        ],
    )
    .await;
    let nobody = Actor::nobody(&node.url);
    let selection = "step tokens { accessToken refreshToken }";
    let login = |password: &str| {
        let (nobody, input) = (nobody.clone(), json!({ "login": "root", "password": password }));
        async move { nobody.mutate("login", input, selection).await }
    };
    // A given password holds as it is.
    let answer = login(PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "DONE");
    let root = nobody.with_tokens(&answer, "login.tokens");
    for _ in 0..5 {
        login("Wrong-Whale-42").await.failed(&["INVALID_CREDENTIALS"]);
    }
    let data_dir = folder.path().display().to_string();
    let output = run(&["admin", "reset-password", "--data-dir", &data_dir], &[]).await;
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let password = said
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap();
    assert!(said.contains("account:  root"));
    assert!(!root.is_signed_in().await);
    login(PASSWORD).await.failed(&["INVALID_CREDENTIALS"]);
    assert_eq!(
        login(password).await.ok().text("login.step"),
        "PASSWORD_CHANGE_REQUIRED"
    );
    // In a wrong folder it says so, and leaves nothing there.
    let wrong = folder.path().join("elsewhere");
    let output = run(
        &[
            "admin",
            "reset-password",
            "--data-dir",
            &wrong.display().to_string(),
        ],
        &[],
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("is this the server's database")
    );
    assert!(!wrong.exists());
}

/// Arguments, variables, and what the error names.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_or_unknown_setting_is_named_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rollcall.toml");
    std::fs::write(&file, "registratoin = 'open'\n").unwrap();
    let file = file.display().to_string();
    let cases: [Case<'_>; 9] = [
        (&["--listen", "nonsense"], &[], "--listen"),
        (&["--no-such-flag"], &[], "--no-such-flag"),
        (&["nonsense"], &[], "nonsense"),
        (&[], &[("ROLLCALL_LISTEN", "nonsense")], "nonsense"),
        (&[], &[("ROLLCALL_LISEN", "127.0.0.1:0")], "ROLLCALL_LISEN"),
        (&["--config", "/no/such/file.toml"], &[], "/no/such/file.toml"),
        (&["--config", &file], &[], "registratoin"),
        (&["--trusted-proxies", "10.0.0.0/99"], &[], "--trusted-proxies"),
        (&["--log", "a=b=c"], &[], "--log"),
    ];
    for (arguments, variables, named) in cases {
        let output = run(arguments, variables).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{said}");
        assert!(output.stdout.is_empty());
    }
    // A secret in a setting is not shown in its error.
    let output = run(&[], &[("ROLLCALL_SMTP_URL", "http://user:hunter2@host")]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("smtp://") && said.contains("--smtp-url"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    // What cannot be reached is a failure of its own kind.
    let output = run(&["--data-dir", "/proc/nowhere"], &[]).await;
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(
        &file,
        "super_admin_account = 'from-file'\nregistration = 'closed'\n",
    )
    .unwrap();
    let data_dir = folder.path().join("data");
    let node = Node::start(
        &data_dir,
        &[
            "--config",
            &file.display().to_string(),
            "--super-admin-account",
            "from-flag",
        ],
    )
    .await;
    assert!(node.greeting.contains("Rollcall is ready"));
    let answer = Actor::nobody(&node.url)
        .ask("{ registrationSettings { open } }")
        .await
        .ok();
    assert_eq!(answer.at("registrationSettings.open"), false);
    let password = std::fs::read_to_string(data_dir.join("super-admin-password")).unwrap();
    let input = json!({ "login": "from-flag", "password": password.trim() });
    Actor::nobody(&node.url).mutate("login", input, "step").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn schema_prints_the_committed_schema() {
    let output = run(&["schema"], &[]).await;
    assert!(output.status.success());
    let committed =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql")).unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        committed,
        "write it anew: rollcall schema > schema.graphql"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_runs_shows_and_takes_back() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().display().to_string();
    let migrate = |direction: &'static str| {
        let data_dir = data_dir.clone();
        async move {
            let output = run(&["migrate", direction, "--data-dir", &data_dir], &[]).await;
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        }
    };
    let count = |status: &str, word: &str| status.lines().filter(|line| line.starts_with(word)).count();
    let before = migrate("status").await;
    let all = count(&before, "Pending");
    assert!(all >= 8 && count(&before, "Applied") == 0, "{before}");
    migrate("up").await;
    assert_eq!(count(&migrate("status").await, "Applied"), all);
    migrate("down").await;
    let after = migrate("status").await;
    assert_eq!(
        (count(&after, "Applied"), count(&after, "Pending")),
        (all - 1, 1),
        "{after}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn help_names_every_setting_with_its_variable() {
    let output = run(&["--help"], &[]).await;
    let help = String::from_utf8(output.stdout).unwrap();
    for variable in [
        "ROLLCALL_LISTEN",
        "ROLLCALL_PUBLIC_URL",
        "ROLLCALL_DATA_DIR",
        "ROLLCALL_DATABASE_URL",
        "ROLLCALL_SECRET_FILE",
        "ROLLCALL_SMTP_URL",
        "ROLLCALL_REGISTRATION",
        "ROLLCALL_LOG",
    ] {
        assert!(help.contains(variable), "{variable}");
    }
    for command in ["serve", "migrate", "schema", "admin"] {
        assert!(help.contains(command), "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_lines_into_the_log() {
    let forged = "1999-12-31T00:00:00Z ERROR forged";
    for format in ["text", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let flags = [
            "--log-format",
            format,
            "--log",
            "info,rollcall=trace,tower_http=trace",
        ];
        let node = Node::start(folder.path(), &flags).await;
        let client = reqwest::Client::new();
        let encoded = forged.replace(' ', "%20");
        let path = format!("{}/nothing%0A{encoded}?%0A{encoded}", node.url);
        let answer = client
            .get(path)
            .header("user-agent", format!("a\t{forged}"))
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), 404);
        let input = json!({ "login": format!("\n{forged}"), "password": format!("\r\n{forged}") });
        let nobody = Actor::nobody(&node.url);
        nobody
            .mutate("login", input, "step")
            .await
            .failed(&["INVALID_CREDENTIALS"]);
        let (status, log) = node.stop().await;
        assert!(status.success());
        assert!(log.contains("/nothing%0A1999"), "the request is logged: {log}");
        for line in log.lines() {
            let is_ours = match format {
                "json" => serde_json::from_str::<Value>(line).is_ok_and(|line| line["timestamp"].is_string()),
                _ => line.starts_with("20"),
            };
            assert!(is_ours, "{line}");
        }
    }
}
