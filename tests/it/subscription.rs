//! The audit log as it happens, over a real WebSocket.

#![allow(clippy::format_collect)] // A test's document is no hot path.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use rollcall::base::id::{AuditEventId, Id};
use rollcall::entity::audit_event::{self, AuditOutcome};
use sea_orm::{EntityTrait, IntoActiveModel, QueryOrder};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::support::actor::PASSWORD;
use crate::support::process::Node;
use crate::support::*;

on_each_database!(
    who_may_see_an_event_hears_of_it,
    an_event_that_is_told_is_the_one_that_is_read,
    a_filter_narrows_what_is_told,
    a_right_that_is_lost_or_won_holds_from_the_next_event_on,
    a_connection_ends_with_its_session,
    a_connection_outlives_its_access_token,
    who_asks_is_told_by_the_payload_or_by_the_handshake,
    pages_of_other_origins_may_not_connect,
    what_the_protocol_forbids_ends_the_connection,
    other_operations_are_refused,
    operations_begin_and_end_by_their_names,
    concurrent_writers_are_all_told_in_one_order,
    many_follow_and_all_hear_the_same,
    who_falls_behind_misses_nothing,
    a_server_that_stops_says_so,
);

/// How long a connection may outlive its session. What is measured includes the request that ends it.
const PROMPTLY: Duration = Duration::from_secs(3);

/// The next events of an operation, each as `action by actor outcome`, up to this one.
async fn told_until(socket: &mut Socket, id: &str, last: &str) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let event = socket.event(id).await;
        let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
        let ended = match text("outcome").as_str() {
            "SUCCEEDED" => String::new(),
            other => format!(" {other}"),
        };
        told.push(format!("{} by {}{ended}", text("action"), text("actorAccount")));
        if told.last().unwrap() == last {
            return told;
        }
        assert!(told.len() < 50, "{told:?}");
    }
}

const TOLD: &str = "id action outcome actorAccount address userAgent";

async fn rename(who: &Actor, name: &str) {
    who.mutate("updateProfile", json!({ "name": name }), "")
        .await
        .ok();
}

