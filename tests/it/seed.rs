//! `rollcall seed`, as somebody runs it: what it makes is whole, looks real, and can be made again.

// Shares of small counts.
#![allow(clippy::cast_precision_loss)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Output;

use rollcall::access::role::is_administrator;
use rollcall::base::text::is_han;
use rollcall::entity::role::RoleKind;
use rollcall::entity::team::TeamType;
use rollcall::entity::user::AccountType;
use rollcall::entity::{
    audit_event, audit_personal, credential, invitation, login_name, membership, resource, role, session,
    team, user,
};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, EntityTrait, PaginatorTrait, QueryOrder, Statement,
};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::actor::PASSWORD;
use crate::support::database::TestDatabase;
use crate::support::process::{Keeper, Node, rollcall, run};
use crate::support::*;

on_each_store!(
    what_is_seeded_is_whole_and_looks_real,
    anybody_who_was_seeded_can_log_in,
    a_database_with_users_is_refused_and_left_alone,
    the_same_seed_makes_the_same_data,
    who_is_killed_leaves_an_empty_database,
);

const USERS: u64 = 1000;
/// A moment that is past, for data that is compared.
const UNTIL: &str = "2026-01-31T12:00:00Z";

/// A database of its own, and the folder of who serves it. In the end it is seeded, and what is always true of the data is
/// true of what was made.
struct Ground {
    // First: it asks while the rest is there.
    _keeper: Keeper,
    folder: TempDir,
    database: TestDatabase,
}

impl Ground {
    async fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::new(store, folder.path()).await;
        let data_dir = folder.path().to_str().unwrap();
        let keeper = Keeper::of(&["--database-url", &database.url, "--data-dir", data_dir]);
        Self {
            _keeper: keeper,
            folder,
            database,
        }
    }

    fn arguments(&self, own: &[&str]) -> Vec<String> {
        let place = ["--database-url", &self.database.url, "--data-dir"];
        let all = own.iter().chain(&place).map(|text| (*text).to_owned());
        all.chain([self.folder.path().display().to_string()]).collect()
    }

    async fn run(&self, own: &[&str]) -> Output {
        let arguments = self.arguments(own);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&arguments, &[]).await
    }

    /// Seeds; what it says.
    async fn seed(&self, more: &[&str]) -> String {
        let output = self
            .run(&[&["seed", "--password", PASSWORD], more].concat())
            .await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.database.url).await.unwrap()
    }

    async fn serve(&self) -> Node {
        let path: &Path = self.folder.path();
        Node::start(path, &["--database-url", &self.database.url]).await
    }
}

async fn what_is_seeded_is_whole_and_looks_real(store: Store) {
    let ground = Ground::new(store).await;
    let said = ground.seed(&["--users", &USERS.to_string()]).await;
    let verified = ground.run(&["audit", "verify"]).await;
    let verdict = String::from_utf8(verified.stdout).unwrap();
    assert!(verdict.contains("waiting: 0\nwhole:   yes"), "{verdict}");

    let connection = ground.connect().await;
    let users = user::Entity::find().all(&connection).await.unwrap();
    let teams = team::Entity::find().all(&connection).await.unwrap();
    let seats = membership::Entity::find().all(&connection).await.unwrap();
    assert_eq!(users.len() as u64, USERS + 1, "the super admin is one more");
    assert_eq!(teams.len() as u64, USERS / 50);
    assert_eq!(seats.len() as u64, USERS * 3 / 2);
    for count in [grouped(USERS), grouped(USERS * 3 / 2)] {
        assert!(said.contains(&count), "{said}");
    }
    look_at_users(&users);
    look_at_teams(&teams, &seats);
    look_at_the_rest(&connection, &teams, &seats).await;
    let events = audit_event::Entity::find().count(&connection).await.unwrap();
    assert!((USERS * 2..USERS * 2 + 10).contains(&events), "{events}");
    let halves = audit_personal::Entity::find().count(&connection).await.unwrap();
    assert!(halves > events, "{halves} of {events}");
    assert_eq!(session::Entity::find().count(&connection).await.unwrap(), 0);
}

fn grouped(number: u64) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

fn share<T>(of: &[T], is: impl Fn(&T) -> bool) -> f64 {
    of.iter().filter(|one| is(one)).count() as f64 / of.len() as f64
}

fn assert_share(what: &str, share: f64, expected: std::ops::RangeInclusive<f64>) {
    assert!(expected.contains(&share), "{what}: {share}");
}

