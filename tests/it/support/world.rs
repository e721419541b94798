//! A server of its own for each test, with everything around it.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use clap::Parser;
use rollcall::access::Origin;
use rollcall::app::App;
use rollcall::audit::{Sealed, seal};
use rollcall::base::clock::Clock;
use rollcall::base::id::UserId;
use rollcall::base::settings::{Pooler, Settings};
use rollcall::entity::database::{Database, Transaction};
use rollcall::entity::together::Together;
use rollcall::entity::{letter, session};
use rollcall::mail::letter::DECOY;
use rollcall::platform::invariants::{self, Finding};
use rollcall::platform::start::{migrate, start};
use rollcall::secret::keys::hex;
use rollcall::sessions::Tokens;
use rollcall::sessions::open::open;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::actor::{Actor, PASSWORD};
use super::database::{Store, TestDatabase};
use super::mail::MailServer;
use super::mariadb::{self, dialect};
use super::process::Keeper;

/// A running server, its database, its clock and its mail server.
pub struct World {
    pub app: Arc<App>,
    pub url: String,
    pub mail: MailServer,
    pub store: Store,
    pub database_url: String,
    /// The data folder, with the secret.
    pub folder: TempDir,
    /// The statements that the server sends while somebody asks for them.
    statements: Arc<Mutex<Option<Vec<Statement>>>>,
    stop: watch::Sender<bool>,
    broken: Mutex<Broken>,
    served: Mutex<Option<JoinHandle<()>>>,
    // Last: it is dropped when nothing uses it any more.
    _database: TestDatabase,
}