/// Waits until what has been done is in the chain, and so is none of what is told from here on.
async fn all_is_sealed(world: &World) {
    let sealed = async {
        while world
            .count("SELECT COUNT(*) AS n FROM audit_event WHERE position IS NULL")
            .await
            > 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let sealed = tokio::time::timeout(Duration::from_secs(20), sealed).await;
    sealed.expect("the events are sealed");
}

async fn following(world: &World, who: &[&Actor]) -> Vec<Socket> {
    all_is_sealed(world).await;
    let mut sockets = Vec::new();
    for actor in who {
        let mut socket = Socket::of(actor).await;
        socket.subscribe("1", &Value::Null, TOLD).await;
        sockets.push(socket);
    }
    world.followed_by(who.len()).await;
    sockets
}

async fn who_may_see_an_event_hears_of_it(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.superapp_team("Red").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let nia = blue.with(&world, "nia", "Developer").await;
    let pia = world.platform_admin("pia").await;
    let root = world.super_admin().await;
    let all = [&root, &pia, &blue.admin, &red.admin, &mia, &nia];
    let mut sockets = following(&world, &all).await;
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", invite, "").await.ok();
    nia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    red.invite("Developer").await;
    for actor in all {
        rename(actor, "Done").await;
    }
    let done = |actor: &Actor| format!("updateProfile by {}", actor.account);
    let all_done: Vec<String> = all.iter().map(|actor| done(actor)).collect();
    let mut heard = Vec::new();
    for (actor, socket) in all.iter().zip(&mut sockets) {
        let last = if actor.account == "root" || actor.account == "pia" {
            &nia
        } else {
            actor
        };
        heard.push(told_until(socket, "1", &done(last)).await);
    }
    let everything: Vec<String> = [
        "createInvitation by mia",
        "users by nia REFUSED",
        "createInvitation by Red-admin",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(all_done)
    .collect();
    assert_eq!(heard[0], everything);
    assert_eq!(heard[1], everything);
    assert_eq!(
        heard[2],
        ["createInvitation by mia".to_owned(), done(&blue.admin)]
    );
    assert_eq!(
        heard[3],
        ["createInvitation by Red-admin".to_owned(), done(&red.admin)]
    );
    assert_eq!(heard[4], ["createInvitation by mia".to_owned(), done(&mia)]);
    assert_eq!(heard[5], ["users by nia REFUSED".to_owned(), done(&nia)]);
}

async fn an_event_that_is_told_is_the_one_that_is_read(world: World) {
    const FIELDS: &str = "__typename id action outcome actor { id name status } actorAccount targetId targetName
        team { name admins { account } } changes { field before after } address userAgent requestId createdAt";
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let root = world.super_admin().await;
    all_is_sealed(&world).await;
    let all = [&root, &blue.admin, &mia];
    let mut sockets = Vec::new();
    for actor in all {
        let mut socket = Socket::of(actor).await;
        socket.subscribe("all fields", &Value::Null, FIELDS).await;
        sockets.push(socket);
    }
    world.followed_by(3).await;
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", invite, "").await.ok();
    for (actor, socket) in all.iter().zip(&mut sockets) {
        let message = socket.hear().await;
        let event = &message["payload"]["data"]["auditEvents"];
        let document = format!("{{ auditEvents(first: 1) {{ nodes {{ {FIELDS} }} }} }}");
        let read = actor.ask(&document).await;
        assert_eq!(*event, *read.at("auditEvents.nodes.0"), "{}", actor.account);
        assert_eq!(event["actor"]["name"], "mia");
        // A guarded field below costs itself, with the same error.
        let (told, asked) = (&message["payload"]["errors"], &read.body["errors"]);
        if actor.account == "Blue-admin" {
            assert_eq!(told[0]["extensions"], asked[0]["extensions"]);
            assert_eq!(told[0]["path"], json!(["auditEvents", "actor", "status"]));
            assert!(event["actor"]["status"].is_null());
            assert!(event["address"].is_null() && event["userAgent"].is_null());
        } else {
            assert!(told.is_null() && asked.is_null(), "{message} {}", read.body);
            assert_eq!(event["address"], "127.0.0.1");
        }
    }
}

async fn a_filter_narrows_what_is_told(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let root = world.super_admin().await;
    all_is_sealed(&world).await;
    let mut socket = Socket::of(&root).await;
    let filters = [
        (
            "actions",
            json!({ "actions": ["createInvitation", "updateUser"] }),
        ),
        ("actor", json!({ "actorId": mia.id })),
        ("target", json!({ "targetId": mia.id })),
        ("team", json!({ "teamId": blue.id })),
        ("refused", json!({ "outcome": "REFUSED" })),
        (
            "later",
            json!({ "from": (world.app.now() + TimeDelta::hours(1)).to_rfc3339() }),
        ),
        ("earlier", json!({ "to": world.app.now().to_rfc3339() })),
        ("both", json!({ "actorId": mia.id, "outcome": "SUCCEEDED" })),
    ];
    for (id, filter) in &filters {
        socket.subscribe(id, filter, TOLD).await;
    }
    world.followed_by(filters.len()).await;
    blue.invite("Developer").await;
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    rename(&mia, "Mirabel").await;
    root.mutate("updateUser", json!({ "userId": mia.id, "name": "Mira" }), "")
        .await
        .ok();
    world.pass(TimeDelta::hours(2));
    let again = Actor::log_in(&world, "root", PASSWORD).await;
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..10 {
        let message = socket.hear().await;
        assert_eq!(message["type"], "next", "{message}");
        let told = told
            .entry(message["id"].as_str().unwrap().to_owned())
            .or_default();
        let action = &message["payload"]["data"]["auditEvents"]["action"];
        told.push(action.as_str().unwrap().to_owned());
    }
    // There is no more to be told, until there is.
    rename(&again, "Done").await;
    let message = socket.hear().await;
    assert_eq!(
        (
            &message["id"],
            &message["payload"]["data"]["auditEvents"]["action"]
        ),
        (&json!("later"), &json!("updateProfile"))
    );
    let expected = [
        ("actions", vec!["createInvitation", "updateUser"]),
        ("actor", vec!["users", "updateProfile"]),
        ("both", vec!["updateProfile"]),
        ("later", vec!["login"]),
        ("refused", vec!["users"]),
        ("target", vec!["updateProfile", "updateUser"]),
        ("team", vec!["createInvitation"]),
    ];
    let expected =
        expected.map(|(id, actions)| (id.to_owned(), actions.into_iter().map(str::to_owned).collect()));
    assert_eq!(told, BTreeMap::from(expected));
    // A filter that is none is an answer with an error, and the end.
    socket.subscribe("bad", &json!({ "actorId": "mia" }), TOLD).await;
    let message = socket.hear().await;
    assert_eq!(
        (&message["type"], &message["id"]),
        (&json!("next"), &json!("bad"))
    );
    assert_eq!(message["payload"]["data"], json!({ "auditEvents": null }));
    assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "bad" }));
}