fn look_at_users(users: &[user::Model]) {
    let staff = users
        .iter()
        .filter(|user| user.account_type == AccountType::PlatformAdmin);
    assert_eq!(staff.count(), 2);
    assert_share(
        "Chinese names",
        share(users, |user| user.name.chars().any(is_han)),
        0.5..=0.8,
    );
    assert_share("bound", share(users, |user| user.email.is_some()), 0.6..=0.85);
    assert_share(
        "proposed",
        share(users, |user| user.proposed_email.is_some()),
        0.05..=0.2,
    );
    assert_share(
        "disabled",
        share(users, |user| user.disabled_at.is_some()),
        0.002..=0.03,
    );
    assert_share(
        "never logged in",
        share(users, |user| user.last_login_at.is_none()),
        0.03..=0.15,
    );
    let mut ordered: Vec<&user::Model> = users.iter().collect();
    ordered.sort_by_key(|user| user.id);
    assert!(
        ordered.is_sorted_by_key(|user| user.created_at),
        "ids are in the order of time"
    );
    let names: HashSet<&str> = users.iter().map(|user| user.name.as_str()).collect();
    assert!(names.len() < users.len(), "some have the same name");
    for user in users {
        assert!(
            user.last_login_at.is_none_or(|at| at >= user.created_at),
            "{}",
            user.account
        );
        let addresses = [&user.email, &user.proposed_email];
        for address in addresses.into_iter().flatten() {
            assert!(address.contains("example."), "{address} is nobody's");
        }
    }
}

fn look_at_teams(teams: &[team::Model], seats: &[membership::Model]) {
    let types: HashMap<_, usize> = teams.iter().fold(HashMap::new(), |mut types, team| {
        *types.entry(team.team_type).or_default() += 1;
        types
    });
    assert!(types[&TeamType::Superapp] >= 2 && types[&TeamType::MiniProgram] > types[&TeamType::Superapp]);
    let mut sizes: BTreeMap<_, u64> = BTreeMap::new();
    for seat in seats {
        *sizes.entry(seat.team_id).or_default() += 1;
    }
    assert!(sizes.values().all(|size| (10..=5000).contains(size)), "{sizes:?}");
    let most = sizes.values().max().unwrap();
    let small = sizes.values().filter(|size| **size <= 100).count();
    assert!(*most >= 300 && small * 3 >= sizes.len() * 2, "{sizes:?}");
    assert_share(
        "administrators",
        share(seats, |seat| is_administrator(seat.role_id)),
        0.01..=0.1,
    );
    let made: HashMap<_, _> = teams.iter().map(|team| (team.id, team.created_at)).collect();
    assert!(seats.iter().all(|seat| seat.joined_at >= made[&seat.team_id]));
}

async fn look_at_the_rest(
    connection: &DatabaseConnection,
    teams: &[team::Model],
    seats: &[membership::Model],
) {
    let roles = role::Entity::find().all(connection).await.unwrap();
    let custom: HashSet<_> = roles
        .iter()
        .filter(|role| role.kind == RoleKind::Custom)
        .map(|role| role.id)
        .collect();
    let with_own: HashSet<_> = roles.iter().filter_map(|role| role.team_id).collect();
    assert_share(
        "with own roles",
        with_own.len() as f64 / teams.len() as f64,
        0.2..=0.5,
    );
    assert_share(
        "holders",
        share(seats, |seat| custom.contains(&seat.role_id)),
        0.02..=0.25,
    );
    assert!(resource::Entity::find().count(connection).await.unwrap() > 0);
    let invitations = invitation::Entity::find().all(connection).await.unwrap();
    let kinds: [fn(&invitation::Model) -> bool; 3] = [
        |it| it.code_hash.is_some(),
        |it| it.used_at.is_some(),
        |it| it.code_hash.is_none() && it.used_at.is_none() && it.revoked_at.is_none(),
    ];
    for (kind, is) in kinds.into_iter().enumerate() {
        assert!(invitations.iter().any(is), "none of kind {kind}: {invitations:?}");
    }
    let logins = login_name::Entity::find().count(connection).await.unwrap();
    assert!(logins > USERS * 3 / 2, "{logins}");
    assert_eq!(
        credential::Entity::find().count(connection).await.unwrap(),
        USERS + 1
    );
}

async fn anybody_who_was_seeded_can_log_in(store: Store) {
    let ground = Ground::new(store).await;
    let said = ground.seed(&["--users", "200"]).await;
    let (_, told) = said.split_once("for example:\n").unwrap();
    let told: Vec<(&str, &str)> = told
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(account, what)| (account, what.trim()))
        .collect();
    assert_eq!(told.len(), 4, "{said}");
    let node = ground.serve().await;
    let nobody = Actor::nobody(&node.url);
    for (account, what) in told {
        let input = json!({ "login": account, "password": PASSWORD });
        let answer = nobody
            .mutate("login", input, "step tokens { accessToken refreshToken }")
            .await
            .ok();
        assert_eq!(answer.text("login.step"), "DONE", "{account}");
        let actor = nobody.with_tokens(&answer, "login.tokens");
        let asked =
            "{ viewer { user { account accountType memberships(first: 50) { nodes { role { name } } } } } }";
        let answer = actor.ask(asked).await.ok();
        assert_eq!(answer.text("viewer.user.account"), account);
        let is_staff = what == "a platform admin";
        let expected = if is_staff { "PLATFORM_ADMIN" } else { "MEMBER" };
        assert_eq!(answer.text("viewer.user.accountType"), expected, "{what}");
        if what.starts_with("an administrator") {
            let roles = answer.texts("viewer.user.memberships.nodes.*.role.name");
            assert!(roles.contains(&"Administrator".to_owned()), "{roles:?}");
        }
        if is_staff {
            let found = actor
                .ask("{ users(first: 5) { totalCount nodes { account } } }")
                .await
                .ok();
            assert_eq!(found.at("users.totalCount"), 201);
        }
    }
}

