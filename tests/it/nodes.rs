//! Several server processes over one database of a server's: what one does holds on all from the next request on.

use rollcall::base::text::Email;
use rollcall::entity::user::Locale;
use rollcall::mail::letter::{Recipient, verification_code};

use crate::support::actor::PASSWORD;
use crate::support::process::Node;
use crate::support::*;

on_each_server!(
    a_token_of_one_node_is_good_on_the_other_until_it_is_not,
    a_role_that_is_taken_away_is_gone_on_the_other_node,
    a_changed_custom_role_holds_on_the_other_node,
    a_lock_counts_the_failures_of_all_nodes,
    each_letter_is_sent_by_one_node,
    two_nodes_empty_a_full_outbox_and_send_each_letter_once,
    each_notice_of_expiry_is_written_by_one_node,
    nodes_that_start_at_once_on_an_empty_database_make_one_super_admin,
    a_node_with_another_secret_does_not_start,
);

/// A world, and another process that serves the same database with the same secret.
pub async fn two_nodes(store: Store) -> (World, Node) {
    let world = World::new(store).await;
    let node = another(&world).await;
    (world, node)
}

async fn another(world: &World) -> Node {
    let arguments = [
        "--database-url",
        &world.database_url,
        "--smtp-url",
        &world.mail.url,
    ];
    Node::start(world.folder.path(), &arguments).await
}

async fn a_token_of_one_node_is_good_on_the_other_until_it_is_not(store: Store) {
    let (world, node) = two_nodes(store).await;
    let root = world.super_admin().await;
    let (mia, nia, pia) = (
        world.member("mia").await,
        world.member("nia").await,
        world.platform_admin("pia").await,
    );
    let (lia, kia) = (world.member("lia").await, world.member("kia").await);
    let there = |actor: &Actor| actor.at(&node.url);
    for actor in [&mia, &nia, &pia, &lia, &kia] {
        assert!(there(actor).is_signed_in().await);
    }
    root.mutate("disableUser", json!({ "userId": mia.id }), "")
        .await
        .ok();
    assert!(!there(&mia).is_signed_in().await);
    root.mutate("deleteUser", json!({ "userId": nia.id }), "")
        .await
        .ok();
    assert!(!there(&nia).is_signed_in().await);
    root.mutate(
        "updateUser",
        json!({ "userId": pia.id, "accountType": "MEMBER" }),
        "",
    )
    .await
    .ok();
    assert!(!there(&pia).is_signed_in().await);
    // And the other way round: what is ended there is over here.
    let session = kia.session().await;
    let elsewhere = Actor::log_in(&world, "kia", &format!("{PASSWORD}2")).await;
    there(&elsewhere)
        .mutate("revokeSession", json!({ "sessionId": session }), "")
        .await
        .ok();
    assert!(!kia.is_signed_in().await && !there(&kia).is_signed_in().await);
    let kia = Actor::log_in(&world, "kia", &format!("{PASSWORD}2")).await;
    kia.ask("mutation { revokeOtherSessions { count userErrors { code } } }")
        .await
        .ok();
    assert!(!there(&elsewhere).is_signed_in().await && there(&kia).is_signed_in().await);
    root.mutate(
        "resetUserPassword",
        json!({ "userId": lia.id, "generatePassword": true }),
        "",
    )
    .await
    .ok();
    assert!(!there(&lia).is_signed_in().await);
    // And the other way round.
    there(&kia)
        .ask("mutation { logout { userErrors { code } } }")
        .await
        .ok();
    assert!(!kia.is_signed_in().await);
}

async fn a_role_that_is_taken_away_is_gone_on_the_other_node(store: Store) {
    let (world, node) = two_nodes(store).await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Member manager").await.at(&node.url);
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", invite.clone(), "").await.ok();
    let membership = blue.membership_of(&mia).await;
    let input = json!({ "membershipId": membership, "roleId": blue.role("Developer") });
    blue.admin.mutate("updateTeamMember", input, "").await.ok();
    mia.mutate("createInvitation", invite.clone(), "")
        .await
        .refused("FORBIDDEN");
    blue.admin
        .mutate("removeTeamMember", json!({ "membershipId": membership }), "")
        .await
        .ok();
    let team = mia
        .ask_with(
            "query($id: ID!) { team(id: $id) { id } }",
            json!({ "id": blue.id }),
        )
        .await
        .ok();
    assert!(team.at("team").is_null());
}

async fn a_changed_custom_role_holds_on_the_other_node(store: Store) {
    let (world, node) = two_nodes(store).await;
    let blue = world.superapp_team("Blue").await;
    let role = blue.make_role("Painter", &["TEAM_MEMBER_MANAGEMENT"]).await;
    let mia = world.member("mia").await.at(&node.url);
    blue.add_with(&mia, &role).await;
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    for (permissions, code) in [
        (json!(["TEAM_MEMBER_MANAGEMENT"]), None),
        (json!(["DATA_DASHBOARD"]), Some("FORBIDDEN")),
        (json!(["DATA_DASHBOARD", "TEAM_MEMBER_MANAGEMENT"]), None),
        (json!([]), Some("FORBIDDEN")),
    ] {
        let input = json!({ "roleId": role, "permissions": permissions });
        blue.admin.mutate("updateRole", input, "").await.ok();
        let answer = mia.mutate("createInvitation", invite.clone(), "").await;
        match code {
            Some(code) => drop(answer.refused(code)),
            None => drop(answer.ok()),
        }
    }
}

