//! Teams that change while others go in and out: what was decided under a team's lock holds.

use futures::future::{BoxFuture, FutureExt};

use crate::races::{at_once, mailed_code, members, register};
use crate::support::arena::{ask, went_through};
use crate::support::*;

on_each_database!(
    nobody_joins_a_team_after_it_was_disabled,
    nobody_is_left_in_a_team_that_was_deleted_meanwhile,
    who_leaves_while_the_team_is_deleted_gets_an_answer,
    who_goes_while_their_teams_are_deleted_gets_an_answer,
    no_team_is_bound_to_one_that_is_disabled_meanwhile,
    no_team_is_bound_to_one_that_is_deleted_meanwhile,
    a_link_lets_in_who_came_before_it_was_replaced,
    of_16_registrations_of_a_user_five_go_through,
    one_name_is_registered_once,
    no_team_is_registered_with_one_that_is_deleted_meanwhile,
    no_team_is_registered_with_one_that_is_disabled_meanwhile,
);

/// Goes on only when each answer is good, or failed in one of these ways.
#[track_caller]
fn assert_only(answers: &[Answer], failures: &[&str]) {
    for answer in answers {
        let failure = [answer.codes(), answer.user_errors()].concat().join(", ");
        assert!(
            went_through(answer) || failures.contains(&failure.as_str()),
            "{failure}: {}",
            answer.body
        );
    }
}

/// Many ways into a team, all at once: by code, by registration, and by being added.
struct Rush {
    joiners: Vec<(Actor, String)>,
    guests: Vec<(String, String, String)>,
    added: Vec<Actor>,
}

async fn rush(world: &World, team: &Team) -> Rush {
    let mut joiners = Vec::new();
    for user in members(world, (0..5).map(|number| format!("joiner-{number}"))).await {
        joiners.push((user, team.invite("Developer").await));
    }
    let mut guests = Vec::new();
    for number in 0..3 {
        let email = format!("guest-{number}@example.com");
        let mailed = mailed_code(world, &email).await;
        guests.push((email, mailed, team.invite("Developer").await));
    }
    let added = members(world, (0..5).map(|number| format!("added-{number}"))).await;
    Rush {
        joiners,
        guests,
        added,
    }
}

impl Rush {
    /// All of them, with `deed` in their midst.
    fn with<'a>(
        &'a self,
        world: &'a World,
        team: &'a Team,
        deed: BoxFuture<'a, Answer>,
    ) -> Vec<BoxFuture<'a, Answer>> {
        let add = |user: &Actor| {
            let role = team.role("Developer");
            json!({ "teamId": team.id, "members": [{ "userId": user.id, "roleId": role }] })
        };
        let joins = self
            .joiners
            .iter()
            .map(|(user, code)| ask(user, "joinTeam", json!({ "code": code })));
        let adds = self
            .added
            .iter()
            .map(|user| ask(&team.admin, "addTeamMembers", add(user)));
        let registers = self
            .guests
            .iter()
            .enumerate()
            .map(move |(number, (email, mailed, code))| {
                async move { register(world, &format!("guest-{number}"), email, mailed, Some(code)).await }
                    .boxed()
            });
        let mut all: Vec<_> = joins.chain(registers).chain(adds).collect();
        all.insert(4, deed);
        all
    }
}

async fn nobody_joins_a_team_after_it_was_disabled(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let rush = rush(&world, &blue).await;
    let disable = ask(&root, "disableTeam", json!({ "teamId": blue.id }));
    let answers = at_once(rush.with(&world, &blue, disable)).await;
    assert!(went_through(&answers[4]), "{}", answers[4].body);
    assert_only(
        &answers,
        &[
            "INVALID_INVITATION code",
            "INVALID_INVITATION invitationCode",
            "FORBIDDEN",
        ],
    );
    let late = world.count(
        "SELECT COUNT(*) AS n FROM membership JOIN team ON team.id = membership.team_id \
         WHERE membership.joined_at > team.disabled_at",
    );
    assert_eq!(late.await, 0);
    let came = answers.iter().filter(|answer| went_through(answer)).count();
    let members = world.count("SELECT COUNT(*) AS n FROM membership").await;
    // Those who came, and the admin, less the disabling itself.
    assert_eq!(members, i64::try_from(came).unwrap());
}

async fn nobody_is_left_in_a_team_that_was_deleted_meanwhile(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let rush = rush(&world, &blue).await;
    let input = json!({ "teamId": blue.id, "confirmName": "Blue" });
    let answers = at_once(rush.with(&world, &blue, ask(&root, "deleteTeam", input))).await;
    assert!(went_through(&answers[4]), "{}", answers[4].body);
    assert_only(
        &answers,
        &[
            "INVALID_INVITATION code",
            "INVALID_INVITATION invitationCode",
            "NOT_FOUND",
            "FORBIDDEN",
        ],
    );
    for table in ["membership", "invitation", "team"] {
        let sql = format!("SELECT COUNT(*) AS n FROM {table}");
        assert_eq!(world.count(&sql).await, 0, "{table}");
    }
}