/// What a test leaves broken of what is always true of the data.
#[derive(Debug)]
enum Broken {
    /// The invariants of these names, each of them.
    These(BTreeSet<&'static str>),
    /// Nobody knows.
    Unknown,
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

impl World {
    pub async fn new(store: Store) -> Self {
        Self::with(store, &[]).await
    }

    /// A world whose server got these flags.
    pub async fn with(store: Store, flags: &[&str]) -> Self {
        Self::open(store, flags, true).await
    }

    /// A world whose server knows no mail server: letters become files.
    pub async fn without_mail_server(store: Store) -> Self {
        Self::open(store, &[], false).await
    }

    async fn open(store: Store, flags: &[&str], has_mail_server: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::new(store, folder.path()).await;
        Keeper::leave_to_world(&database.url);
        let mail = MailServer::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let data_dir = folder.path().display().to_string();
        let own = [
            "rollcall",
            "--listen",
            &address,
            "--data-dir",
            &data_dir,
            "--database-url",
            &database.url,
            "--super-admin-account",
            "root",
            "--super-admin-password",
            PASSWORD,
            "--database-max-connections",
            "20",
        ];
        let smtp: &[&str] = if has_mail_server {
            &["--smtp-url", &mail.url]
        } else {
            &[]
        };
        let flags = Flags::parse_from(own.iter().chain(smtp).chain(flags));
        let mut app = App::open(flags.settings, Clock::default()).await.unwrap();
        // By the clock on the wall it would come in the middle of a long test; tests sweep when they say so.
        app.sweeps_every = Duration::MAX;
        app.database.open_lanes(&app.settings.database_url(), None);
        let statements = Arc::<Mutex<Option<Vec<Statement>>>>::default();
        let seen = statements.clone();
        app.database.observe(move |statement| {
            if let Some(seen) = seen.lock().unwrap().as_mut() {
                seen.push(statement.clone());
            }
        });
        let app = Arc::new(app);
        migrate(app.database.writer()).await.unwrap();
        start(&app).await.unwrap();
        app.database.lanes_are_up().await;
        let (stop, stopped) = watch::channel(false);
        let served = app.clone();
        let served =
            tokio::spawn(async move { rollcall::http::serve(served, listener, stopped).await.unwrap() });
        let url = format!("http://{address}");
        let database_url = database.url.clone();
        Self {
            app,
            url,
            mail,
            store,
            database_url,
            folder,
            statements,
            stop,
            broken: Mutex::new(Broken::These(BTreeSet::new())),
            served: Mutex::new(Some(served)),
            _database: database,
        }
    }

    /// The statements that the server sends for one question; those aside of the outbox and of the sealing of the audit
    /// log, which go on all the time.
    pub async fn statements_of(&self, question: impl Future<Output = super::Answer>) -> Vec<String> {
        let (answer, statements) = self.statements_behind(question).await;
        answer.ok();
        statements
    }

    /// The same with the answer, which need not be a good one.
    pub async fn statements_behind(
        &self,
        question: impl Future<Output = super::Answer>,
    ) -> (super::Answer, Vec<String>) {
        let (answer, statements) = self.statements_with_values_behind(question).await;
        (answer, statements.into_iter().map(|it| it.sql).collect())
    }

    /// The same with the values.
    pub async fn statements_with_values_behind(
        &self,
        question: impl Future<Output = super::Answer>,
    ) -> (super::Answer, Vec<Statement>) {
        *self.statements.lock().unwrap() = Some(Vec::new());
        let answer = question.await;
        let seen = self.statements.lock().unwrap().take().unwrap_or_default();
        let statements = seen
            .into_iter()
            .filter(|statement| {
                // Whatever this database quotes names with.
                let plain = statement.sql.replace(['"', '`'], "");
                let others = [
                    "FROM letter",
                    "audit_head",
                    "position IS NULL",
                    "position BETWEEN",
                ];
                !others.iter().any(|other| plain.contains(other))
            })
            .collect();
        (answer, statements)
    }

    /// Ends the server, as a service manager does; the database stays.
    pub async fn stop(&self) {
        self.stop.send(true).unwrap();
        let served = self.served.lock().unwrap().take();
        served.expect("it is stopped once").await.unwrap();
    }

    /// Seals all audit events that are written, beside the server, which does the same.
    pub async fn sealed(&self) {
        while seal(&self.app.database, &self.app.keys, &self.app.clock)
            .await
            .unwrap()
            != Sealed::Nothing
        {}
    }

    /// Moves the clock, and wakes what waits for it.
    pub fn pass(&self, time: TimeDelta) {
        self.app.clock.advance(time);
        self.app.outbox.wake();
        self.app.notices.notify_one();
    }

    /// Moves the clock to the beginning of the next 30 seconds: their dynamic code is good for all of them, however slow
    /// the machine.
    pub fn begin_step(&self) {
        let into_step = self.app.clock.now().timestamp() % 30;
        self.pass(TimeDelta::seconds(30 - into_step));
    }

    /// Opens a session for the user, without the hashing that a login costs.
    pub async fn open_session_in(&self, txn: &Transaction, user_id: UserId) -> (session::Model, Tokens) {
        let (row, tokens) = open(&self.app, &Origin::default(), user_id).unwrap();
        let writes = Together::default().insert::<session::Entity>(vec![row.clone()]);
        writes.execute_in(txn).await.unwrap();
        (row, tokens)
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Actor {
        Actor::nobody(&self.url)
    }

    /// The super admin, signed in.
    pub async fn super_admin(&self) -> Actor {
        Actor::log_in(self, "root", PASSWORD).await
    }

    /// A new platform admin, signed in.
    pub async fn platform_admin(&self, account: &str) -> Actor {
        self.user(account, "PLATFORM_ADMIN").await
    }

    /// A new member in no team, signed in. Their name is their account.
    pub async fn member(&self, account: &str) -> Actor {
        self.user(account, "MEMBER").await
    }

    async fn user(&self, account: &str, account_type: &str) -> Actor {
        let input =
            json!({ "name": account, "account": account, "accountType": account_type, "password": PASSWORD });
        self.super_admin()
            .await
            .mutate("createUser", input, "user { id }")
            .await
            .ok();
        Actor::log_in(self, account, PASSWORD).await
    }

    /// Somebody who registers with a mailed code, signed in; their address is `account@example.com`.
    pub async fn registered(&self, account: &str, invitation_code: Option<&str>) -> Actor {
        let email = format!("{account}@example.com");
        let nobody = self.nobody();
        nobody
            .mutate(
                "sendVerificationCode",
                json!({ "email": email, "purpose": "REGISTER" }),
                "",
            )
            .await
            .ok();
        let code = self.mail.to(&email).await.code(6);
        let input = json!({
            "name": account, "account": account, "email": email, "verificationCode": code,
            "password": PASSWORD, "passwordConfirmation": PASSWORD, "invitationCode": invitation_code,
        });
        let selection = "user { id account } tokens { accessToken refreshToken }";
        let answer = nobody.mutate("register", input, selection).await.ok();
        Actor {
            id: answer.text("register.user.id"),
            account: account.to_owned(),
            ..nobody.with_tokens(&answer, "register.tokens")
        }
    }

    /// A new superapp team, whose admin is called `<name>-admin`.
    pub async fn superapp_team(&self, name: &str) -> Team {
        self.team(name, json!({ "type": "SUPERAPP" })).await
    }

    /// A new mini program team that is bound to the superapp team, whose admin is called `<name>-admin`.
    pub async fn mini_program_team(&self, name: &str, superapp_team: &Team) -> Team {
        self.team(
            name,
            json!({ "type": "MINI_PROGRAM", "superappTeamId": superapp_team.id }),
        )
        .await
    }

    /// A new team with more in its input.
    pub async fn team(&self, name: &str, more: Value) -> Team {
        let account = format!("{}-admin", name.replace(' ', "-"));
        let mut input = json!({
            "name": name,
            "newAdmin": { "name": account, "account": account, "password": PASSWORD },
        });
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let selection = "team { id type roles { id name } }";
        let answer = self
            .super_admin()
            .await
            .mutate("createTeam", input, selection)
            .await
            .ok();
        Team {
            id: answer.text("createTeam.team.id"),
            name: name.to_owned(),
            admin: Actor::log_in(self, &account, PASSWORD).await,
            roles: serde_json::from_value::<Vec<Role>>(answer.at("createTeam.team.roles").clone()).unwrap(),
        }
    }

    /// The rows of a statement, as JSON, for what the API does not show. Values stand in the text: they are the
    /// test's own.
    pub async fn rows(&self, sql: &str) -> Vec<Value> {
        use sea_orm::FromQueryResult;
        let connection = self.app.database.reader();
        let statement = Statement::from_string(connection.get_database_backend(), self.dialect(sql));
        let rows = connection.query_all_raw(statement).await.unwrap();
        let json = |row: &sea_orm::QueryResult| match self.store {
            Store::MariaDb => mariadb::json(row),
            _ => Value::from_query_result(row, "").unwrap(),
        };
        rows.iter().map(json).collect()
    }

    fn dialect(&self, sql: &str) -> String {
        dialect(self.app.database.reader(), sql)
    }

    /// The number that a statement selects as `n`.
    pub async fn count(&self, sql: &str) -> i64 {
        let connection = self.app.database.reader();
        let mut sql = self.dialect(sql);
        if self.store == Store::MariaDb {
            // Its sums are decimals.
            sql = format!("SELECT CAST(n AS SIGNED) AS n FROM ({sql}) AS counted");
        }
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        connection
            .query_one_raw(statement)
            .await
            .unwrap()
            .unwrap()
            .try_get("", "n")
            .unwrap()
    }

    /// Does to the database what no mutation does.
    pub async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap();
    }

    /// Tries to do it.
    pub async fn try_execute(&self, sql: &str) -> Result<(), sea_orm::DbErr> {
        let writer = self.app.database.writer();
        writer.execute_unprepared(&self.dialect(sql)).await.map(drop)
    }

    /// Holds the rows of a select, so that a transaction which wants them stops there. Not on SQLite, where nobody else
    /// could go on meanwhile.
    pub async fn hold(&self, select: &str) -> Option<sea_orm::DatabaseTransaction> {
        if self.store == Store::Sqlite {
            return None;
        }
        let txn = self.app.begin().await.unwrap();
        let select = self.dialect(&format!("{select} FOR UPDATE"));
        txn.execute_unprepared(&select).await.unwrap();
        Some(txn)
    }

    /// How many transactions of this database wait for a lock. On SQLite they do so where nobody can count them.
    pub async fn waiting(&self) -> i64 {
        let waiting = match self.store {
            Store::Sqlite => return 0,
            Store::Postgres => {
                "SELECT COUNT(*) AS n FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'"
            }
            Store::MariaDb => return mariadb::waiting(self.app.database.reader()).await,
        };
        self.count(waiting).await
    }

    /// Says that this test does to the data what no verb does, and leaves it so: these of the invariants are violated at
    /// its end, and all others hold.
    pub fn breaks(&self, names: &[&'static str]) {
        for name in names {
            let is_known = invariants::all().any(|invariant| invariant.name == *name);
            assert!(is_known, "there is no invariant {name}");
        }
        if let Broken::These(broken) = &mut *self.broken.lock().unwrap() {
            broken.extend(names);
        }
    }

    /// Says that nobody knows which of the invariants hold at the end of this test, so that none is asked: it has found
    /// the data wrong, and tells that by itself, or has put rows there by the hundred thousand.
    pub fn breaks_the_data(&self) {
        *self.broken.lock().unwrap() = Broken::Unknown;
    }

    /// What is violated of all that is always true of the data.
    pub async fn violations(&self) -> Vec<Finding> {
        let findings = invariants::check(self.app.database.reader(), self.app.now()).await;
        violated(findings.unwrap())
    }

    /// The tables of the database in whose rows this text stands, in whatever case, by name; bytes are looked into too.
    pub async fn tables_with(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let bytes = hex(text.as_bytes());
        let holds = |row: &String| {
            let row = row.to_lowercase();
            row.contains(&text) || row.contains(&bytes)
        };
        let tables = self.all_rows().await.into_iter();
        let mut found: Vec<String> = tables
            .filter(|(_, rows)| rows.iter().any(holds))
            .map(|(table, _)| table)
            .collect();
        found.sort_unstable();
        found
    }

    /// All rows of the database as text, by their tables; bytes are in hexadecimal.
    pub async fn all_rows(&self) -> Vec<(String, Vec<String>)> {
        let names = match self.store {
            Store::Sqlite => "SELECT name AS n FROM sqlite_master WHERE type = 'table'",
            Store::Postgres => {
                "SELECT CAST(tablename AS TEXT) AS n FROM pg_tables WHERE schemaname = 'public'"
            }
            Store::MariaDb => {
                "SELECT CAST(TABLE_NAME AS CHAR) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
            }
        };
        let mut tables = Vec::new();
        for table in texts(&self.rows(names).await) {
            let whole_row = match self.store {
                Store::Postgres => format!("CAST(\"{table}\" AS TEXT)"),
                Store::Sqlite => {
                    let columns = format!("SELECT name AS n FROM pragma_table_info('{table}')");
                    let columns = texts(&self.rows(&columns).await);
                    let quoted = columns.iter().map(|column| format!("quote(\"{column}\")"));
                    quoted.collect::<Vec<_>>().join(" || ' ' || ")
                }
                Store::MariaDb => {
                    let columns = format!(
                        "SELECT CAST(CONCAT(IF(DATA_TYPE IN ('binary', 'blob'), 'HEX', 'CONCAT'), '(\"', COLUMN_NAME, '\")') \
                         AS CHAR) AS n FROM information_schema.COLUMNS \
                         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}'"
                    );
                    let columns = texts(&self.rows(&columns).await);
                    format!("CAST(CONCAT_WS(' ', {}) AS CHAR)", columns.join(", "))
                }
            };
            let rows = self
                .rows(&format!("SELECT {whole_row} AS n FROM \"{table}\""))
                .await;
            tables.push((table, texts(&rows)));
        }
        tables
    }

    /// How many rows each table has that a mutation can change: what a refusal leaves as it was. The audit log, the
    /// counters and the tries of codes are what a refusal does change.
    pub async fn rows_everywhere(&self) -> Vec<(String, i64)> {
        let tables = [
            "user",
            "login_name",
            "credential",
            "session",
            "login_challenge",
            "team",
            "role",
            "membership",
            "invitation",
            "verification_code",
            "password_history",
            "totp",
            "recovery_code",
            "passkey",
            "passkey_enrolment",
            "passkey_answer",
            "resource",
        ];
        let counted = tables.map(|table| format!("SELECT '{table}' AS name, COUNT(*) AS n FROM \"{table}\""));
        let connection = self.app.database.reader();
        let backend = connection.get_database_backend();
        let statement = Statement::from_string(backend, self.dialect(&counted.join(" UNION ALL ")));
        let rows = connection.query_all_raw(statement).await.unwrap();
        let read =
            |row: &sea_orm::QueryResult| (row.try_get("", "name").unwrap(), row.try_get("", "n").unwrap());
        let mut counts: Vec<(String, i64)> = rows.iter().map(read).collect();
        counts.push(("letters".to_owned(), self.letters().await));
        counts
    }

    /// How many letters were queued ever, those aside that go to nobody: those that wait and those that arrived. One that
    /// has just arrived may still wait in the outbox; its Message-ID tells.
    pub async fn letters(&self) -> i64 {
        let waiting = letter::Entity::find()
            .filter(letter::Column::Kind.ne(DECOY))
            .all(self.app.database.reader())
            .await
            .unwrap();
        let mut ids: HashSet<String> = waiting.iter().map(|row| row.id.to_string()).collect();
        for message_id in self.mail.message_ids() {
            ids.insert(message_id.split('@').next().unwrap_or_default().to_owned());
        }
        i64::try_from(ids.len()).unwrap()
    }
}

/// The texts that a statement selected as `n`.
fn texts(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| row["n"].as_str().unwrap_or_default().to_owned())
        .collect()
}

impl Drop for World {
    fn drop(&mut self) {
        // The server may be gone already, when the test failed in it.
        let _ = self.stop.send(true);
        if std::thread::panicking() {
            return;
        }
        let broken = std::mem::replace(self.broken.get_mut().unwrap(), Broken::Unknown);
        let Broken::These(mut broken) = broken else { return };
        // Whatever a test did: in the end what is always true of the data is true. A thread of its own: the test's
        // runtime is at its end.
        let (url, now) = (self.database_url.clone(), self.app.now());
        let checked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let database = Database::connect(&url, 1, Pooler::None).await.unwrap();
                let findings = invariants::check(database.reader(), now).await.unwrap();
                database.close().await;
                violated(findings)
            })
        });
        let violated = checked.join().expect("the invariants are checked");
        let unexpected = violated
            .iter()
            .filter(|finding| !broken.remove(finding.invariant.name));
        let lines: Vec<String> = unexpected.map(ToString::to_string).collect();
        assert!(
            lines.is_empty(),
            "the test leaves its data broken:\n{}",
            lines.join("\n")
        );
        assert!(
            broken.is_empty(),
            "the test says that it breaks what holds at its end: {broken:?}"
        );
    }
}