async fn a_lock_counts_the_failures_of_all_nodes(store: Store) {
    let (world, node) = two_nodes(store).await;
    world.member("mia").await;
    let guess = |url: &str| {
        let nobody = world.nobody().at(url);
        async move {
            nobody
                .mutate(
                    "login",
                    json!({ "login": "mia", "password": "Wrong-Whale-42" }),
                    "",
                )
                .await
        }
    };
    let guesses = (0..10).map(|n| guess(if n % 2 == 0 { &world.url } else { &node.url }));
    for answer in futures::future::join_all(guesses).await {
        assert!(answer.user_errors() == ["INVALID_CREDENTIALS"] || answer.codes() == ["RATE_LIMITED"]);
    }
    let right = json!({ "login": "mia", "password": format!("{PASSWORD}2") });
    world
        .nobody()
        .mutate("login", right, "")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // Those at the locked door leave no event.
    let checked = "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'login' AND outcome = 'FAILED' AND target_account = 'mia'";
    assert_eq!(world.count(checked).await, 5);
}

async fn each_letter_is_sent_by_one_node(store: Store) {
    let (world, node) = two_nodes(store).await;
    for n in 0..12 {
        let url = if n % 2 == 0 { &world.url } else { &node.url };
        let input = json!({ "email": format!("user{n}@example.com"), "purpose": "REGISTER" });
        let flags = world
            .nobody()
            .at(url)
            .mutate("sendVerificationCode", input, "")
            .await;
        // Ten codes a day from one source is the limit.
        if n < 10 {
            flags.ok()
        } else {
            flags.refused("RATE_LIMITED")
        };
    }
    for n in 0..10 {
        world.mail.to(&format!("user{n}@example.com")).await;
    }
    assert_eq!(world.mail.all().len(), 10);
}

async fn two_nodes_empty_a_full_outbox_and_send_each_letter_once(store: Store) {
    let world = World::new(store).await;
    world.stop().await;
    let addresses: Vec<String> = (0..50).map(|n| format!("user{n}@example.com")).collect();
    let letters: Vec<_> = addresses
        .iter()
        .map(|address| {
            let to = Recipient::unknown(Email::parse(address).unwrap(), Locale::En);
            verification_code(&to, "123456")
        })
        .collect();
    let txn = world.app.begin().await.unwrap();
    world.app.send_all_in(&txn, &letters).await.unwrap();
    world.app.commit(txn).await.unwrap();
    let _nodes = futures::future::join_all((0..2).map(|_| another(&world))).await;
    world.all_letters_arrive().await;
    let mut arrived: Vec<String> = world.mail.all().into_iter().map(|mail| mail.to).collect();
    arrived.sort_unstable();
    let mut expected = addresses;
    expected.sort_unstable();
    assert_eq!(arrived, expected);
}

async fn each_notice_of_expiry_is_written_by_one_node(store: Store) {
    let world = World::new(store).await;
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = world.registered("mia", None).await;
    let expiry = world.app.now() + chrono::TimeDelta::days(6);
    for number in 0..10 {
        let input = json!({
            "name": format!("Mini {number}"), "type": "MINI_PROGRAM", "superappTeamId": blue.id,
            "adminIds": [mia.id], "expiresAt": expiry.to_rfc3339(),
        });
        root.mutate("createTeam", input, "").await.ok();
    }
    // As if it had been set long ago, while no node was there to tell of it.
    world.execute("DELETE FROM team_notice").await;
    world.app.notices.notify_one();
    let _nodes = futures::future::join_all((0..3).map(|_| another(&world))).await;
    rollcall::teams::expiry::notify_due(&world.app).await.unwrap();
    world.all_letters_arrive().await;
    let told = world.mail.all();
    let mut told: Vec<String> = told
        .iter()
        .filter(|mail| mail.subject == "A team expires in 6 days")
        .map(|mail| mail.fact("Team"))
        .collect();
    told.sort_unstable();
    let expected: Vec<String> = (0..10).map(|number| format!("Mini {number}")).collect();
    assert_eq!(told, expected);
}

async fn nodes_that_start_at_once_on_an_empty_database_make_one_super_admin(store: Store) {
    let folder = tempfile::tempdir().unwrap();
    let database = database::TestDatabase::empty(store).await;
    let arguments = ["--database-url", database.url.as_str()];
    let nodes = futures::future::join_all((0..3).map(|_| Node::start(folder.path(), &arguments))).await;
    let makers = std::fs::read_to_string(folder.path().join("super-admin-password")).unwrap();
    for node in &nodes {
        let nobody = Actor::nobody(&node.url);
        let input = json!({ "login": "admin", "password": makers.trim() });
        let answer = nobody.mutate("login", input, "step").await.ok();
        assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    }
}

async fn a_node_with_another_secret_does_not_start(store: Store) {
    let world = World::new(store).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let arguments = ["--database-url", world.database_url.as_str()];
    let said = Node::try_start(elsewhere.path(), &arguments).await.unwrap_err();
    assert!(said.contains("the secret file is not the one"), "{said}");
    // With a new secret on top of the old one it does, and from then on the new one is known.
    let old = std::fs::read_to_string(world.folder.path().join("secret")).unwrap();
    let new = std::fs::read_to_string(elsewhere.path().join("secret")).unwrap();
    std::fs::write(elsewhere.path().join("secret"), format!("{new}{old}")).unwrap();
    let mia = world.member("mia").await;
    let node = Node::start(elsewhere.path(), &arguments).await;
    assert!(mia.at(&node.url).is_signed_in().await);
}