async fn a_right_that_is_lost_or_won_holds_from_the_next_event_on(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Administrator").await;
    let nia = blue.with(&world, "nia", "Developer").await;
    let mut sockets = following(&world, &[&mia, &nia]).await;
    blue.invite("Developer").await;
    assert_eq!(
        told_until(&mut sockets[0], "1", "createInvitation by Blue-admin")
            .await
            .len(),
        1
    );
    let change = async |who: &Actor, role: &str| {
        let input = json!({ "membershipId": blue.membership_of(who).await, "roleId": blue.role(role) });
        blue.admin.mutate("updateTeamMember", input, "").await.ok();
    };
    change(&mia, "Developer").await;
    change(&nia, "Administrator").await;
    blue.invite("Operator").await;
    rename(&mia, "Mirabel").await;
    rename(&nia, "Niamh").await;
    // Of her own demotion she does not hear any more.
    assert_eq!(
        told_until(&mut sockets[0], "1", "updateProfile by mia").await,
        ["updateProfile by mia"]
    );
    // By the time that she hears, she may see what made her an admin, and what was before.
    let heard = told_until(&mut sockets[1], "1", "updateProfile by nia").await;
    assert_eq!(
        heard[heard.len() - 3..],
        [
            "updateTeamMember by Blue-admin",
            "createInvitation by Blue-admin",
            "updateProfile by nia"
        ]
    );
    // And out of the team altogether.
    let input = json!({ "membershipId": blue.membership_of(&nia).await });
    blue.admin.mutate("removeTeamMember", input, "").await.ok();
    blue.invite("Operator").await;
    rename(&nia, "Nia").await;
    assert_eq!(
        told_until(&mut sockets[1], "1", "updateProfile by nia").await,
        ["updateProfile by nia"]
    );
}

/// A connection of this user, who follows the log alone, ends promptly when this happens.
async fn ends(world: &World, who: &Actor, way: impl Future<Output = Answer>) {
    world.followed_by(0).await;
    let mut socket = Socket::of(who).await;
    socket.subscribe("1", &json!({ "actions": [] }), "id").await;
    world.followed_by(1).await;
    let begun = Instant::now();
    let answer = way.await.ok();
    assert_eq!(socket.closed().await, 4401, "{}", answer.body);
    assert!(
        begun.elapsed() < PROMPTLY,
        "{:?}: {}",
        begun.elapsed(),
        answer.body
    );
    world.followed_by(0).await;
}

async fn a_connection_ends_with_its_session(world: World) {
    let root = world.super_admin().await;
    let pia = world.platform_admin("pia").await;
    let mut members = Vec::new();
    for account in ["mia", "nia", "lia", "kia", "tia"] {
        members.push(world.member(account).await);
    }
    let [mia, nia, lia, kia, tia] = members.try_into().unwrap();
    ends(
        &world,
        &mia,
        mia.ask("mutation { logout { userErrors { code field message } } }"),
    )
    .await;
    ends(
        &world,
        &nia,
        root.mutate("disableUser", json!({ "userId": nia.id }), ""),
    )
    .await;
    ends(
        &world,
        &lia,
        root.mutate("deleteUser", json!({ "userId": lia.id }), ""),
    )
    .await;
    let reset = json!({ "userId": kia.id, "generatePassword": true });
    ends(&world, &kia, root.mutate("resetUserPassword", reset, "")).await;
    let demoted = json!({ "userId": pia.id, "accountType": "MEMBER" });
    ends(&world, &pia, root.mutate("updateUser", demoted, "")).await;
    // A change of the password ends all sessions but the one that it was made by.
    let other = Actor::log_in(&world, "tia", &format!("{PASSWORD}2")).await;
    let mut own = Socket::of(&other).await;
    let change = json!({
        "currentPassword": format!("{PASSWORD}2"), "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42",
    });
    ends(&world, &tia, other.mutate("changePassword", change, "")).await;
    own.say(json!({ "type": "ping" })).await;
    assert_eq!(own.hear().await, json!({ "type": "pong" }));
    // A refresh token that is used again, much later.
    let again = json!({ "refreshToken": other.refresh_token });
    other.mutate("refreshSession", again.clone(), "").await.ok();
    world.pass(TimeDelta::seconds(11));
    other
        .mutate("refreshSession", again, "")
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    assert_eq!(own.closed().await, 4401);
    // The end of its time.
    let root = Actor::log_in(&world, "root", PASSWORD).await;
    let mut own = Socket::of(&root).await;
    own.subscribe("1", &Value::Null, "id").await;
    world.pass(TimeDelta::days(30));
    assert_eq!(own.closed().await, 4401);
}

