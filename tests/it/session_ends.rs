//! What ends a session ends it on every node, from the very next request on: its access token, its refresh token, and
//! the subscription that it holds open. The other sessions go on.

use futures::future::join_all;

use crate::nodes::two_nodes;
use crate::support::actor::PASSWORD;
use crate::support::process::{Node, run};
use crate::support::*;
use crate::totp::enrol;

on_each_server!(
    each_ending_holds_on_every_node,
    the_super_admins_sessions_end_on_the_servers_machine,
    a_right_that_is_taken_away_is_gone_on_every_node,
);

mod sqlite {
    //! It is for one node.

    use crate::support::Store;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_ending_holds_on_every_node() {
        super::each_ending_holds_on_every_node(Store::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_super_admins_sessions_end_on_the_servers_machine() {
        super::the_super_admins_sessions_end_on_the_servers_machine(Store::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_right_that_is_taken_away_is_gone_on_every_node() {
        super::a_right_that_is_taken_away_is_gone_on_every_node(Store::Sqlite).await;
    }
}

/// A way to end sessions, by a mutation.
struct Ending {
    by: By,
    field: &'static str,
    input: fn(&Scene) -> Value,
    whose: Whose,
    /// What has to be there first.
    needs: Need,
    ends: &'static [Seat],
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The user, from the session at the desk.
    Desk,
    Root,
    /// The user, who is not signed in for it.
    Nobody,
}

/// Whose sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Member,
    /// A member who registered, with an address.
    Registered,
    PlatformAdmin,
}

/// What the mutation needs. The text that it gives is [`Scene::given`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    /// Dynamic codes; gives a recovery code.
    Totp,
    /// A bound address.
    Address,
    /// Gives the code that resets the password.
    ResetCode,
    /// A login that waits for a new password; gives its challenge.
    PasswordChange,
    /// Gives the id of the phone's session.
    Session,
}

/// A session of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    Desk,
    Phone,
    Tablet,
}

const SEATS: [Seat; 3] = [Seat::Desk, Seat::Phone, Seat::Tablet];
const ALL: &[Seat] = &SEATS;
const ALL_BUT_THE_DESK: &[Seat] = &[Seat::Phone, Seat::Tablet];
const NONE: &[Seat] = &[];

const NEW: &str = "Red-Whale-43";

const fn ending(
    by: By,
    field: &'static str,
    input: fn(&Scene) -> Value,
    (whose, needs): (Whose, Need),
    ends: &'static [Seat],
) -> Ending {
    Ending {
        by,
        field,
        input,
        whose,
        needs,
        ends,
    }
}

/// The ways, and some that look like one and end nothing.
#[rustfmt::skip]
const ENDINGS: [Ending; 23] = [
    ending(By::Desk, "changePassword", |scene| json!({
        "currentPassword": scene.password, "newPassword": NEW, "newPasswordConfirmation": NEW,
    }), (Whose::Member, Need::Nothing), ALL_BUT_THE_DESK),
    ending(By::Nobody, "resetPassword", |scene| json!({
        "email": scene.email(), "code": scene.given, "newPassword": NEW, "newPasswordConfirmation": NEW,
    }), (Whose::Registered, Need::ResetCode), ALL),
    ending(By::Root, "resetUserPassword", |scene| json!({
        "userId": scene.id, "password": NEW,
    }), (Whose::Member, Need::Nothing), ALL),
    ending(By::Root, "resetUserPassword", |scene| json!({
        "userId": scene.id, "generatePassword": true,
    }), (Whose::PlatformAdmin, Need::Nothing), ALL),
    ending(By::Nobody, "completeLogin", |scene| json!({
        "challenge": scene.given, "newPassword": NEW, "newPasswordConfirmation": NEW,
    }), (Whose::Member, Need::PasswordChange), ALL),
    ending(By::Desk, "disableTotp", |scene| json!({
        "password": scene.password, "recoveryCode": scene.given,
    }), (Whose::Member, Need::Totp), ALL_BUT_THE_DESK),
    ending(By::Root, "unbindUserTotp", of_user, (Whose::Member, Need::Totp), ALL),
    ending(By::Root, "disableUser", of_user, (Whose::Member, Need::Nothing), ALL),
    ending(By::Root, "disableUser", of_user, (Whose::PlatformAdmin, Need::Nothing), ALL),
    ending(By::Root, "deleteUser", of_user, (Whose::Member, Need::Nothing), ALL),
    ending(By::Root, "deleteUser", of_user, (Whose::PlatformAdmin, Need::Nothing), ALL),
    ending(By::Root, "updateUser", |scene| json!({
        "userId": scene.id, "accountType": "MEMBER",
    }), (Whose::PlatformAdmin, Need::Nothing), ALL),
    ending(By::Root, "updateUser", |scene| json!({
        "userId": scene.id, "accountType": "PLATFORM_ADMIN",
    }), (Whose::Member, Need::Nothing), ALL),
    ending(By::Desk, "revokeSession", |scene| json!({
        "sessionId": scene.given,
    }), (Whose::Member, Need::Session), &[Seat::Phone]),
    ending(By::Root, "revokeSession", |scene| json!({
        "sessionId": scene.given,
    }), (Whose::Member, Need::Session), &[Seat::Phone]),
    ending(By::Desk, "revokeOtherSessions", |_| Value::Null, (Whose::Member, Need::Nothing), ALL_BUT_THE_DESK),
    ending(By::Desk, "logout", |_| Value::Null, (Whose::Member, Need::Nothing), &[Seat::Desk]),
    ending(By::Root, "updateUser", |scene| json!({
        "userId": scene.id, "name": "Another",
    }), (Whose::Member, Need::Nothing), NONE),
    ending(By::Desk, "unbindEmail", |scene| json!({
        "password": scene.password,
    }), (Whose::Member, Need::Address), NONE),
    ending(By::Root, "unbindUserEmail", of_user, (Whose::Registered, Need::Nothing), NONE),
    ending(By::Root, "unlockUser", of_user, (Whose::Member, Need::Nothing), NONE),
    ending(By::Root, "enableUser", of_user, (Whose::Member, Need::Nothing), NONE),
    ending(By::Desk, "updateProfile", |_| json!({ "locale": "ZH_CN" }), (Whose::Member, Need::Nothing), NONE),
];

fn of_user(scene: &Scene) -> Value {
    json!({ "userId": scene.id })
}

/// A user with three sessions.
struct Scene {
    id: String,
    account: String,
    password: String,
    seats: Vec<(Seat, Actor)>,
    given: String,
}

impl Scene {
    /// All are made by one session of the super admin: many logins to one account at once are many tries.
    async fn open(world: &World, root: &Actor, whose: Whose, account: &str) -> Self {
        let account_type = match whose {
            Whose::Registered => {
                let desk = world.registered(account, None).await;
                return Self::of(world, desk, PASSWORD.to_owned()).await;
            }
            Whose::Member => "MEMBER",
            Whose::PlatformAdmin => "PLATFORM_ADMIN",
        };
        let input =
            json!({ "name": account, "account": account, "accountType": account_type, "password": PASSWORD });
        root.mutate("createUser", input, "").await.ok();
        let desk = Actor::log_in(world, account, PASSWORD).await;
        Self::of(world, desk, format!("{PASSWORD}2")).await
    }

