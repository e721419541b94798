//! A team that expires, as two nodes see it. They go by one clock, which stands still but for what the test moves: so the
//! very second of expiry can be looked at, by both at once.

use chrono::{DateTime, TimeDelta, Utc};
use rollcall::teams::expiry::notify_due;

use crate::support::mail::Mail;
use crate::support::*;
use crate::team_expiry::{EVERYBODY, Stage, days, make, set};

on_each_database!(
    two_nodes_send_each_notice_once,
    a_right_goes_at_the_second_of_expiry_on_both_nodes,
);

/// Two nodes, and teams that all expire at the same time: while one node tells of one, the other may tell of another.
struct Nodes {
    stage: Stage,
    there: Second,
    /// The teams' ids and names.
    teams: Vec<(String, String)>,
}

impl Nodes {
    async fn with_teams_that_expire_at(stage: Stage, expiry: DateTime<Utc>) -> Self {
        let root = stage.world.super_admin().await;
        let id = async |account: &str| {
            let users = format!("{{ users(filter: {{ search: \"{account}\" }}) {{ nodes {{ id }} }} }}");
            root.ask(&users).await.ok().text("users.nodes.0.id")
        };
        let admins = [id("ada").await, id("mia").await];
        let mut teams = vec![(stage.team.clone(), "Mini".to_owned())];
        for number in 1..4 {
            let name = format!("Mini {number}");
            let input = json!({
                "name": name, "type": "MINI_PROGRAM", "superappTeamId": stage.superapp, "adminIds": admins,
            });
            teams.push((make(&root, input).await, name));
        }
        let there = Second::of(&stage.world).await;
        let nodes = Self { stage, there, teams };
        nodes.extend(&root, expiry).await;
        nodes
    }

    /// Lets all the teams expire at this time; by turns, on the one node and on the other.
    async fn extend(&self, root: &Actor, expiry: DateTime<Utc>) {
        let roots = [root.at(&self.stage.world.url), root.at(&self.there.url)];
        for (place, (id, _)) in self.teams.iter().enumerate() {
            let input = json!({ "teamId": id, "expiresAt": expiry.to_rfc3339() });
            roots[place % 2].mutate("updateTeam", input, "").await.ok();
        }
    }

    /// Moves the clock to this time and has both nodes look at the same moment: each by itself, as it does when it is
    /// woken, and once more by the test, which so knows when all is written. Answers all letters that came of it, in order.
    async fn look_at(&self, time: DateTime<Utc>) -> Vec<String> {
        let world = &self.stage.world;
        // None is under way when the clock jumps: its lease would be over, and another node would send it again.
        world.all_letters_arrive().await;
        let before = world.mail.all().len();
        world.pass(time - world.app.now());
        self.there.app.notices.notify_one();
        let looks = tokio::join!(notify_due(&world.app), notify_due(&self.there.app));
        let written = looks.0.unwrap() + looks.1.unwrap();
        assert!(written <= self.teams.len(), "{written}");
        world.all_letters_arrive().await;
        titles(&world.mail.all()[before..])
    }

    /// One letter of each team to everybody whom it concerns, whose subject ends with this.
    fn to_everybody(&self, subject: &str) -> Vec<String> {
        let of_team = |(_, team): &(String, String)| {
            EVERYBODY.map(|account| format!("{account}@example.com: {team}: A team {subject}"))
        };
        let mut all: Vec<String> = self.teams.iter().flat_map(of_team).collect();
        all.sort_unstable();
        all
    }
}

fn is_notice(mail: &Mail) -> bool {
    mail.subject.contains("expire")
}

/// To whom the letters went, of which team, and their subjects.
fn titles(mails: &[Mail]) -> Vec<String> {
    let title = |mail: &Mail| {
        let team = if is_notice(mail) {
            mail.fact("Team")
        } else {
            String::new()
        };
        format!("{}: {team}: {}", mail.to, mail.subject)
    };
    let mut titles: Vec<String> = mails.iter().map(title).collect();
    titles.sort_unstable();
    titles
}

