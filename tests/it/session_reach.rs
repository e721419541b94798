//! Sessions as their owner and platform staff see them, and end them from elsewhere.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    sessions_are_shown_to_their_owner_and_to_staff,
    a_session_that_has_expired_is_shown_to_nobody,
    sessions_of_many_users_are_read_at_once,
    an_ended_session_is_over_at_the_next_request,
    sessions_are_ended_by_rank,
    the_others_end_and_this_one_goes_on,
    of_two_who_end_a_session_at_once_one_does,
);

const FIELDS: &str = "id createdAt lastUsedAt expiresAt address userAgent isCurrent";

async fn log_in_again(world: &World, account: &str) -> Actor {
    Actor::log_in(world, account, &format!("{PASSWORD}2")).await
}

async fn end(actor: &Actor, session: &str) -> Answer {
    let input = json!({ "sessionId": session });
    actor.mutate("revokeSession", input, "revokedSessionId").await
}

async fn end_others(actor: &Actor) -> Answer {
    actor
        .ask("mutation { revokeOtherSessions { count userErrors { code field message } } }")
        .await
}

async fn sessions_of(actor: &Actor, id: &str) -> Answer {
    let document = format!("query($id: ID!) {{ user(id: $id) {{ id sessions {{ {FIELDS} }} }} }}");
    actor.ask_with(&document, json!({ "id": id })).await
}

async fn sessions_are_shown_to_their_owner_and_to_staff(world: World) {
    let blue = world.superapp_team("Blue").await;
    let phone = blue.with(&world, "mia", "Developer").await;
    let fellow = blue.with(&world, "nia", "Administrator").await;
    world.pass(TimeDelta::seconds(1));
    let desk = log_in_again(&world, "mia").await;
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let ids = [desk.session().await, phone.session().await];

    // The newest first; the current one is the one that asks, whatever way it is looked at.
    for (who, current) in [(&desk, [true, false]), (&phone, [false, true])] {
        let answer = who
            .ask(&format!("{{ viewer {{ sessions {{ {FIELDS} }} }} }}"))
            .await
            .ok();
        assert_eq!(answer.texts("viewer.sessions.*.id"), ids);
        let shown = answer.at("viewer.sessions").clone();
        assert_eq!(*sessions_of(who, &desk.id).await.ok().at("user.sessions"), shown);
        for (place, is_current) in current.into_iter().enumerate() {
            let session = &shown[place];
            assert_eq!(session["isCurrent"], json!(is_current));
            assert_eq!(session["address"], json!("127.0.0.1"));
            assert_eq!(session["userAgent"], json!("tests"));
            let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on Session {{ {FIELDS} }} }} }}");
            let node = who.ask_with(&document, json!({ "id": ids[place] })).await.ok();
            assert_eq!(node.at("node"), session);
        }
    }
    // Staff see everybody's; the rank decides over what they do, not over what they see.
    for staff in [&root, &pam] {
        let answer = sessions_of(staff, &desk.id).await.ok();
        assert_eq!(answer.texts("user.sessions.*.id"), ids);
        assert!(
            answer.at("user.sessions.0.isCurrent") == false
                && answer.at("user.sessions.1.isCurrent") == false
        );
        sessions_of(staff, &root.id)
            .await
            .ok()
            .text("user.sessions.0.address");
    }
    // Nobody else does, not even an admin of the same team.
    let node = "query($id: ID!) { node(id: $id) { id } }";
    for other in [&fellow, &blue.admin] {
        let answer = sessions_of(other, &desk.id).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
        assert!(answer.at("user.id").is_string() && answer.at("user.sessions").is_null());
        let answer = other.ask_with(node, json!({ "id": ids[0] })).await.ok();
        assert!(answer.at("node").is_null());
    }
    let answer = world.nobody().ask_with(node, json!({ "id": ids[0] })).await.ok();
    assert!(answer.at("node").is_null());
}

async fn a_session_that_has_expired_is_shown_to_nobody(world: World) {
    let mia = world.member("mia").await;
    let old = mia.session().await;
    world.pass(TimeDelta::days(7));
    let mia = log_in_again(&world, "mia").await;
    let root = world.super_admin().await;
    // Its row is still there: nothing has swept it out.
    assert_eq!(
        world.count("SELECT COUNT(*) AS n FROM session WHERE user_id = (SELECT id FROM \"user\" WHERE account = 'mia')").await,
        2
    );
    let shown = sessions_of(&root, &mia.id).await.ok();
    assert_eq!(shown.texts("user.sessions.*.id"), [mia.session().await]);
    for who in [&mia, &root] {
        let document = "query($id: ID!) { node(id: $id) { id } }";
        let answer = who.ask_with(document, json!({ "id": old })).await.ok();
        assert!(answer.at("node").is_null());
        world.unchanged_by(end(who, &old)).await.refused("NOT_FOUND");
    }
    // And it is none of those that end.
    assert_eq!(end_others(&mia).await.ok().at("revokeOtherSessions.count"), 0);
    // What nobody can go on with is swept out.
    world.member("nia").await;
    world.pass(TimeDelta::days(7));
    rollcall::platform::sweep::sweep(&world.app).await.unwrap();
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM session").await, 0);
}