fn violated(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| !finding.holds()).collect()
}

/// A role of a team.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Role {
    pub id: String,
    pub name: String,
}

/// A team with its admin, signed in.
#[derive(Clone, Debug)]
pub struct Team {
    pub id: String,
    pub name: String,
    pub admin: Actor,
    pub roles: Vec<Role>,
}

impl Team {
    /// The id of the team's role with this name.
    #[track_caller]
    pub fn role(&self, name: &str) -> String {
        let role = self.roles.iter().find(|role| role.name == name);
        role.unwrap_or_else(|| panic!("{} has no role {name}", self.name))
            .id
            .clone()
    }

    /// Adds the user with this role; answers the membership's id.
    pub async fn add(&self, user: &Actor, role: &str) -> String {
        self.add_with(user, &self.role(role)).await
    }

    /// The same with the role with this id.
    pub async fn add_with(&self, user: &Actor, role_id: &str) -> String {
        let members = json!([{ "userId": user.id, "roleId": role_id }]);
        let input = json!({ "teamId": self.id, "members": members });
        let answer = self
            .admin
            .mutate("addTeamMembers", input, "memberships { id }")
            .await
            .ok();
        answer.text("addTeamMembers.memberships.0.id")
    }

    /// A new member with this role, signed in.
    pub async fn with(&self, world: &World, account: &str, role: &str) -> Actor {
        let user = world.member(account).await;
        self.add(&user, role).await;
        user
    }

