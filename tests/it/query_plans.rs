//! How the databases go about the lists of the API, with as many rows as a large platform has: by an index to the page,
//! and from there along it. No table is read from end to end, and no more is sorted than a page has.
//!
//! Each list is asked through the API, and each statement behind it is run once more in the words that have the database
//! tell its plan, with the rows that it really had (`support::plan`). `TEST_PLANS=1` prints all of them.

use std::fmt::Write;

use chrono::{DurationRound, TimeDelta};
use rollcall::base::id::{Id, PasskeyId, SessionId, TeamId, UserId};
use rollcall::base::password::Password;
use rollcall::entity::{audit_event, membership, passkey, session, user};
use rollcall::platform::seed::{Seeding, seed};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement, TryGetable,
};

use crate::support::actor::PASSWORD;
use crate::support::plan::{Flaw, plans};
use crate::support::*;

on_each_store!(lists_are_read_page_by_page);

/// What is known to be otherwise, and why. One that is met by no question any more has to go.
const KNOWN: &[Known] = &[
    // A text that many rows hold is looked for in the order of the list, which finds a page of them soon: unless that order
    // has them together at its other end, as that of the names has those who share one.
    Known::on(&ALL, "users (search: \"伟\") by NAME ASC", "walks", 36_500),
    Known::on(
        &[Store::Postgres, Store::MariaDb],
        "users (search: \"伟\") by ACCOUNT ASC",
        "walks",
        8_000,
    ),
    Known::on(
        &BUT_POSTGRES,
        "users (search: \"smith\") by NAME DESC",
        "walks",
        66_500,
    ),
    Known::on(
        &BUT_POSTGRES,
        "users (search: \"smith\") by ACCOUNT DESC",
        "walks",
        26_500,
    ),
    Known::on(
        &BUT_POSTGRES,
        "users (search: \"smith\", accountType: MEMBER) by NAME DESC",
        "walks",
        66_500,
    ),
    Known::on(
        &BUT_POSTGRES,
        "users (search: \"smith\", accountType: MEMBER) by ACCOUNT DESC",
        "walks",
        26_500,
    ),
    Known::on(
        &ALL,
        "users (search: \"伟\", status: ACTIVE) by NAME ASC",
        "walks",
        36_500,
    ),
    Known::on(
        &[Store::Postgres, Store::MariaDb],
        "users (search: \"伟\", status: ACTIVE) by ACCOUNT ASC",
        "walks",
        8_000,
    ),
    // Each team's members are counted.
    Known::on(&ALL, "teams (", "walks", 40_000),
    // Told with their memberships, of which SQLite reads those of the page alone.
    Known::on(&[Store::Sqlite], "users (teamId", "sifts", 12_000),
    // Counted in the same statement.
    Known::on(&[Store::Sqlite], "users (teamId", "walks", 8_000),
];

const ALL: [Store; 3] = [Store::Sqlite, Store::Postgres, Store::MariaDb];
const BUT_POSTGRES: [Store; 2] = [Store::Sqlite, Store::MariaDb];

/// What some questions are allowed.
struct Known {
    stores: &'static [Store],
    /// What the question's name begins with.
    question: &'static str,
    /// What the flaw's description begins with.
    flaw: &'static str,
    /// How many rows it may have at the most.
    most: u64,
}

impl Known {
    const fn on(stores: &'static [Store], question: &'static str, flaw: &'static str, most: u64) -> Self {
        Self {
            stores,
            question,
            flaw,
            most,
        }
    }

    fn covers(&self, store: Store, question: &str, flaw: &Flaw) -> bool {
        self.stores.contains(&store)
            && question.starts_with(self.question)
            && flaw.to_string().starts_with(self.flaw)
            && flaw.rows() <= self.most
    }
}

/// A question, and what it is called.
struct Question {
    name: String,
    asked: String,
    by_admin: bool,
}