    /// Signs them in twice more.
    async fn of(world: &World, desk: Actor, password: String) -> Self {
        let (id, account) = (desk.id.clone(), desk.account.clone());
        let mut seats = vec![(Seat::Desk, desk)];
        for seat in ALL_BUT_THE_DESK {
            seats.push((*seat, Actor::log_in(world, &account, &password).await));
        }
        Self {
            id,
            account,
            password,
            seats,
            given: String::new(),
        }
    }

    fn email(&self) -> String {
        format!("{}@example.com", self.account)
    }

    fn seat(&self, wanted: Seat) -> &Actor {
        let found = self.seats.iter().find(|(seat, _)| *seat == wanted);
        &found.expect("each seat is taken").1
    }

    async fn meet(&mut self, world: &World, need: Need) {
        let desk = self.seat(Seat::Desk);
        self.given = match need {
            Need::Nothing => String::new(),
            Need::Totp => enrol(world, desk, &self.password).await.1.swap_remove(0),
            Need::Address => {
                let input = json!({ "email": self.email(), "purpose": "BIND_EMAIL" });
                desk.mutate("sendVerificationCode", input, "").await.ok();
                let code = world.mail.to(&self.email()).await.code(6);
                let input =
                    json!({ "email": self.email(), "verificationCode": code, "password": self.password });
                desk.mutate("bindEmail", input, "").await.ok();
                String::new()
            }
            Need::ResetCode => {
                // A minute after the code that registered them.
                world.pass(chrono::TimeDelta::seconds(61));
                let input = json!({ "email": self.email() });
                world
                    .nobody()
                    .mutate("requestPasswordReset", input, "")
                    .await
                    .ok();
                loop {
                    let mail = world.mail.to(&self.email()).await;
                    if mail.subject.contains("Reset") {
                        break mail.code(6);
                    }
                }
            }
            Need::PasswordChange => {
                // As if the password had come of age: nothing ends by that.
                let come_of_age = format!(
                    "UPDATE \"user\" SET must_change_password = TRUE WHERE account = '{}'",
                    self.account
                );
                world.execute(&come_of_age).await;
                let input = json!({ "login": self.account, "password": self.password });
                let answer = world.nobody().mutate("login", input, "step challenge").await.ok();
                assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
                answer.text("login.challenge")
            }
            Need::Session => self.seat(Seat::Phone).session().await,
        };
    }

