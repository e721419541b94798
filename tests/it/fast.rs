//! The fast path answers the same bytes as the ordinary way, for every document and everybody.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use rollcall::fast::table::Type;

use crate::support::*;

/// Runs each of these on the databases that have lanes.
macro_rules! on_each_lane {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::World::new(crate::support::Store::Sqlite).await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::World::new(crate::support::Store::Postgres).await).await;
            })+
        }
    };
}

on_each_lane!(
    what_was_thought_of_is_answered_alike,
    a_list_is_walked_from_page_to_page_alike,
    whatever_is_asked_is_answered_alike,
    a_known_document_with_other_values_is_answered_alike,
);

/// The people who ask, and ids to ask for.
struct Cast {
    people: Vec<Actor>,
    users: Vec<String>,
    teams: Vec<String>,
}

async fn cast(world: &World) -> Cast {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let mia = blue.with(world, "mia", "Developer").await;
    let nia = blue.with(world, "nia", "Operator").await;
    let lia = red.with(world, "lia", "Developer").await;
    let root = world.super_admin().await;
    for number in 0..8 {
        let account = format!("user-{number}");
        world.member(&account).await;
    }
    let pia = world.platform_admin("pia").await;
    let quotes = json!({ "userId": mia.id, "name": "张三,Mia=1" });
    root.mutate("updateUser", quotes, "").await.ok();
    let remark = json!({ "teamId": blue.id, "remark": "a \"quoted\" \\ 张 <b>🐋" });
    root.mutate("updateTeam", remark, "").await.ok();
    root.mutate("disableUser", json!({ "userId": nia.id }), "")
        .await
        .ok();
    Cast {
        users: vec![root.id.clone(), mia.id.clone(), nia.id, lia.id.clone()],
        teams: vec![blue.id.clone(), red.id.clone()],
        people: vec![
            root,
            pia,
            blue.admin.clone(),
            red.admin.clone(),
            mia,
            lia,
            world.nobody(),
        ],
    }
}