async fn a_connection_outlives_its_access_token(world: World) {
    let mia = world.member("mia").await;
    let mut sockets = following(&world, &[&mia]).await;
    world.pass(TimeDelta::minutes(16));
    assert!(!mia.is_signed_in().await);
    let fresh = mia
        .mutate(
            "refreshSession",
            json!({ "refreshToken": mia.refresh_token }),
            "tokens { accessToken refreshToken }",
        )
        .await;
    // An expired token is refused whatever is asked: a client sends none with it.
    assert_eq!(fresh.status, 401);
    let nobody = world.nobody();
    let fresh = nobody
        .mutate(
            "refreshSession",
            json!({ "refreshToken": mia.refresh_token }),
            "tokens { accessToken refreshToken }",
        )
        .await
        .ok();
    let mia = mia.with_tokens(&fresh, "refreshSession.tokens");
    rename(&mia, "Mirabel").await;
    assert_eq!(
        told_until(&mut sockets[0], "1", "updateProfile by mia").await,
        ["refreshSession by mia", "updateProfile by mia"]
    );
    sockets[0].subscribe("2", &Value::Null, TOLD).await;
    world.followed_by(2).await;
    // The old one opens no other connection.
    let mut socket = Socket::speaking(&world.url).await;
    let old = json!({ "authorization": "eyJhbGciOiJFZERTQSJ9.e30.e30" });
    socket
        .say(json!({ "type": "connection_init", "payload": old }))
        .await;
    assert_eq!(socket.closed().await, 4401);
}

async fn who_asks_is_told_by_the_payload_or_by_the_handshake(world: World) {
    let mia = world.member("mia").await;
    let good = mia.token.clone().unwrap();
    let bearer = format!("Bearer {good}");
    let bad = "Bearer eyJhbGciOiJFZERTQSJ9.e30.e30";
    let init = |payload: Value| json!({ "type": "connection_init", "payload": payload });
    for (header, message, expected) in [
        (None, init(json!({ "authorization": good })), None),
        (None, init(json!({ "authorization": bearer })), None),
        (
            None,
            init(json!({ "Authorization": format!("bearer  {good} ") })),
            None,
        ),
        (Some(bearer.as_str()), json!({ "type": "connection_init" }), None),
        (Some(bearer.as_str()), init(Value::Null), None),
        (Some(bearer.as_str()), init(json!({ "locale": "en" })), None),
        (Some(bad), init(json!({ "authorization": good })), None),
        (None, json!({ "type": "connection_init" }), Some(4401)),
        (None, init(json!({})), Some(4401)),
        (None, init(json!({ "authorization": bad })), Some(4401)),
        (None, init(json!({ "authorization": "" })), Some(4401)),
        (None, init(json!({ "authorization": 1 })), Some(4401)),
        (
            None,
            init(json!({ "authorization": format!("Basic {good}") })),
            Some(4401),
        ),
        (Some(bad), json!({ "type": "connection_init" }), Some(4401)),
        (
            Some(bearer.as_str()),
            init(json!({ "authorization": bad })),
            Some(4401),
        ),
        (
            Some(bearer.as_str()),
            init(json!({ "authorization": null })),
            Some(4401),
        ),
    ] {
        let mut headers = vec![("sec-websocket-protocol", "graphql-transport-ws")];
        headers.extend(header.map(|header| ("authorization", header)));
        let mut socket = Socket::open(&world.url, &headers).await.unwrap();
        socket.say(message.clone()).await;
        match expected {
            None => assert_eq!(
                socket.hear().await,
                json!({ "type": "connection_ack" }),
                "{header:?} {message}"
            ),
            Some(code) => assert_eq!(socket.closed().await, code, "{header:?} {message}"),
        }
    }
    // Whose session ended between the handshake and the first word is nobody.
    let headers = [
        ("sec-websocket-protocol", "graphql-transport-ws"),
        ("authorization", bearer.as_str()),
    ];
    let mut socket = Socket::open(&world.url, &headers).await.unwrap();
    mia.ask("mutation { logout { userErrors { code field message } } }")
        .await
        .ok();
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await, 4401);
}