async fn two_nodes_send_each_notice_once(world: World) {
    let stage = set(world).await;
    stage.world.app.clock.stop();
    let expiry = stage.world.app.now() + days(40);
    let nodes = Nodes::with_teams_that_expire_at(stage, expiry).await;
    let world = &nodes.stage.world;
    let (nothing, second) = ([""; 0], TimeDelta::seconds(1));
    let mut told = Vec::new();
    for (before, subject) in [
        (30, "expires in 30 days"),
        (7, "expires in 7 days"),
        (1, "expires in 1 day"),
        (0, "has expired"),
    ] {
        let due = expiry - days(before);
        assert_eq!(nodes.look_at(due - second).await, nothing, "{subject}");
        assert_eq!(nodes.look_at(due).await, nodes.to_everybody(subject));
        assert_eq!(nodes.look_at(due).await, nothing, "{subject}");
        assert_eq!(nodes.look_at(due + second).await, nothing, "{subject}");
        told.extend(nodes.to_everybody(subject));
    }

    // Extended, the teams are told of anew, and that once too.
    let expiry = world.app.now() + days(8);
    nodes.extend(&world.super_admin().await, expiry).await;
    assert_eq!(nodes.look_at(world.app.now()).await, nothing);
    let subject = "expires in 7 days";
    assert_eq!(nodes.look_at(expiry - days(7)).await, nodes.to_everybody(subject));
    told.extend(nodes.to_everybody(subject));

    // Nor did one come late, after its look: when both nodes have ended, these are all.
    let Nodes { stage, there, .. } = nodes;
    stage.world.stop().await;
    there.end().await;
    let mut notices = stage.world.mail.all();
    notices.retain(is_notice);
    told.sort_unstable();
    assert_eq!(titles(&notices), told);
}

/// Whether the member has their right at the node that they ask. All that the API shows of it agrees, and so does what it
/// lets them do.
async fn has_right(member: &Actor, team: &Team) -> bool {
    let document = "query($id: ID!) { team(id: $id) { status viewerPermissions } \
        viewer { menus can(permission: TEAM_MEMBER_MANAGEMENT, teamId: $id) } }";
    let seen = member.ask_with(document, json!({ "id": team.id })).await.ok();
    let has_it = seen.at("viewer.can").as_bool().unwrap();
    let held = seen.at("team.viewerPermissions").as_array().unwrap();
    assert_eq!(
        held.contains(&json!("TEAM_MEMBER_MANAGEMENT")),
        has_it,
        "{}",
        seen.body
    );
    // The others go with it.
    assert_eq!(held.is_empty(), !has_it, "{}", seen.body);
    let menus = seen.at("viewer.menus").as_array().unwrap();
    assert_eq!(menus.contains(&json!("TEAM_MANAGEMENT")), has_it, "{}", seen.body);
    let status = if has_it { "ACTIVE" } else { "EXPIRED" };
    assert_eq!(seen.text("team.status"), status);
    let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
    let invited = member.mutate("createInvitation", input, "").await;
    if has_it {
        invited.ok();
    } else {
        invited.refused("FORBIDDEN");
    }
    has_it
}

async fn a_right_goes_at_the_second_of_expiry_on_both_nodes(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let mia = mini.with(&world, "mia", "Member manager").await;
    let root = world.super_admin().await;
    let there = Second::of(&world).await;
    let nodes = [&world.url, &there.url];
    let assert_right = async |wanted: bool, told: &str| {
        for node in nodes {
            for member in [&mia, &mini.admin] {
                let has_it = has_right(&member.at(node), &mini).await;
                assert_eq!(has_it, wanted, "{told}: {} at {node}", member.account);
            }
        }
    };

    // From here on no time passes while we ask. In all, less than an access token is good for.
    world.app.clock.stop();
    // Each node extends the team once after it has expired.
    for node in [nodes[0], nodes[1], nodes[0]] {
        let expiry = world.app.now() + TimeDelta::minutes(2);
        let input = json!({ "teamId": mini.id, "expiresAt": expiry.to_rfc3339() });
        root.at(node).mutate("updateTeam", input, "").await.ok();
        assert_right(true, "from the extension on").await;
        world.pass(TimeDelta::minutes(1));
        assert_right(true, "a minute before").await;
        world.pass(TimeDelta::seconds(59));
        assert_right(true, "a second before").await;
        // The clock's finest step.
        world.pass(TimeDelta::seconds(1) - TimeDelta::microseconds(1));
        assert_right(true, "just before").await;
        world.pass(TimeDelta::microseconds(1));
        assert_eq!(world.app.now(), expiry);
        assert_right(false, "at the second of expiry").await;
        world.pass(TimeDelta::seconds(1));
        assert_right(false, "a second after").await;
    }
    there.end().await;
}
