//! Where requests meet: two nodes over one database, and many races in one world.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, join_all};
use rollcall::base::text::{Account, Name};
use rollcall::entity::user::{AccountType, Locale};
use rollcall::users::insert_in::{NewUser, insert_in};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::actor::Actor;
use super::answer::Answer;
use super::database::Store;
use super::process::Node;
use super::world::{Team, World};

/// How long requests may take to meet.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two nodes over one database, and the super admin signed in on both.
pub struct Arena {
    pub world: World,
    /// The super admin, here and there.
    pub roots: [Actor; 2],
    nodes: [String; 2],
    made: AtomicUsize,
    // It runs as long as somebody may ask it.
    _node: Node,
}

/// How requests meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting<'a> {
    /// All are sent at the same moment.
    Free,
    /// The rows of this select are held until each either waits for a lock or has its answer: all have found out who
    /// asks and what stands in the database before the first of them changes it.
    At(&'a str),
}

impl Arena {
    pub async fn open(store: Store) -> Self {
        let world = World::new(store).await;
        let (database, mail) = (world.database_url.clone(), world.mail.url.clone());
        let arguments = ["--database-url", &database, "--smtp-url", &mail];
        let node = Node::start(world.folder.path(), &arguments).await;
        let nodes = [world.url.clone(), node.url.clone()];
        let root = world.super_admin().await;
        let roots = [root.clone(), root.at(&node.url)];
        Self {
            world,
            roots,
            nodes,
            made: AtomicUsize::new(0),
            _node: node,
        }
    }

    /// A number that nothing else has.
    pub fn number(&self) -> usize {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// A new member in no team, signed in, on one node or the other by turns. They have no password that a hash was
    /// taken of: a hundred races need hundreds of them.
    pub async fn member(&self) -> Actor {
        self.user(AccountType::Member).await
    }

    /// The same, of this account type.
    pub async fn user(&self, account_type: AccountType) -> Actor {
        let number = self.number();
        let account = format!("racer-{number}");
        let app = &self.world.app;
        let new = NewUser {
            name: Name::parse(&account).unwrap(),
            account: Account::parse(&account).unwrap(),
            account_type,
            password_hash: "none".to_owned(),
            must_change_password: false,
            email: None,
            proposed_email: None,
            locale: Locale::default(),
        };
        let txn = app.begin().await.unwrap();
        let user = insert_in(&txn, app, new).await.unwrap().unwrap();
        let (_, tokens) = self.world.open_session_in(&txn, user.id).await;
        app.commit(txn).await.unwrap();
        Actor {
            url: self.nodes[number % 2].clone(),
            token: Some(tokens.access_token),
            refresh_token: Some(tokens.refresh_token),
            id: user.id.to_string(),
            account,
            client: self.roots[0].client.clone(),
        }
    }

    /// Some of them.
    pub async fn members(&self, count: usize) -> Vec<Actor> {
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            members.push(self.member().await);
        }
        members
    }

    /// A new superapp team with these admins, of whom the first one is the team's `admin`.
    pub async fn team(&self, admins: &[Actor]) -> Team {
        self.team_with(admins, json!({ "type": "SUPERAPP" })).await
    }

    /// The same with more in its input.
    pub async fn team_with(&self, admins: &[Actor], more: Value) -> Team {
        let name = format!("Team {}", self.number());
        let ids: Vec<&str> = admins.iter().map(|admin| admin.id.as_str()).collect();
        let mut input = json!({ "name": name, "adminIds": ids });
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let selection = "team { id roles { id name } }";
        let made = self.roots[0].mutate("createTeam", input, selection).await.ok();
        Team {
            id: made.text("createTeam.team.id"),
            name,
            admin: admins[0].clone(),
            roles: serde_json::from_value(made.at("createTeam.team.roles").clone()).unwrap(),
        }
    }

    /// Asks all of these at the same moment. None may fail by a fault of ours.
    pub async fn meet(&self, meeting: Meeting<'_>, asked: Vec<BoxFuture<'_, Answer>>) -> Vec<Answer> {
        let all = asked.len();
        let held = match meeting {
            Meeting::Free => None,
            Meeting::At(select) => self.world.hold(select).await,
        };
        let (start, answered) = (Barrier::new(all), AtomicUsize::new(0));
        let asked = asked.into_iter().map(|asked| {
            let (start, answered) = (&start, &answered);
            async move {
                start.wait().await;
                let answer = asked.await;
                answered.fetch_add(1, Ordering::Relaxed);
                answer
            }
        });
        let let_go = async {
            let Some(held) = held else { return };
            let met = async {
                let all = i64::try_from(all).unwrap();
                let through = || i64::try_from(answered.load(Ordering::Relaxed)).unwrap();
                while through() + self.world.waiting().await < all {
                    tokio::task::yield_now().await;
                }
            };
            let met = tokio::time::timeout(PATIENCE, met).await;
            held.rollback().await.unwrap();
            met.expect("the requests meet");
        };
        let (answers, ()) = tokio::join!(join_all(asked), let_go);
        for answer in &answers {
            let internal = answer.codes().contains(&"INTERNAL".to_owned());
            assert!(!internal, "{}", answer.body);
        }
        answers
    }
}

/// A mutation that waits to be asked.
pub fn ask<'a>(by: &'a Actor, field: &'a str, input: Value) -> BoxFuture<'a, Answer> {
    async move { by.mutate(field, input, "").await }.boxed()
}

pub fn went_through(answer: &Answer) -> bool {
    answer.codes().is_empty() && answer.user_errors().is_empty()
}

/// Whether it went through; if it did not, it failed in one of these ways.
#[track_caller]
pub fn went_or_failed(answer: &Answer, failures: &[&str], told: impl std::fmt::Debug) -> bool {
    if went_through(answer) {
        return true;
    }
    let failure = [answer.codes(), answer.user_errors()].concat().join(", ");
    assert!(
        failures.contains(&failure.as_str()),
        "{told:?}: {failure}: {}",
        answer.body
    );
    false
}

/// The rounds of a race: with all at one row, and free, by turns.
pub fn rounds(count: usize, at: &str) -> impl Iterator<Item = Meeting<'_>> {
    (0..count).map(move |round| {
        if round % 2 == 0 {
            Meeting::At(at)
        } else {
            Meeting::Free
        }
    })
}