    /// The id of the team's own role with this name.
    pub async fn own_role(&self, name: &str) -> String {
        let document = "query($id: ID!) { team(id: $id) { roles { id name } } }";
        let answer = self.admin.ask_with(document, json!({ "id": self.id })).await.ok();
        let roles = serde_json::from_value::<Vec<Role>>(answer.at("team.roles").clone()).unwrap();
        let role = roles.into_iter().find(|role| role.name == name);
        role.unwrap_or_else(|| panic!("{} has no role {name}", self.name))
            .id
    }

    /// A new role of the team's own; answers its id.
    pub async fn make_role(&self, name: &str, permissions: &[&str]) -> String {
        let input = json!({ "teamId": self.id, "name": name, "permissions": permissions });
        let made = self.admin.mutate("createRole", input, "role { id }").await.ok();
        made.text("createRole.role.id")
    }

    /// A new invitation code for this role.
    pub async fn invite(&self, role: &str) -> String {
        self.invite_as(&self.role(role)).await.1
    }

    /// A new invitation for the role with this id, with its code.
    pub async fn invite_as(&self, role_id: &str) -> (String, String) {
        let input = json!({ "teamId": self.id, "roleId": role_id });
        let made = self
            .admin
            .mutate("createInvitation", input, "code invitation { id }")
            .await
            .ok();
        (
            made.text("createInvitation.invitation.id"),
            made.text("createInvitation.code"),
        )
    }

    /// The token of the team's registration link, as somebody sees it who may.
    pub async fn token(&self, by: &Actor) -> String {
        let document = "query($id: ID!) { team(id: $id) { registrationLink } }";
        let answer = by.ask_with(document, json!({ "id": self.id })).await.ok();
        let link = answer.text("team.registrationLink");
        let (_, token) = link.split_once("/register-team#").expect("a link has a token");
        token.to_owned()
    }

    /// The id of the user's membership in this team.
    pub async fn membership_of(&self, user: &Actor) -> String {
        let document =
            "query($id: ID!) { team(id: $id) { members(first: 100) { nodes { id user { id } } } } }";
        let answer = self.admin.ask_with(document, json!({ "id": self.id })).await.ok();
        let members = answer.at("team.members.nodes").as_array().unwrap();
        let found = members
            .iter()
            .find(|member| member["user"]["id"] == json!(user.id));
        found.unwrap_or_else(|| panic!("{} is not in {}", user.account, self.name))["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}