async fn pages_of_other_origins_may_not_connect(world: World) {
    let flags = [
        "--allowed-origins",
        "https://console.example.com",
        "--public-url",
        "https://rollcall.example.com/sub",
    ];
    let world = World::with(world.store, &flags).await;
    let own = world.url.clone();
    for (origin, expected) in [
        (own.as_str(), Ok(())),
        ("https://console.example.com", Ok(())),
        ("https://rollcall.example.com", Ok(())),
        ("https://rollcall.example.com.evil.example", Err(403)),
        ("https://rollcall.example", Err(403)),
        ("http://console.example.com", Err(403)),
        ("https://evil.example", Err(403)),
        ("http://127.0.0.1:1", Err(403)),
        ("http://", Err(403)),
        ("null", Err(403)),
        ("", Err(403)),
    ] {
        let headers = [
            ("sec-websocket-protocol", "graphql-transport-ws"),
            ("origin", origin),
        ];
        let opened = Socket::open(&world.url, &headers).await;
        assert_eq!(opened.map(drop), expected, "{origin}");
    }
    // What is no handshake at all is answered, too.
    let plain = reqwest::get(format!("{}/graphql/ws", world.url)).await.unwrap();
    assert!(plain.status().is_client_error(), "{}", plain.status());
}

async fn what_the_protocol_forbids_ends_the_connection(world: World) {
    let mia = world.member("mia").await;
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": "subscription { auditEvents { id } }" } });
    let text = |value: &Value| Message::text(value.to_string());
    let long = json!({ "type": "ping", "payload": { "long": "x".repeat(70_000) } });
    let known = json!({ "type": "connection_init", "payload": { "authorization": mia.token } });
    let misshapen = [
        (Message::text("ping"), 4400),
        (Message::text("{}"), 4400),
        (
            text(&json!({ "type": "start", "id": "1", "payload": { "query": "{ viewer { menus } }" } })),
            4400,
        ),
        (text(&json!({ "type": "subscribe", "id": "1" })), 4400),
        (
            text(&json!({ "type": "subscribe", "id": "", "payload": { "query": "" } })),
            4400,
        ),
        (Message::binary(subscribe.to_string().into_bytes()), 4400),
        (text(&long), 1009),
    ];
    let before = [
        (text(&subscribe), 4401),
        (
            text(&json!({ "type": "connection_init", "payload": "token" })),
            4400,
        ),
    ];
    for (message, code) in before.iter().chain(&misshapen) {
        let mut socket = Socket::speaking(&world.url).await;
        socket.send(message.clone()).await;
        assert_eq!(socket.closed().await, *code, "before: {message:.200}");
    }
    for (message, code) in [(text(&known), 4429)].iter().chain(&misshapen) {
        let mut socket = Socket::of(&mia).await;
        socket.send(message.clone()).await;
        assert_eq!(socket.closed().await, *code, "after: {message:.200}");
    }
    let mut socket = Socket::of(&mia).await;
    socket.say(subscribe.clone()).await;
    socket.say(subscribe.clone()).await;
    // What was done before may be told meanwhile.
    loop {
        match socket.next().await {
            Ok(message) => assert_eq!(message["type"], "next", "{message}"),
            Err(code) => break assert_eq!(code, 4409),
        }
    }
    // Another protocol, or none.
    let mut socket = Socket::open(&world.url, &[]).await.unwrap();
    assert_eq!(socket.closed().await, 4406);
    // What is allowed at any time.
    let mut socket = Socket::speaking(&world.url).await;
    for _ in 0..2 {
        socket
            .say(json!({ "type": "pong", "payload": { "any": 1 } }))
            .await;
        socket.say(json!({ "type": "complete", "id": "unknown" })).await;
        socket
            .say(json!({ "type": "ping", "payload": { "any": 1 } }))
            .await;
        assert_eq!(
            socket.hear().await,
            json!({ "type": "pong", "payload": { "any": 1 } })
        );
        socket.say(known.clone()).await;
        match socket.next().await {
            Ok(ack) => assert_eq!(ack, json!({ "type": "connection_ack" })),
            Err(code) => return assert_eq!(code, 4429),
        }
    }
    panic!("who one is was said twice");
}