async fn sessions_of_many_users_are_read_at_once(world: World) {
    for account in ["mia", "nia", "lia"] {
        world.member(account).await;
    }
    let root = world.super_admin().await;
    // Who asks, the users, and the sessions of all of them.
    let asked = root.ask("{ users(first: 10) { nodes { account sessions { id isCurrent } } } }");
    assert_eq!(world.statements_of(asked).await.len(), 3);
    let answer = root
        .ask("{ users { nodes { sessions { isCurrent } } } }")
        .await
        .ok();
    assert_eq!(answer.raw.matches("\"isCurrent\":true").count(), 1);
    // A page of users with all that they can have is within what one question may ask for; ten times that is not.
    root.ask("{ users(first: 100) { nodes { sessions { id createdAt isCurrent } } } }")
        .await
        .ok();
    root.ask("{ users(first: 100) { nodes { sessions { id createdAt lastUsedAt expiresAt address userAgent isCurrent } } } }")
        .await
        .refused("QUERY_TOO_COMPLEX");
}

async fn an_ended_session_is_over_at_the_next_request(world: World) {
    let phone = world.member("mia").await;
    let desk = log_in_again(&world, "mia").await;
    let id = phone.session().await;
    let answer = end(&desk, &id).await.ok();
    assert_eq!(answer.text("revokeSession.revokedSessionId"), id);
    assert!(!phone.is_signed_in().await && desk.is_signed_in().await);
    // Neither does its refresh token go on.
    let input = json!({ "refreshToken": phone.refresh_token });
    world
        .nobody()
        .mutate("refreshSession", input, "")
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    // It is gone, as is what never was, and what is no session at all.
    for gone in [
        id.as_str(),
        "session_01h455vb4pex5vsknk084sn02q",
        &desk.id,
        "nonsense",
        "",
    ] {
        world.unchanged_by(end(&desk, gone)).await.refused("NOT_FOUND");
    }
    // The one that asks can be ended too.
    let own = desk.session().await;
    end(&desk, &own).await.ok();
    assert!(!desk.is_signed_in().await);
    let events = world
        .rows("SELECT actor_account, target_account, changes FROM audit_event WHERE action = 'revokeSession' AND outcome = 'SUCCEEDED' ORDER BY id")
        .await;
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["actor_account"], &events[0]["target_account"]),
        (&json!("mia"), &json!("mia"))
    );
    assert!(events[0].to_string().contains(&id), "{events:?}");
}

async fn sessions_are_ended_by_rank(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let pia = world.platform_admin("pia").await;
    let mia = world.member("mia").await;
    let nia = world.member("nia").await;
    // Who ends whose: done, in sight but not by this rank, or out of sight.
    let cases = [
        (&root, &pia, None),
        (&root, &nia, None),
        (&root, &root, None),
        (&pam, &root, Some("FORBIDDEN")),
        (&pam, &pia, Some("FORBIDDEN")),
        (&pam, &nia, None),
        (&pam, &pam, None),
        (&mia, &root, Some("NOT_FOUND")),
        (&mia, &pia, Some("NOT_FOUND")),
        (&mia, &nia, Some("NOT_FOUND")),
        (&mia, &mia, None),
    ];
    for (by, of, refusal) in cases {
        let password = if of.account == "root" {
            PASSWORD.to_owned()
        } else {
            format!("{PASSWORD}2")
        };
        let victim = Actor::log_in(&world, &of.account, &password).await;
        let session = victim.session().await;
        let place = format!("{} ends a session of {}", by.account, of.account);
        match refusal {
            None => {
                end(by, &session).await.ok();
                assert!(!victim.is_signed_in().await, "{place}");
            }
            Some(code) => {
                let answer = world.unchanged_by(end(by, &session)).await;
                assert_eq!(answer.codes(), [code], "{place}");
                assert!(victim.is_signed_in().await, "{place}");
            }
        }
    }
    let nobody = world.nobody();
    let session = mia.session().await;
    world
        .unchanged_by(end(&nobody, &session))
        .await
        .refused("UNAUTHENTICATED");
    world
        .unchanged_by(end_others(&nobody))
        .await
        .refused("UNAUTHENTICATED");
    // Each refusal of somebody who is signed in is an event, and tells whose session it was about: staff by its user, whom
    // they see, and others by itself.
    let refused = world
        .rows("SELECT target_id FROM audit_event WHERE action = 'revokeSession' AND outcome = 'REFUSED' ORDER BY id")
        .await;
    let targets: Vec<&str> = refused
        .iter()
        .map(|row| row["target_id"].as_str().unwrap())
        .collect();
    assert_eq!(targets[..2], [&root.id, &pia.id]);
    assert_eq!(targets.len(), 5);
    assert!(targets[2..].iter().all(|target| target.starts_with("session_")));
}

async fn the_others_end_and_this_one_goes_on(world: World) {
    let root = world.super_admin().await;
    let first = world.member("mia").await;
    let second = log_in_again(&world, "mia").await;
    let here = log_in_again(&world, "mia").await;
    let nia = world.member("nia").await;
    let answer = end_others(&here).await.ok();
    assert_eq!(answer.at("revokeOtherSessions.count"), 2);
    assert!(!first.is_signed_in().await && !second.is_signed_in().await);
    for actor in [&here, &nia, &root] {
        assert!(actor.is_signed_in().await, "{}", actor.account);
    }
    assert_eq!(end_others(&here).await.ok().at("revokeOtherSessions.count"), 0);
    let answer = here.ask("{ viewer { sessions { isCurrent } } }").await.ok();
    assert_eq!(*answer.at("viewer.sessions"), json!([{ "isCurrent": true }]));
}

async fn of_two_who_end_a_session_at_once_one_does(world: World) {
    let phone = world.member("mia").await;
    let desk = log_in_again(&world, "mia").await;
    let root = world.super_admin().await;
    let id = phone.session().await;
    let (one, other) = tokio::join!(end(&desk, &id), end(&root, &id));
    let mut outcomes = [one.codes(), other.codes()];
    outcomes.sort();
    assert_eq!(outcomes, [vec![], vec!["NOT_FOUND".to_owned()]]);
}
