//! Transactions that wait for each other in a circle, which MariaDB ends at the cost of one of them. We lock in one
//! order, so that there are none of our own making; but its indexes have an order of their own.

use crate::races::{mailed_code, register, until_waiting};
use crate::support::*;

on_each_server!(expired_codes_are_swept_under_the_lock_of_their_team);

/// Asks while a transaction of ours holds the team and then wants what this selects, which the server has locked by then.
/// Ours has written more, and so it is the server's that MariaDB ends.
async fn in_a_circle(world: &World, wanted: &str, asked: impl Future<Output = Answer>) -> Answer {
    use sea_orm::ConnectionTrait;

    let deadlocks = "SELECT CAST(VARIABLE_VALUE AS SIGNED) AS n FROM information_schema.GLOBAL_STATUS \
                     WHERE VARIABLE_NAME = 'Innodb_deadlocks'";
    let before = world.count(deadlocks).await;
    let held = world
        .hold("SELECT id FROM team WHERE name = 'Blue'")
        .await
        .unwrap();
    let written = (0..100).map(|number| format!("('{number}', 0, '2026-01-01', '2026-01-01')"));
    let written = written.collect::<Vec<_>>().join(", ");
    let write =
        format!("INSERT INTO counter (subject, count, window_started_at, window_ends_at) VALUES {written}");
    held.execute_unprepared(&write).await.unwrap();
    let closed = async {
        until_waiting(world, 1).await;
        let wanted = dialect(&held, &format!("{wanted} FOR UPDATE"));
        held.execute_unprepared(&wanted).await.unwrap();
        held.rollback().await.unwrap();
    };
    let (answer, ()) = tokio::join!(asked, closed);
    assert!(world.count(deadlocks).await > before);
    answer
}

const MIA: &str = "SELECT id FROM \"user\" WHERE account = 'mia'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_that_was_taken_back_is_run_again_on_mariadb() {
    let world = World::new(Store::MariaDb).await;
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Administrator").await;
    world.all_letters_arrive().await;
    let letters = world.letters().await;
    let disable = root.mutate("disableUser", json!({ "userId": mia.id }), "user { status }");
    let answer = in_a_circle(&world, MIA, disable).await.ok();
    assert_eq!(answer.text("disableUser.user.status"), "DISABLED");
    assert!(!mia.is_signed_in().await);
    let events = world
        .rows("SELECT outcome FROM audit_event WHERE action = 'disableUser'")
        .await;
    assert_eq!(events, [json!({ "outcome": "SUCCEEDED" })]);
    assert_eq!(world.letters().await, letters);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_beside_others_is_left_to_its_client_on_mariadb() {
    let world = World::new(Store::MariaDb).await;
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Administrator").await;
    let document = "mutation($mia: ID!) {
        named: updateProfile(input: { name: \"Ruth\" }) { userErrors { code } }
        disableUser(input: { userId: $mia }) { user { id } }
    }";
    let asked = root.ask_with(document, json!({ "mia": mia.id }));
    let answer = in_a_circle(&world, MIA, asked).await;
    assert_eq!(answer.codes(), ["RATE_LIMITED"]);
    assert_eq!(answer.body["errors"][0]["extensions"]["retryAfter"], 1);
    // What came before it was done, and done once; it was not.
    let renamed = "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'updateProfile'";
    assert_eq!(world.count(renamed).await, 1);
    assert!(mia.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_is_not_counted_again_on_mariadb() {
    let world = World::new(Store::MariaDb).await;
    let blue = world.superapp_team("Blue").await;
    let (code, other) = (blue.invite("Developer").await, blue.invite("Developer").await);
    // An hour's last try of an invitation code.
    let mia = world.member("mia").await;
    for number in 0..9 {
        let wrong = json!({ "code": format!("{number:08}") });
        mia.mutate("joinTeam", wrong, "")
            .await
            .failed(&["INVALID_INVITATION code"]);
    }
    let join = mia.mutate("joinTeam", json!({ "code": code }), "");
    in_a_circle(&world, MIA, join).await.ok();
    let counted =
        "SELECT CAST(SUM(count) AS SIGNED) AS n FROM counter WHERE subject LIKE 'wrong-invitations%'";
    assert_eq!(world.count(counted).await, 9);
    // And the last try of a mailed one.
    let email = "nia@example.com";
    let mailed = mailed_code(&world, email).await;
    world.execute("UPDATE verification_code SET tries = 4").await;
    let nia = register(&world, "nia", email, &mailed, Some(&other));
    in_a_circle(&world, "SELECT subject FROM verification_code", nia)
        .await
        .ok();
}

async fn expired_codes_are_swept_under_the_lock_of_their_team(store: Store) {
    use sea_orm::ConnectionTrait;

    let world = World::new(store).await;
    for name in ["Blue", "Red"] {
        let team = world.superapp_team(name).await;
        team.invite("Developer").await;
        team.invite("Operator").await;
    }
    world.pass(chrono::TimeDelta::hours(25));
    // As who deletes the team: its lock first, and then its codes.
    let held = world
        .hold("SELECT id FROM team WHERE name = 'Blue'")
        .await
        .unwrap();
    let swept = rollcall::platform::sweep::sweep(&world.app);
    let deleted = async {
        until_waiting(&world, 1).await;
        let codes = "DELETE FROM invitation WHERE team_id IN (SELECT id FROM team WHERE name = 'Blue')";
        held.execute_unprepared(codes).await.unwrap();
        held.commit().await.unwrap();
    };
    let (swept, ()) = tokio::join!(swept, deleted);
    swept.unwrap();
    let left = "SELECT COUNT(*) AS n FROM invitation";
    assert_eq!(world.count(left).await, 2);
    assert_eq!(
        world.count(&format!("{left} WHERE code_hash IS NOT NULL")).await,
        0
    );
}