async fn other_operations_are_refused(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let mut socket = Socket::of(&root).await;
    let many = format!(
        "subscription {{ auditEvents {{ ...F0 }} }} {} fragment F30 on AuditEvent {{ id }}",
        (0..30)
            .map(|n| format!("fragment F{n} on AuditEvent {{ ...F{0} ...F{0} }}", n + 1))
            .collect::<String>()
    );
    let change = format!(
        "mutation {{ disableUser(input: {{ userId: \"{}\" }}) {{ user {{ id }} }} }}",
        mia.id
    );
    let cases = [
        ("{ viewer { menus } }", "BAD_USER_INPUT"),
        (change.as_str(), "BAD_USER_INPUT"),
        ("{ __schema { types { name } } }", "BAD_USER_INPUT"),
        ("subscription { auditEvents { id }", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        (
            "subscription { auditEvents { nothing } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { a: auditEvents { id } b: auditEvents { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { ...Two } fragment Two on Subscription { a: auditEvents { id } auditEvents { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { ...Loop } fragment Loop on Subscription { ...Loop }",
            "QUERY_TOO_COMPLEX",
        ),
        (
            "subscription A { auditEvents { id } } subscription B { auditEvents { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription($filter: AuditFilter!) { auditEvents(filter: $filter) { id } }",
            "BAD_USER_INPUT",
        ),
        (many.as_str(), "QUERY_TOO_COMPLEX"),
    ];
    let before = world.rows_everywhere().await;
    for (query, code) in cases {
        socket
            .say(json!({ "type": "subscribe", "id": "1", "payload": { "query": query } }))
            .await;
        let message = socket.hear().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("error"), &json!("1")),
            "{query:.80}: {message}"
        );
        assert_eq!(
            message["payload"][0]["extensions"]["code"], code,
            "{query:.80}: {message}"
        );
    }
    assert_eq!(world.rows_everywhere().await, before);
    assert!(mia.is_signed_in().await);
    // The name tells which operation of a document; none of them is begun by an unknown one.
    let two = "subscription A { auditEvents { id } } query B { viewer { menus } }";
    for (name, begins) in [("B", false), ("C", false), ("A", true)] {
        let payload = json!({ "query": two, "operationName": name });
        socket
            .say(json!({ "type": "subscribe", "id": "1", "payload": payload }))
            .await;
        if begins {
            world.followed_by(1).await;
        } else {
            assert_eq!(socket.hear().await["type"], "error");
        }
    }
    for n in 2..=10 {
        socket.subscribe(&n.to_string(), &Value::Null, "id").await;
    }
    world.followed_by(10).await;
    socket.subscribe("11", &Value::Null, "id").await;
    let message = loop {
        let message = socket.hear().await;
        if message["type"] != "next" {
            break message;
        }
    };
    assert_eq!(
        (&message["type"], &message["id"]),
        (&json!("error"), &json!("11"))
    );
    // And over HTTP a subscription is none.
    root.ask("subscription { auditEvents { id } }")
        .await
        .refused("BAD_USER_INPUT");
}