/// Asks both, the one with the fast path three times, and tells whether that one went the fast way.
async fn compare(world: &World, ordinary: &Second, actor: &Actor, document: &str, variables: &Value) -> bool {
    let expected = actor
        .at(&ordinary.url)
        .ask_with(document, variables.clone())
        .await;
    let mut was_fast = false;
    for _ in 0..3 {
        let asked = actor.ask_with(document, variables.clone());
        let (answer, statements) = world.statements_behind(asked).await;
        // The viewer's own page is in the rows of the statement that tells who asks.
        let is_fast = |sql: &String| {
            sql.contains(") b") || sql.ends_with(r#" ORDER BY "membership"."joined_at", "membership"."id""#)
        };
        was_fast = statements.iter().any(is_fast);
        assert_eq!(answer.status, expected.status, "{document} {variables}");
        if expected
            .body
            .get("errors")
            .is_some_and(|errors| !errors.is_null())
        {
            // An internal error would name its request.
            assert!(!expected.raw.contains("INTERNAL"), "{document} {}", expected.raw);
        }
        assert_eq!(
            answer.raw, expected.raw,
            "{} asks {document} with {variables}",
            actor.account
        );
    }
    was_fast
}

/// Documents that were thought of, each with whether platform staff get it the fast way.
const THOUGHT_OF: &[(bool, &str)] = &[
    (
        true,
        "{ users { nodes { id name account accountType createdAt } } }",
    ),
    (
        true,
        "{ users(first: 3) { edges { cursor node { name } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }",
    ),
    (
        true,
        "{ users(last: 3) { edges { cursor node { name } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }",
    ),
    (
        true,
        "{ users(first: 0) { nodes { name } pageInfo { endCursor hasNextPage } } }",
    ),
    (
        true,
        "{ users { __typename nodes { __typename b: name a: name name } again: nodes { id } pageInfo { __typename } edges { __typename } } }",
    ),
    (
        true,
        "{ users { nodes { name memberships { nodes { id joinedAt role { id name kind teamType isAdministrator permissions } \
       team { id name type status remark expiresAt createdAt viewerPermissions } } pageInfo { hasNextPage endCursor } } } } }",
    ),
    (
        true,
        "{ users { nodes { name memberships(first: 1) { edges { cursor node { role { name } } } pageInfo { hasNextPage } } } } }",
    ),
    (
        true,
        "{ users { nodes { name memberships(last: 1) { edges { cursor node { role { name } } } pageInfo { hasPreviousPage } } } } }",
    ),
    (
        true,
        "{ users { nodes { status email proposedEmail locale mustChangePassword lastLoginAt } } }",
    ),
    (
        true,
        "{ a: users(first: 1) { nodes { id } } viewer { menus } b: users(last: 1) { nodes { id } } }",
    ),
    (false, "{ users { nodes { name } } users { nodes { id } } }"),
    (false, "{ users { nodes { name } nodes { id } } }"),
    (
        true,
        "{ ...A } fragment A on Query { users { ...B } } fragment B on UserConnection { nodes { ...C ... on Node { id } } } \
       fragment C on User { name ... { account } }",
    ),
    (
        true,
        "query($yes: Boolean = true, $no: Boolean!) { users { nodes { id @skip(if: $yes) name @include(if: $no) account @include(if: $yes) \
       ... @skip(if: $no) { createdAt } } } }",
    ),
    (false, "{ users { nodes { name totpEnabled id } } }"),
    (false, "{ users { nodes { name viewerActions } totalCount } }"),
    (
        true,
        "{ users(orderBy: { field: NAME, direction: ASC }) { edges { cursor } } }",
    ),
    (
        true,
        "{ users(orderBy: { field: ACCOUNT, direction: DESC }, first: 4) { edges { cursor node { id } } } }",
    ),
    (
        true,
        "{ users(orderBy: { field: LAST_LOGIN_AT, direction: DESC }) { edges { cursor node { lastLoginAt } } } }",
    ),
    (
        false,
        "{ users(filter: { status: DISABLED }) { nodes { name status } } }",
    ),
    (false, "{ users(first: 101) { nodes { id } } }"),
    (false, "{ users(first: 1, last: 1) { nodes { id } } }"),
    (false, "{ users(after: \"nonsense\") { nodes { id } } }"),
    (
        false,
        "{ users(filter: { teamId: \"nonsense\" }) { nodes { id } } }",
    ),
    (false, "{ users(nonsense: 1) { nodes { id } } }"),
    (false, "{ users { nodes { nonsense } } }"),
    (false, "query($n: Int!) { users(first: $n) { nodes { id } } }"),
    (
        true,
        "query { viewer { menus user { id name status email memberships { nodes { team { name } } } } } }",
    ),
    (
        true,
        "{ viewer { __typename menus user { id account } memberships { nodes { role { name permissions isAdministrator } team { id name viewerPermissions remark } } } } }",
    ),
    (false, "{ viewer { menus session { isCurrent } user { name } } }"),
    (false, "{ viewer { memberships { totalCount } } }"),
    (
        true,
        "query($user: ID!) { user(id: $user) { id name status memberships { nodes { joinedAt team { name status } role { name } } } } }",
    ),
    (
        true,
        "query($user: ID!) { node(id: $user) { __typename id ... on User { name email } ... on Team { remark } } }",
    ),
    (
        true,
        "query($team: ID!) { node(id: $team) { __typename ... on User { name } ... on Team { name remark } } }",
    ),
    (
        true,
        "query($team: ID!) { team(id: $team) { id name type status remark createdAt expiresAt viewerPermissions \
       members(first: 2) { edges { cursor node { id joinedAt role { name permissions } user { id name account accountType } } } pageInfo { hasNextPage endCursor } } } }",
    ),
    (
        true,
        "query($team: ID!) { team(id: $team) { members { nodes { user { name email status lastLoginAt } } } } }",
    ),
    (
        false,
        "query($team: ID!) { team(id: $team) { members { nodes { viewerCanEdit } totalCount } memberCount } }",
    ),
    (
        true,
        "{ teams { nodes { id name type status createdAt viewerPermissions } pageInfo { hasNextPage } } }",
    ),
    (
        true,
        "{ teams(orderBy: { field: NAME, direction: ASC }, first: 1) { edges { cursor node { name } } } }",
    ),
    (false, "{ teams(filter: { search: \"blu\" }) { nodes { name } } }"),
    (false, "{ node(id: \"nonsense\") { id } }"),
    // It is sought, and not found.
    (true, "{ user(id: \"user_00000000000000000000000000\") { id } }"),
];

async fn what_was_thought_of_is_answered_alike(world: World) {
    let ordinary = Second::without_lanes(&world).await;
    let cast = cast(&world).await;
    for (is_fast, document) in THOUGHT_OF {
        for (place, actor) in cast.people.iter().enumerate() {
            for (user, team) in cast.users.iter().zip(cast.teams.iter().cycle()) {
                let variables = json!({ "no": false, "user": user, "team": team, "n": null });
                let was_fast = compare(&world, &ordinary, actor, document, &variables).await;
                if place < 2 {
                    assert_eq!(was_fast, *is_fast, "{} asks {document}", actor.account);
                }
                if !document.contains("$user") && !document.contains("$team") {
                    break;
                }
            }
        }
    }
    ordinary.end().await;
}

async fn a_list_is_walked_from_page_to_page_alike(world: World) {
    let ordinary = Second::without_lanes(&world).await;
    let cast = cast(&world).await;
    let root = &cast.people[0];
    for field in ["CREATED_AT", "NAME", "ACCOUNT", "LAST_LOGIN_AT"] {
        for direction in ["ASC", "DESC"] {
            for (size, cursor, from) in [("first", "after", "endCursor"), ("last", "before", "startCursor")] {
                let document = format!(
                    "query($cursor: String) {{ users({size}: 4, {cursor}: $cursor, \
                     orderBy: {{ field: {field}, direction: {direction} }}) {{ nodes {{ id memberships {{ nodes {{ id }} }} }} \
                     pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
                );
                let mut at = Value::Null;
                for _ in 0..5 {
                    let variables = json!({ "cursor": at });
                    assert!(compare(&world, &ordinary, root, &document, &variables).await);
                    let answer = root.ask_with(&document, variables).await.ok();
                    at = answer.at(&format!("users.pageInfo.{from}")).clone();
                    if at.is_null() {
                        break;
                    }
                }
            }
        }
    }
    // Inside of one team, counted.
    let document = "query($team: ID!, $search: String) { users(filter: { accountType: MEMBER, teamId: $team, search: $search }) \
                    { nodes { name account } totalCount } }";
    for search in ["", "i", "张三", "%", "_", "!", "mia", "nobody"] {
        let variables = json!({ "team": cast.teams[0], "search": search });
        assert!(compare(&world, &ordinary, root, document, &variables).await);
    }
    ordinary.end().await;
}

/// A row of numbers that looks like chance, and is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn page(&mut self) -> String {
        match self.roll(6) {
            0 => String::new(),
            1 => "(first: $n)".to_owned(),
            2 => format!("(last: {})", self.roll(4)),
            3 => "(first: 2, after: null)".to_owned(),
            _ => format!("(first: {})", self.roll(5)),
        }
    }

    /// A selection of an object of this type.
    fn object(&mut self, on: &str, depth: usize) -> String {
        let leaves: &[&str] = match on {
            "User" => &[
                "id",
                "name",
                "account",
                "accountType",
                "status",
                "email",
                "locale",
                "createdAt",
                "lastLoginAt",
                "mustChangePassword",
            ],
            "Team" => &[
                "id",
                "name",
                "type",
                "status",
                "remark",
                "createdAt",
                "expiresAt",
                "viewerPermissions",
            ],
            "Role" => &["id", "name", "kind", "teamType", "isAdministrator", "permissions"],
            _ => &["id", "joinedAt"],
        };
        let mut selected = vec!["__typename".to_owned()];
        for _ in 0..=self.roll(5) {
            let leaf = self.pick(leaves);
            selected.push(match self.roll(8) {
                0 => format!("x{}: {leaf}", leaf.len()),
                1 => format!("{leaf} @include(if: $yes)"),
                2 => format!("{leaf} @skip(if: $yes)"),
                3 => format!("... on {on} {{ {leaf} }}"),
                4 => format!("... @include(if: $no) {{ {leaf} }}"),
                _ => leaf.to_owned(),
            });
        }
        if depth > 0 {
            let below = depth - 1;
            let nested = match (on, self.roll(12)) {
                ("User", 0) => "totpEnabled viewerActions".to_owned(),
                ("User", 1..=7) => format!(
                    "memberships{} {}",
                    self.page(),
                    self.connection("Membership", below)
                ),
                ("Team", 0) => "memberCount admins { name }".to_owned(),
                ("Team", 1..=7) => format!("members{} {}", self.page(), self.connection("Membership", below)),
                ("Membership", 0..=3) => format!("role {{ {} }}", self.object("Role", below)),
                ("Membership", 4..=7) => format!(
                    "team {{ {} }} role {{ {} }}",
                    self.object("Team", 0),
                    self.object("Role", below)
                ),
                ("Membership", 8..=9) => format!("user {{ {} }}", self.object("User", 0)),
                _ => String::new(),
            };
            selected.insert(self.roll(selected.len() + 1), nested);
        }
        selected.join(" ")
    }

    fn connection(&mut self, of: &str, depth: usize) -> String {
        let node = self.object(of, depth);
        let info = self.pick(&[
            "",
            "pageInfo { hasNextPage }",
            "pageInfo { endCursor startCursor hasPreviousPage __typename }",
        ]);
        match self.roll(4) {
            0 => format!("{{ edges {{ cursor node {{ {node} }} }} {info} }}"),
            1 => format!("{{ {info} nodes {{ {node} }} }}"),
            2 => format!("{{ x: nodes {{ {node} }} __typename }}"),
            _ => format!("{{ nodes {{ {node} }} {info} }}"),
        }
    }

    fn document(&mut self) -> String {
        let root = match self.roll(7) {
            0 | 1 => format!("users{} {}", self.page(), self.connection("User", 3)),
            2 => format!("teams{} {}", self.page(), self.connection("Team", 3)),
            3 => format!("user(id: $user) {{ {} }}", self.object("User", 3)),
            4 => format!("team(id: $team) {{ {} }}", self.object("Team", 3)),
            5 => format!(
                "node(id: $team) {{ id ... on Team {{ {} }} }}",
                self.object("Team", 2)
            ),
            _ => format!(
                "viewer {{ menus user {{ {} }} memberships{} {} }}",
                self.object("User", 0),
                self.page(),
                self.connection("Membership", 2)
            ),
        };
        let more = self.pick(&["", "", "", "y: viewer { menus }", "permissions { permission }"]);
        let asked = format!("{{ {root} {more} }}");
        // A variable that nothing uses would be refused.
        let variables = [
            ("$yes", "Boolean = true"),
            ("$no", "Boolean"),
            ("$n", "Int"),
            ("$user", "ID!"),
            ("$team", "ID!"),
        ]
        .into_iter()
        .filter(|(name, _)| asked.contains(&format!("{name})")))
        .map(|(name, kind)| format!("{name}: {kind} "))
        .collect::<Vec<_>>()
        .concat();
        if variables.is_empty() {
            asked
        } else {
            format!("query({variables}) {asked}")
        }
    }
}