async fn a_database_with_users_is_refused_and_left_alone(store: Store) {
    let ground = Ground::new(store).await;
    ground.seed(&["--users", "60"]).await;
    let connection = ground.connect().await;
    let before = user::Entity::find()
        .order_by_asc(user::Column::Id)
        .all(&connection)
        .await
        .unwrap();
    let output = ground.run(&["seed", "--users", "60", "--seed", "2"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("Only an empty database is seeded."), "{said}");
    let after = user::Entity::find()
        .order_by_asc(user::Column::Id)
        .all(&connection)
        .await
        .unwrap();
    assert_eq!(before, after);
    for few in ["0", "49", "10000001"] {
        let output = ground.run(&["seed", "--users", few]).await;
        assert_eq!(output.status.code(), Some(2), "{few}");
    }
    let output = ground
        .run(&["seed", "--users", "60", "--until", "2999-01-01T00:00:00Z"])
        .await;
    assert_eq!(output.status.code(), Some(1));
}

/// All that may be the same, of a seeded database.
async fn picture(ground: &Ground) -> Vec<String> {
    let connection = ground.connect().await;
    let mut picture = Vec::new();
    let users = user::Entity::find()
        .order_by_asc(user::Column::Id)
        .all(&connection)
        .await
        .unwrap();
    // The super admin is made by the start.
    let users = users
        .iter()
        .filter(|user| user.account_type != AccountType::SuperAdmin);
    picture.extend(users.map(|row| format!("{row:?}")));
    let teams = team::Entity::find()
        .order_by_asc(team::Column::Id)
        .all(&connection)
        .await
        .unwrap();
    picture.extend(teams.into_iter().map(|row| {
        let row = team::Model {
            link_hash: None,
            link_sealed: None,
            ..row
        };
        format!("{row:?}")
    }));
    let seats = membership::Entity::find()
        .order_by_asc(membership::Column::Id)
        .all(&connection)
        .await;
    picture.extend(seats.unwrap().iter().map(|row| format!("{row:?}")));
    let resources = resource::Entity::find()
        .order_by_asc(resource::Column::Id)
        .all(&connection)
        .await;
    picture.extend(resources.unwrap().iter().map(|row| format!("{row:?}")));
    let roles = role::Entity::find()
        .order_by_asc(role::Column::Id)
        .all(&connection)
        .await
        .unwrap();
    let roles = roles.iter().filter(|role| role.kind == RoleKind::Custom);
    picture.extend(roles.map(|row| format!("{row:?}")));
    let events = audit_event::Entity::find()
        .order_by_asc(audit_event::Column::Position)
        .all(&connection)
        .await;
    // The first one tells of the super admin.
    picture.extend(events.unwrap().iter().skip(1).map(|row| {
        let (target, changes) = (&row.target_id, &row.changes);
        format!(
            "{} {} {} {target:?} {changes}",
            row.id, row.created_at, row.action
        )
    }));
    picture
}

async fn the_same_seed_makes_the_same_data(store: Store) {
    let mut pictures = Vec::new();
    for seed in ["7", "7", "8"] {
        let ground = Ground::new(store).await;
        ground
            .seed(&["--users", "100", "--seed", seed, "--until", UNTIL])
            .await;
        pictures.push(picture(&ground).await);
    }
    assert!(pictures[0].len() > 300);
    for (one, other) in pictures[0].iter().zip(&pictures[1]) {
        assert_eq!(one, other);
    }
    assert_eq!(pictures[0].len(), pictures[1].len());
    assert_ne!(pictures[0], pictures[2]);
}

async fn who_is_killed_leaves_an_empty_database(store: Store) {
    let ground = Ground::new(store).await;
    let arguments = ground.arguments(&["seed", "--users", "200000", "--password", PASSWORD]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut child = rollcall(&arguments, &[]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("it tells how far it is");
        if line.contains("users 10,000 of 200,000") {
            break;
        }
    }
    child.kill().await.unwrap();
    // What it leaves is as empty as before: it can be seeded.
    ground.seed(&["--users", "60"]).await;
    let connection = ground.connect().await;
    assert_eq!(user::Entity::find().count(&connection).await.unwrap(), 61);
}

/// The definitions of all indexes and keys.
async fn definitions(connection: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT indexdef AS n FROM pg_indexes WHERE schemaname = 'public' UNION ALL \
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
        WHERE connamespace = 'public'::regnamespace ORDER BY n";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "n").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_meanwhile_is_there_again() {
    let ground = Ground::new(Store::Postgres).await;
    let connection = ground.connect().await;
    let before = definitions(&connection).await;
    assert!(before.iter().any(|text| text.contains("FOREIGN KEY")) && before.len() > 60);
    ground.seed(&["--users", "60"]).await;
    assert_eq!(definitions(&connection).await, before);
}