async fn who_leaves_while_the_team_is_deleted_gets_an_answer(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let users = members(&world, (0..8).map(|number| format!("user-{number}"))).await;
    for user in &users {
        blue.add(user, "Developer").await;
    }
    let leave = |user| ask(user, "leaveTeam", json!({ "teamId": blue.id }));
    let input = json!({ "teamId": blue.id, "confirmName": "Blue" });
    let mut asked: Vec<_> = users.iter().map(leave).collect();
    asked.insert(3, ask(&root, "deleteTeam", input));
    let answers = at_once(asked).await;
    assert!(went_through(&answers[3]), "{}", answers[3].body);
    // Who was in no other team has no right to leave any more when the request is looked at late.
    assert_only(&answers, &["NOT_FOUND", "FORBIDDEN"]);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM membership").await, 0);
}

async fn who_goes_while_their_teams_are_deleted_gets_an_answer(world: World) {
    let root = world.super_admin().await;
    let mut teams = Vec::new();
    for number in 0..4 {
        teams.push(world.superapp_team(&format!("Team {number}")).await);
    }
    let users = members(&world, (0..6).map(|number| format!("user-{number}"))).await;
    // Everybody is in every team, and has made and used codes there.
    for team in &teams {
        for user in &users {
            let code = team.invite("Member manager").await;
            user.mutate("joinTeam", json!({ "code": code }), "").await.ok();
            let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
            user.mutate("createInvitation", input, "").await.ok();
        }
    }
    let strike = |(number, user): (usize, &Actor)| {
        let field = if number % 2 == 0 {
            "deleteUser"
        } else {
            "disableUser"
        };
        ask(&root, field, json!({ "userId": user.id }))
    };
    let delete = |team: &Team| {
        ask(
            &root,
            "deleteTeam",
            json!({ "teamId": team.id, "confirmName": team.name }),
        )
    };
    let asked = users
        .iter()
        .enumerate()
        .map(strike)
        .chain(teams.iter().map(delete));
    let answers = at_once(asked).await;
    assert_only(&answers, &[]);
    for table in ["membership", "invitation", "team"] {
        let sql = format!("SELECT COUNT(*) AS n FROM {table}");
        assert_eq!(world.count(&sql).await, 0, "{table}");
    }
}

/// Four mini program teams that are bound to one superapp team, and are all to be bound to another.
async fn to_be_bound(world: &World) -> (Actor, Team, Vec<Team>) {
    let root = world.super_admin().await;
    let (blue, red) = (
        world.superapp_team("Blue").await,
        world.superapp_team("Red").await,
    );
    let mut teams = Vec::new();
    for number in 0..4 {
        teams.push(world.mini_program_team(&format!("Mini {number}"), &red).await);
    }
    (root, blue, teams)
}

fn bindings<'a>(
    root: &'a Actor,
    teams: &'a [Team],
    to: &'a Team,
    admin: &'a Actor,
) -> Vec<BoxFuture<'a, Answer>> {
    let bind = |team: &Team| {
        ask(
            root,
            "updateTeam",
            json!({ "teamId": team.id, "superappTeamId": to.id }),
        )
    };
    let make = |number: usize| {
        let input = json!({
            "name": format!("New {number}"), "type": "MINI_PROGRAM", "superappTeamId": to.id, "adminIds": [admin.id],
        });
        ask(root, "createTeam", input)
    };
    teams.iter().map(bind).chain((0..4).map(make)).collect()
}

async fn no_team_is_bound_to_one_that_is_disabled_meanwhile(world: World) {
    let (root, blue, teams) = to_be_bound(&world).await;
    let mut asked = bindings(&root, &teams, &blue, &blue.admin);
    asked.insert(3, ask(&root, "disableTeam", json!({ "teamId": blue.id })));
    let answers = at_once(asked).await;
    assert!(went_through(&answers[3]), "{}", answers[3].body);
    assert_only(&answers, &["TEAM_NOT_ACTIVE superappTeamId"]);
    let late = world.count(
        "SELECT COUNT(*) AS n FROM team AS mini JOIN team AS super ON super.id = mini.superapp_team_id \
         WHERE super.name = 'Blue' AND mini.created_at > super.disabled_at",
    );
    assert_eq!(late.await, 0);
    let bound = world.count(
        "SELECT COUNT(*) AS n FROM team AS mini JOIN team AS super ON super.id = mini.superapp_team_id \
         WHERE super.name = 'Blue'",
    );
    let came = answers.iter().filter(|answer| went_through(answer)).count();
    assert_eq!(bound.await, i64::try_from(came).unwrap() - 1);
}