    /// Connections that follow the log, one of each session at each node.
    async fn follow(&self, nodes: &[String]) -> Vec<(Seat, String, Socket)> {
        let mut followers = Vec::new();
        for (seat, actor) in &self.seats {
            for node in nodes {
                let mut socket = Socket::of(&actor.at(node)).await;
                socket.subscribe("1", &json!({ "actions": [] }), "id").await;
                is_heard(&mut socket).await;
                followers.push((*seat, format!("{seat:?} at {node}"), socket));
            }
        }
        followers
    }

    /// Goes on only when these sessions are over on all nodes, and the others go on.
    async fn assert_ended(
        &self,
        nodes: &[String],
        ended: &[Seat],
        followers: Vec<(Seat, String, Socket)>,
        told: &str,
    ) {
        for (seat, actor) in &self.seats {
            let goes_on = !ended.contains(seat);
            for node in nodes {
                let here = actor.at(node);
                assert_eq!(here.is_signed_in().await, goes_on, "{told}: {seat:?} at {node}");
                if !goes_on {
                    let refused = refresh(&here).await;
                    let told = format!("{told}: {seat:?} at {node}: {}", refused.body);
                    assert_eq!(
                        refused.user_errors(),
                        ["INVALID_CREDENTIALS refreshToken"],
                        "{told}"
                    );
                    assert!(refused.at("refreshSession.tokens").is_null(), "{told}");
                }
            }
        }
        let heard = followers.into_iter().map(async |(seat, place, mut socket)| {
            if ended.contains(&seat) {
                assert_eq!(socket.closed().await, 4401, "{told}: {place}");
            } else {
                is_heard(&mut socket).await;
            }
        });
        join_all(heard).await;
        // What goes on can be refreshed, once, on whatever node.
        for (number, (seat, actor)) in self.seats.iter().enumerate() {
            if ended.contains(seat) {
                continue;
            }
            let fresh = refresh(&actor.at(&nodes[number % nodes.len()])).await.ok();
            let fresh = actor.with_tokens(&fresh, "refreshSession.tokens");
            for node in nodes {
                assert!(fresh.at(node).is_signed_in().await, "{told}: {seat:?} at {node}");
            }
        }
    }
}

async fn refresh(actor: &Actor) -> Answer {
    let input = json!({ "refreshToken": actor.refresh_token });
    let nobody = Actor::nobody(&actor.url);
    nobody
        .mutate("refreshSession", input, "tokens { accessToken refreshToken }")
        .await
}

/// Says something; the answer is the next thing that the server says.
async fn is_heard(socket: &mut Socket) {
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
}

/// A world with as many nodes as its database is for, and their addresses.
async fn nodes_of(store: Store) -> (World, Option<Node>, Vec<String>) {
    if store == Store::Sqlite {
        let world = World::new(store).await;
        let nodes = vec![world.url.clone()];
        return (world, None, nodes);
    }
    let (world, node) = two_nodes(store).await;
    let nodes = vec![world.url.clone(), node.url.clone()];
    (world, Some(node), nodes)
}

/// How many are looked at side by side.
const AT_ONCE: usize = 6;

async fn each_ending_holds_on_every_node(store: Store) {
    let (world, _node, nodes) = nodes_of(store).await;
    let root = world.super_admin().await;
    // Now on the one node, now on the other, which has to learn of it.
    let cases: Vec<_> = ENDINGS.iter().zip(nodes.iter().cycle()).enumerate().collect();
    for cases in cases.chunks(AT_ONCE) {
        let scenes = cases.iter().map(|(number, (ending, _))| {
            let (world, root, account) = (&world, &root, format!("user{number}"));
            async move { Scene::open(world, root, ending.whose, &account).await }
        });
        let mut scenes = join_all(scenes).await;
        // One after the other: some move the clock.
        for (scene, (_, (ending, _))) in scenes.iter_mut().zip(cases) {
            scene.meet(&world, ending.needs).await;
        }
        let ended = scenes.iter().zip(cases);
        join_all(ended.map(|(scene, (_, (ending, node)))| ends(&root, scene, ending, node, &nodes))).await;
    }
}

/// Ends what the ending ends, at this node, and looks at all of them.
async fn ends(root: &Actor, scene: &Scene, ending: &Ending, node: &str, nodes: &[String]) {
    let told = format!("{} by {:?} at {node}", ending.field, ending.by);
    let followers = scene.follow(nodes).await;
    for (seat, actor) in &scene.seats {
        for node in nodes {
            assert!(
                actor.at(node).is_signed_in().await,
                "before {told}: {seat:?} at {node}"
            );
        }
    }
    let by = match ending.by {
        By::Desk => scene.seat(Seat::Desk).clone(),
        By::Root => root.clone(),
        By::Nobody => Actor::nobody(node),
    };
    let by = by.at(node);
    let done = match (ending.input)(scene) {
        Value::Null => {
            let document = format!("mutation {{ {} {{ userErrors {{ code }} }} }}", ending.field);
            by.ask(&document).await
        }
        input => by.mutate(ending.field, input, "").await,
    };
    done.ok();
    scene.assert_ended(nodes, ending.ends, followers, &told).await;
}

async fn the_super_admins_sessions_end_on_the_servers_machine(store: Store) {
    let (world, _node, nodes) = nodes_of(store).await;
    let root = world.super_admin().await;
    let scene = Scene::of(&world, root, PASSWORD.to_owned()).await;
    let followers = scene.follow(&nodes).await;
    let other = world.member("mia").await;
    let data_dir = world.folder.path().display().to_string();
    let arguments = [
        "admin",
        "reset-password",
        "--data-dir",
        &data_dir,
        "--database-url",
        &world.database_url,
    ];
    let output = run(&arguments, &[]).await;
    assert!(output.status.success(), "{output:?}");
    scene
        .assert_ended(&nodes, ALL, followers, "rollcall admin reset-password")
        .await;
    for node in &nodes {
        assert!(other.at(node).is_signed_in().await);
    }
}

/// A way to take a right in a team away, which leaves the session.
struct Taking {
    field: &'static str,
    by: Taker,
    input: fn(&Holder) -> Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taker {
    Admin,
    Root,
    Holder,
}

/// Who has the right.
struct Holder {
    team: Team,
    actor: Actor,
    membership: String,
    role: String,
}

#[rustfmt::skip]
const TAKINGS: [Taking; 6] = [
    Taking { field: "updateTeamMember", by: Taker::Admin, input: |holder| json!({
        "membershipId": holder.membership, "roleId": holder.team.role("Developer"),
    }) },
    Taking { field: "updateRole", by: Taker::Admin, input: |holder| json!({
        "roleId": holder.role, "permissions": ["DATA_DASHBOARD"],
    }) },
    Taking { field: "removeTeamMember", by: Taker::Admin, input: |holder| json!({
        "membershipId": holder.membership,
    }) },
    Taking { field: "leaveTeam", by: Taker::Holder, input: |holder| json!({
        "teamId": holder.team.id,
    }) },
    Taking { field: "disableTeam", by: Taker::Root, input: |holder| json!({
        "teamId": holder.team.id,
    }) },
    Taking { field: "deleteTeam", by: Taker::Root, input: |holder| json!({
        "teamId": holder.team.id, "confirmName": holder.team.name,
    }) },
];

async fn a_right_that_is_taken_away_is_gone_on_every_node(store: Store) {
    let (world, _node, nodes) = nodes_of(store).await;
    for (number, taking) in TAKINGS.iter().enumerate() {
        for (place, node) in nodes.iter().enumerate() {
            let told = format!("{} at {node}", taking.field);
            let team = world.superapp_team(&format!("Team{number}-{place}")).await;
            let role = team.make_role("Painter", &["TEAM_MEMBER_MANAGEMENT"]).await;
            let actor = world.member(&format!("user{number}-{place}")).await;
            let membership = team.add_with(&actor, &role).await;
            let invite = json!({ "teamId": team.id, "roleId": team.role("Developer") });
            for node in &nodes {
                actor
                    .at(node)
                    .mutate("createInvitation", invite.clone(), "")
                    .await
                    .ok();
            }
            let holder = Holder {
                team,
                actor,
                membership,
                role,
            };
            let by = match taking.by {
                Taker::Admin => holder.team.admin.clone(),
                Taker::Root => world.super_admin().await,
                Taker::Holder => holder.actor.clone(),
            };
            by.at(node)
                .mutate(taking.field, (taking.input)(&holder), "")
                .await
                .ok();
            for node in &nodes {
                let here = holder.actor.at(node);
                let answer = here.mutate("createInvitation", invite.clone(), "").await;
                assert_eq!(answer.codes(), ["FORBIDDEN"], "{told}: {}", answer.body);
                assert!(here.is_signed_in().await, "{told}");
            }
        }
    }
}
