//! What is personal does not outlive its user, whoever is in the middle of something while they are deleted.

use rollcall::access::{Action, Origin, Viewer};
use rollcall::audit::{Event, verify};
use rollcall::base::id::{Id, UserId};
use rollcall::entity::user;
use rollcall::sessions::identify::identify;
use sea_orm::{DatabaseTransaction, EntityTrait};

use crate::races::until_waiting;
use crate::support::*;

on_each_server!(
    what_is_told_of_a_user_after_their_deletion_is_forgotten,
    what_is_told_of_a_user_during_their_deletion_is_forgotten,
);

/// Somebody who does something, whose event is written and not committed yet.
async fn under_way(world: &World, who: &Actor) -> DatabaseTransaction {
    let signed_in = identify(&world.app, Origin::default(), who.token.as_deref()).await;
    let mut viewer: Viewer = signed_in.unwrap();
    viewer.origin.address = Some("192.0.2.9".to_owned());
    let id = UserId::parse(&who.id).unwrap();
    let row = user::Entity::find_by_id(id).one(world.app.database.reader());
    let row = row.await.unwrap().unwrap();
    let txn = world.app.begin().await.unwrap();
    let event = Event::done(Action::ProfileUpdate).on(&row);
    world.app.record_in(&txn, &viewer, event).await.unwrap();
    txn
}

/// The halves of these events: of both, and of those whose user is gone.
async fn halves(world: &World) -> (i64, i64) {
    let all = "SELECT COUNT(*) AS n FROM audit_personal JOIN audit_event ON audit_event.id = event_id \
               WHERE audit_event.action = 'updateProfile'";
    let ownerless = "SELECT COUNT(*) AS n FROM audit_personal WHERE user_id NOT IN (SELECT id FROM \"user\")";
    (world.count(all).await, world.count(ownerless).await)
}

async fn assert_forgotten(world: &World, told: &str) {
    world.sealed().await;
    assert_eq!(halves(world).await, (0, 0));
    assert_eq!(world.tables_with("192.0.2.9").await, Vec::<String>::new());
    // The event itself stays, and the chain is whole.
    let sql = format!("SELECT COUNT(*) AS n FROM audit_event WHERE action = 'updateProfile' AND {told}");
    assert_eq!(world.count(&sql).await, 1);
    let verdict = verify(&world.app.database, &world.app.keys, &[]).await.unwrap();
    assert_eq!(verdict.flaw, None);
}

async fn what_is_told_of_a_user_after_their_deletion_is_forgotten(store: Store) {
    let world = World::new(store).await;
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let txn = under_way(&world, &mia).await;
    let (done, is_done) = tokio::sync::oneshot::channel();
    let deleted = async {
        let answer = root.mutate("deleteUser", json!({ "userId": mia.id }), "").await;
        world.sealed().await;
        let _ = done.send(());
        answer
    };
    let told = async {
        match store {
            // Here the deletion sees rows that are not committed, and waits for them.
            Store::MariaDb => until_waiting(&world, 1).await,
            _ => is_done.await.unwrap(),
        }
        world.app.commit(txn).await.unwrap();
    };
    let (deleted, ()) = tokio::join!(deleted, told);
    deleted.ok();
    assert_forgotten(&world, "actor_account = 'mia'").await;
}

async fn what_is_told_of_a_user_during_their_deletion_is_forgotten(store: Store) {
    let world = World::new(store).await;
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", input, "").await.ok();
    let txn = under_way(&world, &mia).await;
    // The deletion has taken away the halves that it can see, and stops at what the user leaves to others.
    let held = world.hold("SELECT id FROM invitation").await.unwrap();
    let told = async {
        until_waiting(&world, 1).await;
        world.app.commit(txn).await.unwrap();
        world.sealed().await;
        assert_eq!(halves(&world).await, (2, 0));
        held.rollback().await.unwrap();
    };
    let input = json!({ "userId": mia.id });
    let (deleted, ()) = tokio::join!(root.mutate("deleteUser", input, ""), told);
    deleted.ok();
    assert_forgotten(&world, "actor_account = 'mia'").await;
}