async fn operations_begin_and_end_by_their_names(world: World) {
    let root = world.super_admin().await;
    all_is_sealed(&world).await;
    let mut socket = Socket::of(&root).await;
    for id in ["a", "b"] {
        socket.subscribe(id, &Value::Null, TOLD).await;
    }
    world.followed_by(2).await;
    rename(&root, "One").await;
    let mut heard = Vec::new();
    for _ in 0..2 {
        let message = socket.hear().await;
        assert_eq!(message["type"], "next", "{message}");
        heard.push((
            message["id"].clone(),
            message["payload"]["data"]["auditEvents"]["id"].clone(),
        ));
    }
    heard.sort_by_key(|(id, _)| id.to_string());
    assert_eq!((&heard[0].0, &heard[1].0), (&json!("a"), &json!("b")));
    assert_eq!(heard[0].1, heard[1].1);
    socket.say(json!({ "type": "complete", "id": "a" })).await;
    world.followed_by(1).await;
    rename(&root, "Two").await;
    assert_eq!(
        told_until(&mut socket, "b", "updateProfile by root").await.len(),
        1
    );
    // The name is free again, and told apart from what it was.
    socket.say(json!({ "type": "complete", "id": "b" })).await;
    socket
        .subscribe("b", &json!({ "outcome": "SUCCEEDED" }), TOLD)
        .await;
    socket
        .subscribe("a", &json!({ "outcome": "REFUSED" }), TOLD)
        .await;
    world.followed_by(2).await;
    rename(&root, "Three").await;
    assert_eq!(
        told_until(&mut socket, "b", "updateProfile by root").await.len(),
        1
    );
    // A client that goes takes all of them with it.
    drop(socket);
    world.followed_by(0).await;
}

async fn concurrent_writers_are_all_told_in_one_order(world: World) {
    const WRITERS: usize = 6;
    const EACH: usize = 10;
    let root = world.super_admin().await;
    let mut writers = Vec::new();
    for n in 0..WRITERS {
        writers.push(world.member(&format!("writer{n}")).await);
    }
    let mut sockets = following(&world, &[&root, &root, &root]).await;
    let write = writers.iter().map(|writer| async move {
        for n in 0..EACH {
            rename(writer, &format!("Name{n}")).await;
        }
    });
    let write = futures::future::join_all(write);
    let hear = async {
        let mut heard = Vec::new();
        for socket in &mut sockets {
            let mut ids = Vec::new();
            for _ in 0..WRITERS * EACH {
                ids.push(socket.event("1").await["id"].as_str().unwrap().to_owned());
            }
            heard.push(ids);
        }
        heard
    };
    let (_, heard) = tokio::join!(write, hear);
    let rows = audit_event::Entity::find()
        .order_by_asc(audit_event::Column::Position)
        .all(world.app.database.reader())
        .await
        .unwrap();
    let chain: Vec<String> = rows
        .iter()
        .filter(|row| row.action == "updateProfile")
        .map(|row| row.id.to_string())
        .collect();
    assert_eq!(chain.len(), WRITERS * EACH);
    for ids in heard {
        assert_eq!(ids, chain);
    }
}

async fn many_follow_and_all_hear_the_same(world: World) {
    let root = world.super_admin().await;
    let pia = world.platform_admin("pia").await;
    let mia = world.platform_admin("mia").await;
    all_is_sealed(&world).await;
    let mut sockets = Vec::new();
    for actor in [&root, &pia, &mia] {
        for _ in 0..20 {
            let mut socket = Socket::of(actor).await;
            socket.subscribe("1", &Value::Null, TOLD).await;
            sockets.push(socket);
        }
    }
    world.followed_by(60).await;
    // One more of one user is one too many, until another goes.
    let init = json!({ "type": "connection_init", "payload": { "authorization": root.token } });
    let mut socket = Socket::speaking(&world.url).await;
    socket.say(init.clone()).await;
    assert_eq!(socket.closed().await, 1013);
    for name in ["One", "Two", "Three"] {
        rename(&root, name).await;
    }
    let mut all = Vec::new();
    for socket in &mut sockets {
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.push(socket.event("1").await["id"].clone());
        }
        all.push(heard);
    }
    all.dedup();
    assert_eq!(all.len(), 1, "{all:?}");
    drop(sockets.remove(0));
    world.followed_by(59).await;
    Socket::of(&root).await;
}

/// Writes so many events at once, as if there had been so many requests.
async fn write_events(world: &World, count: usize) {
    let connection = world.app.database.writer();
    let like = audit_event::Entity::find()
        .one(connection)
        .await
        .unwrap()
        .unwrap();
    let mut left = count;
    while left > 0 {
        let some = left.min(200);
        let rows = (0..some).map(|_| {
            let now = world.app.now();
            audit_event::Model {
                id: AuditEventId::new(now),
                created_at: now,
                action: "updateProfile".to_owned(),
                outcome: AuditOutcome::Succeeded,
                actor_digest: None,
                target_digest: None,
                own_hash: None,
                position: None,
                previous_hash: None,
                hash: None,
                sealed_at: None,
                ..like.clone()
            }
            .into_active_model()
        });
        audit_event::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await
            .unwrap();
        left -= some;
    }
}