async fn whatever_is_asked_is_answered_alike(world: World) {
    let ordinary = Second::without_lanes(&world).await;
    let cast = cast(&world).await;
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut fast = 0;
    for _ in 0..250 {
        let document = dice.document();
        let actor = &cast.people[dice.roll(cast.people.len())];
        let variables = json!({
            "no": false,
            "n": dice.roll(4),
            "user": cast.users[dice.roll(cast.users.len())],
            "team": cast.teams[dice.roll(cast.teams.len())],
        });
        fast += usize::from(compare(&world, &ordinary, actor, &document, &variables).await);
    }
    // Else it would compare the ordinary way with itself.
    assert!(fast >= 60, "{fast} of 250 went the fast way");
    ordinary.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_is_cut_off_costs_nobody_an_answer_and_comes_back() {
    let world = World::new(Store::Postgres).await;
    let root = world.super_admin().await;
    let document = "{ users { nodes { name memberships { nodes { id } } } } }";
    let expected = root.ask(document).await.ok().raw;
    for _ in 0..3 {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND query LIKE '%LEFT JOIN LATERAL%' AND pid <> pg_backend_pid()";
        world.execute(cut).await;
        for _ in 0..8 {
            assert_eq!(root.ask(document).await.ok().raw, expected);
        }
        world.app.database.lanes_are_up().await;
        let statements = world.statements_of(root.ask(document)).await;
        assert!(
            statements.iter().any(|sql| sql.contains(") b")),
            "{statements:#?}"
        );
    }
}

/// Documents that are asked again and again with other values, good ones and bad ones: what is known of a document by
/// one answer may not let pass what the library would refuse.
async fn a_known_document_with_other_values_is_answered_alike(world: World) {
    let cast = cast(&world).await;
    let ordinary = Second::without_lanes(&world).await;
    let node = "query N($id: ID!) { node(id: $id) { __typename id ... on User { name } ... on Team { name type } } }";
    let user = "query U($id: ID!, $with: Boolean = true, $after: String) { one: user(id: $id) { id name @include(if: $with) \
                memberships(first: 2, after: $after) { nodes { id team { name } } pageInfo { endCursor } } } }";
    let users = "query L($first: Int, $after: String, $filter: UserFilter, $by: UserOrder) { \
                 users(first: $first, after: $after, filter: $filter, orderBy: $by) { \
                 nodes { id name } pageInfo { hasNextPage endCursor } } }";
    let counted = "query C($filter: UserFilter) { users(filter: $filter) { totalCount nodes { id } } }";
    let inside = "query I($text: String, $team: ID) { \
                  users(first: 5, filter: { search: $text, teamId: $team }) { totalCount nodes { id } } }";
    let teams = "query T($first: Int!, $filter: TeamFilter) { teams(first: $first, filter: $filter) { nodes { id name } } }";
    let (blue, red) = (&cast.teams[0], &cast.teams[1]);
    let cursor = cast.people[0]
        .ask("{ users(first: 2) { pageInfo { endCursor } } }")
        .await
        .ok();
    let cursor = cursor.at("users.pageInfo.endCursor").clone();
    let mut asked: Vec<(&str, Value)> = Vec::new();
    for id in cast.users.iter().chain(&cast.teams) {
        asked.push((node, json!({ "id": id })));
        asked.push((user, json!({ "id": id })));
    }
    for id in [json!("nobody"), json!(""), json!(7), json!(null), json!([red])] {
        asked.push((node, json!({ "id": id })));
    }
    for more in [
        json!({ "with": false }),
        json!({ "with": "yes" }),
        json!({ "with": null }),
        json!({ "after": "not a cursor" }),
        json!({ "after": cursor }),
        json!({ "after": 1, "unheard": "of" }),
    ] {
        let mut variables = more;
        variables["id"] = json!(cast.users[1]);
        asked.push((user, variables));
    }
    for variables in [
        json!({}),
        json!({ "first": 2 }),
        json!({ "first": 2, "after": cursor }),
        json!({ "first": 2, "after": "no cursor" }),
        json!({ "first": 0 }),
        json!({ "first": 101 }),
        json!({ "first": "2" }),
        json!({ "first": 2.5 }),
        json!({ "filter": { "teamId": blue } }),
        json!({ "filter": { "teamId": red } }),
        json!({ "filter": { "teamId": "none" } }),
        json!({ "filter": { "teamId": blue, "search": "m" } }),
        json!({ "filter": { "teamId": blue, "search": "IA" } }),
        json!({ "filter": { "teamId": blue, "search": " " } }),
        json!({ "filter": { "teamId": blue, "search": "%" } }),
        json!({ "filter": { "teamId": blue, "search": "x".repeat(2000) } }),
        json!({ "filter": { "teamId": blue, "unheard": "of" } }),
        json!({ "filter": { "teamId": blue, "accountType": "MEMBER" } }),
        json!({ "filter": { "teamId": blue, "accountType": "PLATFORM_ADMIN" } }),
        json!({ "filter": { "teamId": blue, "accountType": "member" } }),
        json!({ "filter": { "accountType": "MEMBER" } }),
        json!({ "filter": "teamId" }),
        json!({ "by": { "field": "NAME", "direction": "ASC" } }),
        json!({ "by": { "field": "NAME", "direction": "ASC" }, "after": cursor }),
        json!({ "by": { "field": "NAME" } }),
        json!({ "by": { "field": "SIZE", "direction": "ASC" } }),
    ] {
        asked.push((users, variables.clone()));
        asked.push((counted, variables));
    }
    for variables in [
        json!({ "team": blue }),
        json!({ "team": red, "text": "l" }),
        json!({ "team": blue, "text": "mia" }),
        json!({ "team": null, "text": "mia" }),
        json!({ "text": 5 }),
    ] {
        asked.push((inside, variables));
    }
    for variables in [
        json!({ "first": 5 }),
        json!({ "first": null }),
        json!({}),
        json!({ "first": 5, "filter": { "superappTeamId": blue } }),
        json!({ "first": 5, "filter": { "superappTeamId": red } }),
        json!({ "first": 5, "filter": { "superappTeamId": 1 } }),
        json!({ "first": 5, "filter": { "search": "b" } }),
    ] {
        asked.push((teams, variables));
    }
    // Twice through all: each form follows each other one of its document.
    for _ in 0..2 {
        for (document, variables) in &asked {
            for person in [&cast.people[0], &cast.people[4]] {
                compare(&world, &ordinary, person, document, variables).await;
            }
        }
    }
    ordinary.end().await;
}

/// A known question is answered without the guard, which counts.
#[test]
fn no_field_with_a_fast_path_has_a_rate() {
    use rollcall::access::Action;
    let fast = [
        Action::Users,
        Action::Teams,
        Action::User,
        Action::Team,
        Action::Viewer,
        Action::Node,
    ];
    for rate in rollcall::limits::rates::RATES {
        assert!(!fast.contains(&rate.action), "{:?}", rate.action);
    }
}

/// Where any text does in the form of a question, the schema takes any text.
#[test]
fn what_a_form_leaves_open_takes_any_text() {
    let schema = parse_schema(rollcall::graphql::sdl()).unwrap();
    for (input, field) in rollcall::graphql::known::ANY_TEXT {
        let of = schema.definitions.iter().find_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) if definition.node.name.node == input => {
                match &definition.node.kind {
                    TypeKind::InputObject(object) => object
                        .fields
                        .iter()
                        .find(|value| value.node.name.node == field)
                        .map(|value| value.node.ty.node.to_string()),
                    _ => None,
                }
            }
            _ => None,
        });
        assert!(
            matches!(of.as_deref(), Some("String" | "ID" | "String!" | "ID!")),
            "{input}.{field} is {of:?}"
        );
    }
}

#[test]
fn each_field_of_a_hot_type_is_in_the_table() {
    let schema = parse_schema(rollcall::graphql::sdl()).unwrap();
    for hot in Type::ALL {
        let definition = schema.definitions.iter().find_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) if definition.node.name.node == hot.name() => {
                Some(&definition.node.kind)
            }
            _ => None,
        });
        let Some(TypeKind::Object(object)) = definition else {
            panic!("{} is no object of the schema", hot.name());
        };
        let fields: Vec<&str> = object
            .fields
            .iter()
            .map(|field| field.node.name.node.as_str())
            .collect();
        let mut rows: Vec<&str> = hot.rows().iter().map(|row| row.name).collect();
        rows.sort_by_key(|name| fields.iter().position(|field| field == name));
        assert_eq!(rows, fields, "{}", hot.name());
    }
}