async fn lists_are_read_page_by_page(store: Store) {
    let world = World::with(store, &["--rate-limits", "off"]).await;
    let ground = Ground::new(&world).await;
    let mut found = Vec::new();
    let mut met = vec![false; KNOWN.len()];
    for question in ground.questions().await {
        let actor = if question.by_admin {
            &ground.admin
        } else {
            &ground.root
        };
        let asked = actor.ask(&question.asked);
        let (answer, statements) = world.statements_with_values_behind(asked).await;
        answer.ok();
        assert!(!statements.is_empty(), "{}", question.name);
        for statement in statements.iter().filter(|it| reads(it)) {
            for plan in plans(&world, statement).await {
                if std::env::var_os("TEST_PLANS").is_some() {
                    eprintln!("== {}\n{statement}\n{}", question.name, plan.told);
                }
                for flaw in plan.flaws {
                    if counts(statement, &flaw) {
                        continue;
                    }
                    let known = KNOWN
                        .iter()
                        .position(|known| known.covers(store, &question.name, &flaw));
                    match known {
                        Some(place) => met[place] = true,
                        None => found.push(format!("{}: {flaw}\n{statement}\n", question.name)),
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{} flaws:\n{}", found.len(), found.join("\n"));
    for (known, met) in KNOWN.iter().zip(met) {
        let (question, flaw) = (known.question, known.flaw);
        assert!(
            met || !known.stores.contains(&store),
            "it is well now: {question}: {flaw}"
        );
    }
}

/// Whether the flaw is that of a count, which reads all that it counts by an index.
fn counts(statement: &Statement, flaw: &Flaw) -> bool {
    let sql = &statement.sql;
    let is_a_count = sql.starts_with("SELECT COUNT(") || sql.starts_with("SELECT (SELECT COUNT(");
    is_a_count && matches!(flaw, Flaw::Walk { .. })
}

/// Those of the question; the notices of expiry are looked for by and by.
fn reads(statement: &Statement) -> bool {
    let sql = &statement.sql;
    (sql.starts_with("SELECT") || sql.starts_with("WITH")) && !sql.contains("team_notice")
}

/// The one platform that all questions are asked of.
struct Ground {
    root: Actor,
    admin: Actor,
    large_team: String,
    busy_actor: String,
    much_seen: String,
    with_sessions: String,
}

/// How many users.
const USERS: u64 = 100_000;

impl Ground {
    async fn new(world: &World) -> Self {
        // Sessions whose users never logged in, and passkeys that nobody has.
        world.breaks_the_data();
        let until = world.app.now().duration_trunc(TimeDelta::hours(1)).unwrap();
        let seeding = Seeding {
            users: USERS,
            seed: 1,
            until,
            password: Password::parse(PASSWORD).unwrap(),
        };
        let seeded = seed(&world.app, seeding, |_| {}).await.unwrap();
        let large_team: TeamId =
            most_frequent::<membership::Entity, _>(world, membership::Column::TeamId).await;
        let busy_actor: UserId =
            most_frequent::<audit_event::Entity, _>(world, audit_event::Column::ActorId).await;
        let much_seen: String =
            most_frequent::<audit_event::Entity, _>(world, audit_event::Column::TargetId).await;
        let (account, _) = seeded
            .accounts
            .iter()
            .find(|(_, what)| what.starts_with("an administrator"))
            .unwrap();
        // Before they have passkeys, which nobody has.
        let root = world.super_admin().await;
        let admin = Actor::log_in(world, account, PASSWORD).await;
        let with_sessions = devices(world).await;
        Self {
            root,
            admin,
            large_team: large_team.to_string(),
            busy_actor: busy_actor.to_string(),
            much_seen,
            with_sessions: with_sessions.to_string(),
        }
    }

    async fn questions(&self) -> Vec<Question> {
        let mut questions = Questions::default();
        self.users(&mut questions).await;
        self.teams(&mut questions).await;
        self.within_a_team(&mut questions).await;
        self.of_a_user(&mut questions);
        self.events(&mut questions).await;
        questions.0
    }

    async fn users(&self, questions: &mut Questions) {
        let seats = "memberships(first: 5) { nodes { joinedAt role { name } team { name } } }";
        let plain = format!("nodes {{ name account lastLoginAt {seats} }}");
        // What the short way does not do.
        let odd = "nodes { name a: memberships(first: 1) { nodes { id } } b: memberships(last: 1) { nodes { id } } }";
        let team = &self.large_team;
        let filters = [
            String::new(),
            "search: \"张三\"".to_owned(),
            "search: \"伟\"".to_owned(),
            "search: \"smith\"".to_owned(),
            "search: \"example\"".to_owned(),
            "search: \"nobody has this\"".to_owned(),
            "accountType: MEMBER".to_owned(),
            "search: \"smith\", accountType: MEMBER".to_owned(),
            "search: \"伟\", status: ACTIVE".to_owned(),
            "search: \"张\", accountType: PLATFORM_ADMIN".to_owned(),
            "accountType: PLATFORM_ADMIN".to_owned(),
            "status: ACTIVE".to_owned(),
            "status: DISABLED".to_owned(),
            "status: LOCKED".to_owned(),
            format!("teamId: \"{team}\""),
            format!("teamId: \"{team}\", search: \"张\", accountType: MEMBER"),
            format!("teamId: \"{team}\", search: \"smith\", accountType: MEMBER, status: ACTIVE"),
        ];
        for filter in filters {
            for field in ["CREATED_AT", "NAME", "ACCOUNT", "LAST_LOGIN_AT"] {
                for direction in ["ASC", "DESC"] {
                    let arguments = format!(
                        "orderBy: {{ field: {field}, direction: {direction} }}, filter: {{ {filter} }}"
                    );
                    let name = format!("users ({filter}) by {field} {direction}");
                    let list = List::new("users", &arguments, &plain);
                    list.pages(questions, &self.root, &name).await;
                    if filter.is_empty() {
                        let list = List::new("users", &arguments, odd);
                        questions.add(&format!("{name}, the long way"), &list.page("first: 20"));
                    }
                }
            }
            let list = List::new(
                "users",
                &format!("filter: {{ {filter} }}"),
                "totalCount nodes { name }",
            );
            questions.add(&format!("users ({filter}) counted"), &list.page("first: 20"));
        }
    }

    async fn teams(&self, questions: &mut Questions) {
        let plain = "nodes { name status memberCount admins { account } superappTeam { name } }";
        let document = "{ teams(first: 1, filter: { type: SUPERAPP }) { nodes { id } } }";
        let superapp = self.root.ask(document).await.ok().text("teams.nodes.0.id");
        let filters = [
            String::new(),
            "search: \"星河\"".to_owned(),
            "search: \"team\"".to_owned(),
            "type: SUPERAPP".to_owned(),
            "type: MINI_PROGRAM".to_owned(),
            "status: ACTIVE".to_owned(),
            "status: DISABLED".to_owned(),
            "status: EXPIRED".to_owned(),
            format!("superappTeamId: \"{superapp}\""),
        ];
        for filter in filters {
            for field in ["CREATED_AT", "NAME"] {
                for direction in ["ASC", "DESC"] {
                    let arguments = format!(
                        "orderBy: {{ field: {field}, direction: {direction} }}, filter: {{ {filter} }}"
                    );
                    let name = format!("teams ({filter}) by {field} {direction}");
                    let list = List::new("teams", &arguments, plain);
                    list.pages(questions, &self.root, &name).await;
                    questions.add_by_admin(&format!("{name}, one's own"), &list.page("first: 20"));
                }
            }
            let list = List::new(
                "teams",
                &format!("filter: {{ {filter} }}"),
                "totalCount nodes { name }",
            );
            questions.add(&format!("teams ({filter}) counted"), &list.page("first: 20"));
        }
        let list = List::within(("team", &superapp), "miniProgramTeams", "", plain);
        list.pages(questions, &self.root, "miniProgramTeams").await;
    }

    async fn within_a_team(&self, questions: &mut Questions) {
        let within = ("team", self.large_team.as_str());
        let roles = format!(
            "{{ team(id: \"{}\") {{ roles {{ id name memberCount }} }} }}",
            self.large_team
        );
        let role = self.root.ask(&roles).await.ok().text("team.roles.0.id");
        questions.add("roles", &roles);
        questions.add("presetRoles", "{ presetRoles(teamType: SUPERAPP) { name } }");
        let plain = "nodes { joinedAt role { name } user { name account } }";
        for filter in [
            String::new(),
            "search: \"张三\"".to_owned(),
            "search: \"smith\"".to_owned(),
            format!("roleIds: [\"{role}\"]"),
        ] {
            let list = List::within(within, "members", &format!("filter: {{ {filter} }}"), plain);
            list.pages(questions, &self.root, &format!("members ({filter})"))
                .await;
            let list = List::within(
                within,
                "members",
                &format!("filter: {{ {filter} }}"),
                "totalCount nodes { id }",
            );
            questions.add(&format!("members ({filter}) counted"), &list.page("first: 20"));
        }
        for status in ["null", "ACTIVE", "USED", "EXPIRED", "REVOKED"] {
            let fields = "totalCount nodes { status role { name } createdBy { name } }";
            let list = List::within(within, "invitations", &format!("status: {status}"), fields);
            list.pages(questions, &self.root, &format!("invitations ({status})"))
                .await;
        }
        let list = List::within(
            within,
            "resources",
            "",
            "totalCount nodes { name manager { name } }",
        );
        list.pages(questions, &self.root, "resources").await;
        let document =
            "{ viewer { memberships(first: 100) { nodes { team { id } role { isAdministrator } } } } }";
        let seats = self.admin.ask(document).await.ok();
        let seats = seats.at("viewer.memberships.nodes").as_array().unwrap();
        let seat = seats
            .iter()
            .find(|seat| seat["role"]["isAdministrator"] == true)
            .unwrap();
        let own = seat["team"]["id"].as_str().unwrap();
        for search in ["张三", "smith", "a", "nobody has this"] {
            let asked = format!(
                "{{ team(id: \"{own}\") {{ memberCandidates(search: \"{search}\") {{ name account }} }} }}"
            );
            questions.add_by_admin(&format!("memberCandidates ({search})"), &asked);
        }
    }

    fn of_a_user(&self, questions: &mut Questions) {
        let fields =
            "sessions { address } passkeys { name } memberships(first: 20) { nodes { role { name } } }";
        let asked = format!("{{ user(id: \"{}\") {{ {fields} }} }}", self.with_sessions);
        questions.add("sessions and passkeys", &asked);
        questions.add_by_admin(
            "one's own sessions",
            "{ viewer { sessions { address } user { passkeys { name } } } }",
        );
        questions.add_by_admin(
            "one's own memberships",
            "{ viewer { memberships(first: 20) { nodes { team { name } } } } }",
        );
    }

    async fn events(&self, questions: &mut Questions) {
        let plain = "nodes { action actorAccount targetName address team { name } actor { name } }";
        let (actor, target, team) = (&self.busy_actor, &self.much_seen, &self.large_team);
        for filter in [
            String::new(),
            "actions: [\"login\"]".to_owned(),
            "actions: [\"createTeam\", \"deleteTeam\"]".to_owned(),
            format!("actorId: \"{actor}\""),
            format!("targetId: \"{target}\""),
            format!("teamId: \"{team}\""),
            format!("teamId: \"{team}\", actions: [\"addTeamMembers\"]"),
            "outcome: SUCCEEDED".to_owned(),
            "outcome: REFUSED".to_owned(),
            "outcome: FAILED, actions: [\"login\"]".to_owned(),
            "from: \"2000-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\"".to_owned(),
            "to: \"2000-01-01T00:00:00Z\"".to_owned(),
        ] {
            let name = format!("auditEvents ({filter})");
            let list = List::new("auditEvents", &format!("filter: {{ {filter} }}"), plain);
            list.pages(questions, &self.root, &name).await;
            questions.add_by_admin(&format!("{name}, one's own"), &list.page("first: 20"));
            let list = List::new(
                "auditEvents",
                &format!("filter: {{ {filter} }}"),
                "totalCount nodes { id }",
            );
            questions.add(&format!("{name} counted"), &list.page("first: 20"));
        }
    }
}

/// A connection, with what is the same on all of its pages.
struct List {
    before: String,
    after: String,
    path: String,
}

impl List {
    fn new(field: &str, arguments: &str, fields: &str) -> Self {
        Self {
            before: format!("{{ {field}({arguments} "),
            after: format!(") {{ {fields} pageInfo {{ startCursor endCursor }} }} }}"),
            path: field.to_owned(),
        }
    }

    fn within((parent, id): (&str, &str), field: &str, arguments: &str, fields: &str) -> Self {
        Self {
            before: format!("{{ {parent}(id: \"{id}\") {{ {field}({arguments} "),
            after: format!(") {{ {fields} pageInfo {{ startCursor endCursor }} }} }} }}"),
            path: format!("{parent}.{field}"),
        }
    }

    fn page(&self, page: &str) -> String {
        format!("{} {page} {}", self.before, self.after)
    }

    /// The first page and the next, or also the last and the one before it.
    async fn pages(&self, questions: &mut Questions, root: &Actor, name: &str) {
        // In an order that is asked both ways, the end of one is the beginning of the other.
        let ends = if name.contains(" by ") { 0..1 } else { 0..2 };
        let ways = [
            ("first: 20", "endCursor", "after", "first"),
            ("last: 20", "startCursor", "before", "last"),
        ];
        for (end, cursor, which, to) in ways[ends].iter().copied() {
            let asked = self.page(end);
            let answer = root.ask(&asked).await.ok();
            questions.add(&format!("{name}, {end}"), &asked);
            let Some(cursor) = answer.at(&format!("{}.pageInfo.{cursor}", self.path)).as_str() else {
                continue;
            };
            let mut further = String::new();
            write!(further, "{to}: 20, {which}: \"{cursor}\"").unwrap();
            questions.add(
                &format!("{name}, {to}: 20, {which} another"),
                &self.page(&further),
            );
        }
    }
}

#[derive(Default)]
struct Questions(Vec<Question>);

impl Questions {
    fn add(&mut self, name: &str, asked: &str) {
        self.put(name, asked, false);
    }

    fn add_by_admin(&mut self, name: &str, asked: &str) {
        self.put(name, asked, true);
    }

    fn put(&mut self, name: &str, asked: &str, by_admin: bool) {
        self.0.push(Question {
            name: name.to_owned(),
            asked: asked.to_owned(),
            by_admin,
        });
    }
}

/// The value that most rows have in this column.
async fn most_frequent<E: EntityTrait, V: TryGetable>(world: &World, column: E::Column) -> V {
    let value: Option<V> = E::find()
        .select_only()
        .column(column)
        .filter(column.is_not_null())
        .group_by(column)
        .order_by_desc(column.count())
        .into_tuple()
        .one(world.app.database.reader())
        .await
        .unwrap();
    value.unwrap()
}

/// Gives people sessions and passkeys, which are not seeded, as many as make a table large; answers who has most.
async fn devices(world: &World) -> UserId {
    const PEOPLE: u64 = 10_000;
    let (connection, now) = (world.app.database.writer(), world.app.now());
    let people: Vec<UserId> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .order_by_asc(user::Column::Id)
        .limit(PEOPLE)
        .into_tuple()
        .all(connection)
        .await
        .unwrap();
    let most = people[7];
    let more = std::iter::repeat_n(most, 40);
    let sessions: Vec<session::ActiveModel> = people
        .iter()
        .copied()
        .chain(more)
        .map(|user_id| {
            let session = session::Model {
                id: SessionId::new(now),
                user_id,
                generation: 0,
                rotated_at: now,
                previous_rotated_at: None,
                refresh_expires_at: now + TimeDelta::days(7),
                expires_at: now + TimeDelta::days(7),
                created_at: now,
                last_used_at: now,
                address: None,
                user_agent: None,
            };
            session.into_active_model()
        })
        .collect();
    let passkeys: Vec<passkey::ActiveModel> = people
        .iter()
        .map(|user_id| {
            let id = PasskeyId::new(now);
            let passkey = passkey::Model {
                id,
                user_id: *user_id,
                name: "A key".to_owned(),
                credential_hash: id.to_string(),
                user_handle: id.uuid(),
                credential: "{}".to_owned(),
                created_at: now,
                last_used_at: None,
            };
            passkey.into_active_model()
        })
        .collect();
    for some in sessions.chunks(1000) {
        session::Entity::insert_many(some.to_vec())
            .exec_without_returning(connection)
            .await
            .unwrap();
    }
    for some in passkeys.chunks(1000) {
        passkey::Entity::insert_many(some.to_vec())
            .exec_without_returning(connection)
            .await
            .unwrap();
    }
    match world.store {
        Store::Sqlite => world.execute("ANALYZE").await,
        Store::Postgres => world.execute("ANALYZE session, passkey").await,
        Store::MariaDb => world.execute("ANALYZE TABLE session, passkey").await,
    }
    most
}