async fn no_team_is_bound_to_one_that_is_deleted_meanwhile(world: World) {
    let (root, blue, teams) = to_be_bound(&world).await;
    let input = json!({ "teamId": blue.id, "confirmName": "Blue" });
    let mut asked = bindings(&root, &teams, &blue, &teams[0].admin);
    asked.insert(3, ask(&root, "deleteTeam", input));
    let answers = at_once(asked).await;
    assert_only(&answers, &["NOT_FOUND", "HAS_BOUND_TEAMS teamId"]);
    // One of the two: it is gone and nobody is bound to it, or it is there.
    let bound = answers
        .iter()
        .enumerate()
        .filter(|(place, answer)| *place != 3 && went_through(answer))
        .count();
    assert_eq!(went_through(&answers[3]), bound == 0);
}

/// Users who all register a team by this token, each with a name of their own.
fn registrations<'a>(users: &'a [Actor], token: &'a str) -> Vec<BoxFuture<'a, Answer>> {
    let register = |(number, user): (usize, &'a Actor)| {
        ask(
            user,
            "registerTeam",
            json!({ "token": token, "name": format!("Mini {number}") }),
        )
    };
    users.iter().enumerate().map(register).collect()
}

async fn a_link_lets_in_who_came_before_it_was_replaced(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let users = members(&world, (0..12).map(|number| format!("user-{number}"))).await;
    let token = blue.token(&root).await;
    let mut asked = registrations(&users, &token);
    asked.insert(
        5,
        ask(&root, "resetTeamRegistrationLink", json!({ "teamId": blue.id })),
    );
    let answers = at_once(asked).await;
    assert!(went_through(&answers[5]), "{}", answers[5].body);
    assert_only(&answers, &["INVALID_CODE token"]);
    let came = answers.iter().filter(|answer| went_through(answer)).count() - 1;
    let registered = "SELECT COUNT(*) AS n FROM team WHERE registered_by IS NOT NULL";
    assert_eq!(world.count(registered).await, i64::try_from(came).unwrap());
    let late = world.count(
        "SELECT COUNT(*) AS n FROM team JOIN audit_event ON audit_event.action = 'resetTeamRegistrationLink' \
         WHERE team.registered_by IS NOT NULL AND team.created_at > audit_event.created_at",
    );
    assert_eq!(late.await, 0);
}

async fn of_16_registrations_of_a_user_five_go_through(world: World) {
    let root = world.super_admin().await;
    let (blue, red) = (
        world.superapp_team("Blue").await,
        world.superapp_team("Red").await,
    );
    let tokens = [blue.token(&root).await, red.token(&root).await];
    let mia = world.member("mia").await;
    let asked = (0..16).map(|number| {
        let input = json!({ "token": tokens[number % 2], "name": format!("Mini {number}") });
        ask(&mia, "registerTeam", input)
    });
    let answers = at_once(asked).await;
    assert_only(&answers, &["LIMIT_REACHED token"]);
    let came = answers.iter().filter(|answer| went_through(answer)).count();
    assert_eq!(came, 5);
    let registered = "SELECT COUNT(*) AS n FROM team WHERE registered_by IS NOT NULL";
    assert_eq!(world.count(registered).await, 5);
}

async fn one_name_is_registered_once(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let users = members(&world, (0..8).map(|number| format!("user-{number}"))).await;
    let token = blue.token(&root).await;
    let register = |user| ask(user, "registerTeam", json!({ "token": token, "name": "Mini" }));
    let answers = at_once(users.iter().map(register)).await;
    assert_only(&answers, &["TAKEN name"]);
    let came = answers.iter().filter(|answer| went_through(answer)).count();
    assert_eq!(came, 1);
}

async fn no_team_is_registered_with_one_that_is_deleted_meanwhile(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let users = members(&world, (0..8).map(|number| format!("user-{number}"))).await;
    let token = blue.token(&root).await;
    let mut asked = registrations(&users, &token);
    let input = json!({ "teamId": blue.id, "confirmName": "Blue" });
    asked.insert(2, ask(&root, "deleteTeam", input));
    let answers = at_once(asked).await;
    assert_only(&answers, &["INVALID_CODE token", "HAS_BOUND_TEAMS teamId"]);
    let came = answers.iter().filter(|answer| went_through(answer)).count();
    // One of the two: it is gone, and nobody came; or it is there.
    if went_through(&answers[2]) {
        assert_eq!(came, 1);
    }
}

async fn no_team_is_registered_with_one_that_is_disabled_meanwhile(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let users = members(&world, (0..8).map(|number| format!("user-{number}"))).await;
    let token = blue.token(&root).await;
    let mut asked = registrations(&users, &token);
    asked.insert(2, ask(&root, "disableTeam", json!({ "teamId": blue.id })));
    let answers = at_once(asked).await;
    assert!(went_through(&answers[2]), "{}", answers[2].body);
    assert_only(&answers, &["INVALID_CODE token"]);
    let late = world.count(
        "SELECT COUNT(*) AS n FROM team AS mini JOIN team AS super ON super.id = mini.superapp_team_id \
         WHERE mini.created_at > super.disabled_at",
    );
    assert_eq!(late.await, 0);
}
