//! A copy of the database that lags is asked for what may lag, and for nothing else.

use rollcall::base::settings::Hidden;

use crate::support::database::TestDatabase;
use crate::support::*;

/// A second node over the world's database, which knows a copy of it. The copy follows nothing: it is of the moment at
/// which it was made, as that of a replica whose replay stands still.
struct Node {
    second: Second,
    // Last: it is dropped when nothing uses it any more.
    copy: Option<TestDatabase>,
}

impl Node {
    async fn with_copy(world: &World) -> Self {
        let copy = TestDatabase::snapshot_of(&world.database_url).await;
        let url = Hidden(copy.url.clone());
        let second = Second::with_settings(world, |settings| settings.database_replica_url = Some(url)).await;
        Self {
            second,
            copy: Some(copy),
        }
    }

    async fn end(self) {
        self.second.end().await;
    }
}

const NAMES: &str = "{ users(orderBy: { field: ACCOUNT, direction: ASC }) { nodes { name } } }";

async fn names(actor: &Actor, node: &Node) -> Vec<String> {
    let answer = actor.at(&node.second.url).ask(NAMES).await.ok();
    let nodes = answer.at("users.nodes").as_array().unwrap().clone();
    nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

/// What others did may be missing; what one has done oneself never is, on whichever node it was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_lags_answers_who_has_done_nothing_since() {
    let world = World::new(Store::Postgres).await;
    let root = world.super_admin().await;
    let pia = world.platform_admin("pia").await;
    let mia = world.member("mia").await;
    let node = Node::with_copy(&world).await;
    let before = names(&pia, &node).await;
    assert_eq!(before, ["mia", "pia", "root"]);

    let rename = json!({ "userId": mia.id, "name": "Mia-the-second" });
    root.mutate("updateUser", rename, "user { name }").await.ok();
    assert_eq!(
        names(&pia, &node).await,
        before,
        "pia has done nothing since the copy"
    );
    assert_eq!(names(&root, &node).await, ["Mia-the-second", "pia", "root"]);

    pia.mutate("updateProfile", json!({ "name": "Pia-the-second" }), "")
        .await
        .ok();
    assert_eq!(
        names(&pia, &node).await,
        ["Mia-the-second", "Pia-the-second", "root"]
    );
    node.end().await;
}

/// A right that is taken away is gone at once, and so is a session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_lags_decides_no_rights() {
    let world = World::new(Store::Postgres).await;
    let root = world.super_admin().await;
    let pia = world.platform_admin("pia").await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let node = Node::with_copy(&world).await;
    let team = format!("{{ team(id: \"{}\") {{ name }} }}", blue.id);
    assert_eq!(
        mia.at(&node.second.url).ask(&team).await.ok().at("team.name"),
        "Blue"
    );

    let input = json!({ "membershipId": blue.membership_of(&mia).await });
    blue.admin.mutate("removeTeamMember", input, "").await.ok();
    assert_eq!(
        mia.at(&node.second.url).ask(&team).await.ok().at("team"),
        &Value::Null
    );

    root.mutate("disableUser", json!({ "userId": pia.id }), "")
        .await
        .ok();
    let answer = pia.at(&node.second.url).ask(NAMES).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
    node.end().await;
}

/// A copy that is down costs nobody an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_down_is_done_without() {
    let world = World::new(Store::Postgres).await;
    let pia = world.platform_admin("pia").await;
    let mut node = Node::with_copy(&world).await;
    assert_eq!(names(&pia, &node).await, ["pia", "root"]);
    node.copy.take().unwrap().end().await;
    assert_eq!(names(&pia, &node).await, ["pia", "root"]);
    node.end().await;
}
