//! Two nodes that reach PostgreSQL by PgBouncer in its mode `transaction`, with two sessions for all: each transaction gets
//! one of them, whichever, with all that others have left in it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::actor::PASSWORD;
use crate::support::database::TestDatabase;
use crate::support::process::{Node, rollcall, run};
use crate::support::*;

/// How many people do the same at once: many more than there are sessions.
const AT_ONCE: usize = 16;

/// PgBouncer, before the PostgreSQL of the tests.
struct Pooler {
    process: Child,
    port: u16,
}

impl Pooler {
    async fn start(folder: &Path, database_url: &str) -> (Self, String) {
        let (rest, name) = database_url.rsplit_once('/').unwrap();
        let (user, place) = rest.trim_start_matches("postgres://").split_once('@').unwrap();
        let (host, postgres) = place.split_once(':').unwrap();
        // Between this and PgBouncer's own try somebody else could take it: then it says so, and the next one is tried.
        for _ in 0..8 {
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            // As root it refuses to run, but becomes another user.
            let settings = format!(
                "[databases]\n* = host={host} port={postgres} user={user}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
                 default_pool_size = 2\nmax_client_conn = 400\n{}",
                if is_root() { "user = nobody\n" } else { "" }
            );
            let file = folder.join("pgbouncer.ini");
            std::fs::write(&file, settings).unwrap();
            let path = format!(
                "{}:/usr/sbin:/usr/local/sbin",
                std::env::var("PATH").unwrap_or_default()
            );
            let mut process = Command::new("pgbouncer")
                .arg("--quiet")
                .arg(&file)
                .env("PATH", path)
                .kill_on_drop(true)
                .stdin(Stdio::null())
                .spawn()
                .expect("`scripts/setup test` installs PgBouncer");
            while process.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    let url = format!("postgres://{user}@127.0.0.1:{port}/{name}");
                    return (Self { process, port }, url);
                }
                tokio::task::yield_now().await;
            }
        }
        panic!("PgBouncer does not start");
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

struct Ground {
    folder: TempDir,
    url: String,
    pooler: Pooler,
    mail: mail::MailServer,
    // Last: it is dropped when nothing uses it any more.
    _database: TestDatabase,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Empty: the migrations go by the pooler too.
        let database = TestDatabase::empty(Store::Postgres).await;
        let (pooler, url) = Pooler::start(folder.path(), &database.url).await;
        Self {
            folder,
            url,
            pooler,
            mail: mail::MailServer::start().await,
            _database: database,
        }
    }

    fn arguments<'a>(&'a self, own: &[&'a str]) -> Vec<&'a str> {
        let database = ["--database-url", &self.url, "--database-pooler", "transaction"];
        [own, &database].concat()
    }

    async fn node(&self) -> Node {
        let own = [
            "--smtp-url",
            &self.mail.url,
            "--super-admin-account",
            "root",
            "--super-admin-password",
            PASSWORD,
            "--rate-limits",
            "off",
        ];
        Node::start(self.folder.path(), &self.arguments(&own)).await
    }

    /// Runs a command beside the nodes; what it prints.
    async fn run(&self, own: &[&str]) -> String {
        let folder = self.folder.path().display().to_string();
        let output = run(&self.arguments(&[own, &["--data-dir", &folder]].concat()), &[]).await;
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{own:?}: {said}{:?}", output.stderr);
        said
    }
}