async fn who_falls_behind_misses_nothing(world: World) {
    const COUNT: usize = 5_000;
    let reader = world.app.database.reader();
    all_is_sealed(&world).await;
    let mut prompt = world.app.feed.follow(reader).await.unwrap();
    let mut late = world.app.feed.follow(reader).await.unwrap();
    write_events(&world, COUNT).await;
    let mut all = [Vec::new(), Vec::new()];
    for (follower, places) in [&mut prompt, &mut late].into_iter().zip(&mut all) {
        while places.len() < COUNT {
            let next = tokio::time::timeout(Duration::from_mins(1), follower.next(reader));
            let batch = next.await.expect("there are more").unwrap();
            places.extend(batch.iter().map(|found| found.event.position.unwrap()));
        }
    }
    let first = all[0][0];
    let expected: Vec<i64> = (first..).take(COUNT).collect();
    assert!(all[0] == expected, "the prompt one has had {:?}…", &all[0][..10]);
    assert!(all[1] == expected, "the late one has had {:?}…", &all[1][..10]);
    // And hears what comes from then on.
    write_events(&world, 1).await;
    for follower in [&mut prompt, &mut late] {
        let batch = follower.next(reader).await.unwrap();
        assert_eq!(
            batch[0].event.position,
            Some(first + i64::try_from(COUNT).unwrap())
        );
    }
}

async fn a_server_that_stops_says_so(world: World) {
    let mia = world.member("mia").await;
    let mut known = Socket::of(&mia).await;
    known.subscribe("1", &Value::Null, "id").await;
    world.followed_by(1).await;
    let mut unknown = Socket::speaking(&world.url).await;
    drop(world);
    assert_eq!(known.closed().await, 1012);
    assert_eq!(unknown.closed().await, 1012);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_say_who_they_are_is_not_waited_for_for_ever() {
    let world = World::new(Store::Sqlite).await;
    let mut socket = Socket::speaking(&world.url).await;
    let begun = Instant::now();
    assert_eq!(socket.closed().await, 4408);
    let waited = begun.elapsed();
    assert!((9..13).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_cut_off_and_holds_up_nobody() {
    const COUNT: usize = 2_000;
    let world = World::new(Store::Sqlite).await;
    let root = world.super_admin().await;
    all_is_sealed(&world).await;
    let mut slow = Socket::of(&root).await;
    // Some 20 KiB an event: more in all than two kernels keep for each other.
    let fields: String = (0..200)
        .map(|n| {
            format!("a_name_that_is_long_and_written_again_and_again_for_no_other_reason_{n}: requestId ")
        })
        .collect();
    slow.subscribe("1", &Value::Null, &fields).await;
    let mut quick = Socket::of(&root).await;
    quick.subscribe("1", &Value::Null, "id").await;
    world.followed_by(2).await;
    write_events(&world, COUNT).await;
    for _ in 0..COUNT {
        quick.event("1").await;
    }
    assert_eq!(world.app.feed.followers(), 2);
    world.followed_by(1).await;
    rename(&root, "Done").await;
    quick.event("1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_does_is_told_and_ends_sessions() {
    let (world, node): (World, Node) = crate::nodes::two_nodes(Store::Postgres).await;
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let mut here = following(&world, &[&root]).await.remove(0);
    let mut there = Socket::of(&mia.at(&node.url)).await;
    there.subscribe("1", &Value::Null, TOLD).await;
    // The other process tells nobody how many follow it: what is told twice was told first.
    rename(&mia.at(&node.url), "There").await;
    assert_eq!(told_until(&mut here, "1", "updateProfile by mia").await.len(), 1);
    rename(&mia, "Here").await;
    assert_eq!(told_until(&mut here, "1", "updateProfile by mia").await.len(), 1);
    told_until(&mut there, "1", "updateProfile by mia").await;
    let begun = Instant::now();
    root.mutate("disableUser", json!({ "userId": mia.id }), "")
        .await
        .ok();
    loop {
        match there.next().await {
            Ok(message) => assert_eq!(message["type"], "next"),
            Err(code) => break assert_eq!(code, 4401),
        }
    }
    assert!(begun.elapsed() < PROMPTLY, "{:?}", begun.elapsed());
}