/// What somebody does with a console: a new user logs in, joins a team by its code, looks around, and is looked at.
async fn a_day(root: Actor, here: String, there: String, number: usize) {
    let account = format!("user-{number}");
    let input = json!({ "name": account, "account": account, "accountType": "MEMBER", "password": PASSWORD });
    let made = root.mutate("createUser", input, "user { id }").await.ok();
    let user_id = made.text("createUser.user.id");
    let user = Actor::nobody(&here).logged_in(&account, PASSWORD).await;
    let team = format!("Team {number}");
    let input = json!({ "name": team, "type": "SUPERAPP", "adminIds": [user_id] });
    let made = root
        .mutate("createTeam", input, "team { id roles { id name } }")
        .await
        .ok();
    let (team_id, role_id) = (
        made.text("createTeam.team.id"),
        made.text("createTeam.team.roles.1.id"),
    );
    // What was made by one node is there on the other at once.
    let user = user.at(&there);
    let other = format!("other-{number}");
    let input = json!({ "name": other, "account": other, "accountType": "MEMBER", "password": PASSWORD });
    root.at(&here)
        .mutate("createUser", input, "user { id }")
        .await
        .ok();
    let input = json!({ "teamId": team_id, "roleId": role_id });
    let code = user
        .mutate("createInvitation", input, "code")
        .await
        .ok()
        .text("createInvitation.code");
    let joiner = Actor::nobody(&there).logged_in(&other, PASSWORD).await.at(&here);
    joiner
        .mutate("joinTeam", json!({ "code": code }), "membership { id }")
        .await
        .ok();
    for reader in [&root, &user] {
        for _ in 0..4 {
            let document = "query($id: ID!) { team(id: $id) { name memberCount
                members { totalCount nodes { role { name } user { name } } } invitations { totalCount } } }";
            let answer = reader.ask_with(document, json!({ "id": team_id })).await.ok();
            assert_eq!(answer.text("team.name"), team);
            assert_eq!(answer.at("team.members.totalCount"), 2);
        }
        reader
            .ask("{ teams { totalCount nodes { name } } auditEvents { nodes { action } } }")
            .await
            .ok();
    }
    root.ask(
        "{ users(filter: { search: \"user\" }) { totalCount nodes { name memberships { nodes { id } } } } }",
    )
    .await
    .ok();
    joiner
        .mutate("updateProfile", json!({ "name": "王小明" }), "user { id }")
        .await
        .ok();
    let input = json!({ "refreshToken": joiner.refresh_token });
    Actor::nobody(&there)
        .mutate("refreshSession", input, "tokens { accessToken }")
        .await
        .ok();
    // A wrong password is counted, and answered.
    let input = json!({ "login": account, "password": "wrong" });
    let refused = Actor::nobody(&here).mutate("login", input, "step").await;
    assert_eq!(refused.user_errors(), ["INVALID_CREDENTIALS"]);
    joiner
        .ask("mutation { logout { userErrors { code } } }")
        .await
        .ok();
    assert!(!joiner.at(&there).is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_serve_past_a_pooler_of_transactions() {
    let ground = Ground::new().await;
    // Both at once, on an empty database.
    let (one, other) = tokio::join!(ground.node(), ground.node());
    let root = Actor::nobody(&one.url).logged_in("root", PASSWORD).await;
    let days: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let (here, there) = if number % 2 == 0 {
                (&one, &other)
            } else {
                (&other, &one)
            };
            let root = root.at(&there.url);
            tokio::spawn(a_day(root, here.url.clone(), there.url.clone(), number))
        })
        .collect();
    for day in days {
        day.await.unwrap();
    }
    let found = root
        .ask("{ users { totalCount } teams { totalCount } }")
        .await
        .ok();
    assert_eq!(found.at("users.totalCount"), 2 * AT_ONCE + 1);
    assert_eq!(found.at("teams.totalCount"), AT_ONCE);
    // A letter goes out once, whichever node takes it.
    let input = json!({ "email": "new@example.com", "purpose": "REGISTER" });
    Actor::nobody(&one.url)
        .mutate("sendVerificationCode", input, "")
        .await
        .ok();
    let code = ground.mail.to("new@example.com").await.code(6);
    let input = json!({
        "name": "new", "account": "new-one", "email": "new@example.com", "verificationCode": code,
        "password": PASSWORD, "passwordConfirmation": PASSWORD,
    });
    Actor::nobody(&other.url)
        .mutate("register", input, "user { id }")
        .await
        .ok();
    ground.run(&["mail", "list"]).await;
    ground.run(&["migrate"]).await;
    let reset = ground.run(&["admin", "reset-password"]).await;
    assert!(!reset.is_empty());
    // When the last one goes, its keeper has the invariants asked, past the pooler too.
    for node in [one, other] {
        let (status, said) = node.stop().await;
        assert!(status.success(), "{said}");
        assert!(!said.contains("ERROR"), "{said}");
    }
    let verdict = ground.run(&["audit", "verify"]).await;
    assert!(verdict.contains("whole:   yes"), "{verdict}");
    // What the pooler cannot carry is refused, and says so.
    let folder = ground.folder.path().display().to_string();
    let arguments = ground.arguments(&["seed", "--users", "60", "--data-dir", &folder]);
    let output = rollcall(&arguments, &[]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("pooler"));
    // Nobody has gone around it.
    assert!(ground.url.contains(&format!(":{}/", ground.pooler.port)));
    drop(ground.pooler.process);
}
