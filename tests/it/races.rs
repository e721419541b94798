//! Many at the same moment: what one alone may have, one alone gets, and no team is left without an active admin.

use futures::future::{BoxFuture, FutureExt, join_all};

use crate::support::actor::PASSWORD;
use crate::support::arena::went_through;
use crate::support::*;

on_each_database!(
    who_register_crosswise_do_not_wait_for_each_other,
    of_16_users_of_one_invitation_code_one_joins,
    of_8_registrations_with_one_invitation_code_one_goes_through,
    two_codes_make_one_membership,
    parallel_wrong_codes_are_all_counted,
    two_admins_who_remove_each_other_leave_one,
    two_admins_who_leave_at_once_leave_one,
    two_admins_who_demote_each_other_leave_one,
    every_two_ways_to_lose_both_admins_leave_one,
    who_is_made_an_admin_while_being_disabled_does_not_count,
    an_issuer_who_is_disabled_meanwhile_gets_an_answer,
    a_team_that_is_bound_anew_while_its_admin_is_disabled_gets_an_answer,
    one_account_is_registered_once,
    one_account_is_created_once,
    one_mailed_code_makes_one_account,
    one_team_name_is_given_once,
    one_user_is_added_once,
    one_refresh_token_works_once,
);

/// Asks everything at the same moment.
pub(crate) async fn at_once<'a>(asked: impl IntoIterator<Item = BoxFuture<'a, Answer>>) -> Vec<Answer> {
    let answers = join_all(asked).await;
    for answer in &answers {
        assert!(
            !answer.codes().contains(&"INTERNAL".to_owned()),
            "{}",
            answer.body
        );
    }
    answers
}

/// Goes on only when one went through, and each of the others failed in one of these ways.
#[track_caller]
fn assert_one_wins(answers: &[Answer], losers: &[&str]) {
    let mut winners = 0;
    for answer in answers {
        if went_through(answer) {
            winners += 1;
        } else {
            let failure = [answer.codes(), answer.user_errors()].concat().join(", ");
            assert!(losers.contains(&failure.as_str()), "{failure}: {}", answer.body);
        }
    }
    assert_eq!(winners, 1, "of {}", answers.len());
}

pub(crate) async fn members(world: &World, accounts: impl IntoIterator<Item = String>) -> Vec<Actor> {
    let mut members = Vec::new();
    for account in accounts {
        members.push(world.member(&account).await);
    }
    members
}

/// Two users who are the two admins of a team, with their memberships.
struct Pair {
    team_id: String,
    users: [Actor; 2],
    seats: [String; 2],
    developer: String,
}

async fn team_of(world: &World, name: &str, users: [Actor; 2]) -> Pair {
    let input = json!({ "name": name, "type": "SUPERAPP", "adminIds": [users[0].id, users[1].id] });
    let selection = "team { id roles { id name } members { nodes { id user { id } } } }";
    let root = world.super_admin().await;
    let made = root.mutate("createTeam", input, selection).await.ok();
    let (seats, ids) = (
        made.texts("createTeam.team.members.nodes.*.id"),
        made.texts("createTeam.team.members.nodes.*.user.id"),
    );
    let seat = |user: &Actor| seats[ids.iter().position(|id| *id == user.id).unwrap()].clone();
    let names = made.texts("createTeam.team.roles.*.name");
    let developer = names.iter().position(|name| name == "Developer").unwrap();
    Pair {
        team_id: made.text("createTeam.team.id"),
        seats: [seat(&users[0]), seat(&users[1])],
        developer: made.texts("createTeam.team.roles.*.id")[developer].clone(),
        users,
    }
}

/// The same two users as the admins of this many teams.
async fn teams_of_two(world: &World, count: usize) -> Vec<Pair> {
    let (ada, ben) = (world.member("ada").await, world.member("ben").await);
    let mut pairs = Vec::new();
    for number in 0..count {
        pairs.push(team_of(world, &format!("Team {number}"), [ada.clone(), ben.clone()]).await);
    }
    pairs
}

impl Pair {
    fn remove(&self, by: usize, whom: usize) -> BoxFuture<'_, Answer> {
        let input = json!({ "membershipId": self.seats[whom] });
        async move { self.users[by].mutate("removeTeamMember", input, "").await }.boxed()
    }

    fn demote(&self, by: usize, whom: usize) -> BoxFuture<'_, Answer> {
        let input = json!({ "membershipId": self.seats[whom], "roleId": self.developer });
        async move { self.users[by].mutate("updateTeamMember", input, "").await }.boxed()
    }

    fn leave(&self, who: usize) -> BoxFuture<'_, Answer> {
        let input = json!({ "teamId": self.team_id });
        async move { self.users[who].mutate("leaveTeam", input, "").await }.boxed()
    }

    /// `disableUser` or `deleteUser`.
    fn strike<'a>(&'a self, root: &'a Actor, field: &'a str, whom: usize) -> BoxFuture<'a, Answer> {
        let input = json!({ "userId": self.users[whom].id });
        async move { root.mutate(field, input, "").await }.boxed()
    }

    /// Makes this one the only admin.
    fn crown<'a>(&'a self, root: &'a Actor, whom: usize) -> BoxFuture<'a, Answer> {
        let input = json!({ "teamId": self.team_id, "adminIds": [self.users[whom].id] });
        async move { root.mutate("updateTeam", input, "").await }.boxed()
    }
}

async fn assert_every_team_has_an_active_admin(world: &World) {
    let orphans = world
        .rows(
            "SELECT name FROM team WHERE NOT EXISTS (SELECT 1 FROM membership \
             JOIN role ON role.id = membership.role_id JOIN \"user\" ON \"user\".id = membership.user_id \
             WHERE membership.team_id = team.id AND role.kind = 'PRESET' AND role.name = 'Administrator' \
             AND \"user\".disabled_at IS NULL)",
        )
        .await;
    assert_eq!(orphans, Vec::<Value>::new());
}

async fn of_16_users_of_one_invitation_code_one_joins(world: World) {
    let team = world.superapp_team("Blue").await;
    let users = members(&world, (0..16).map(|number| format!("user-{number}"))).await;
    let code = team.invite("Developer").await;
    let join = |user: &Actor| {
        let (user, input) = (user.clone(), json!({ "code": code }));
        async move { user.mutate("joinTeam", input, "membership { id }").await }.boxed()
    };
    let answers = at_once(users.iter().map(join)).await;
    assert_one_wins(&answers, &["INVALID_INVITATION code"]);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM membership").await, 2);
    assert_eq!(
        world
            .count("SELECT COUNT(*) AS n FROM invitation WHERE used_at IS NOT NULL")
            .await,
        1
    );
}

pub(crate) async fn register(
    world: &World,
    account: &str,
    email: &str,
    mailed: &str,
    invitation: Option<&str>,
) -> Answer {
    let input = json!({
        "name": account, "account": account, "email": email, "verificationCode": mailed,
        "password": PASSWORD, "passwordConfirmation": PASSWORD, "invitationCode": invitation,
    });
    world.nobody().mutate("register", input, "user { id }").await
}

pub(crate) async fn mailed_code(world: &World, email: &str) -> String {
    let input = json!({ "email": email, "purpose": "REGISTER" });
    world
        .nobody()
        .mutate("sendVerificationCode", input, "")
        .await
        .ok();
    world.mail.to(email).await.code(6)
}

/// Eight addresses, each with the code that was mailed to it.
async fn eight_mailed_codes(world: &World) -> Vec<(String, String)> {
    let mut codes = Vec::new();
    for number in 0..8 {
        let email = format!("guest-{number}@example.com");
        let code = mailed_code(world, &email).await;
        codes.push((email, code));
    }
    codes
}

async fn of_8_registrations_with_one_invitation_code_one_goes_through(world: World) {
    let team = world.superapp_team("Blue").await;
    let code = team.invite("Developer").await;
    let codes = eight_mailed_codes(&world).await;
    let users = world.count("SELECT COUNT(*) AS n FROM \"user\"").await;
    let asked = codes.iter().enumerate().map(|(number, (email, mailed))| {
        let (world, code) = (&world, &code);
        async move { register(world, &format!("user-{number}"), email, mailed, Some(code)).await }.boxed()
    });
    assert_one_wins(&at_once(asked).await, &["INVALID_INVITATION invitationCode"]);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM \"user\"").await, users + 1);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM membership").await, 2);
}

async fn two_codes_make_one_membership(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(team.invite("Developer").await);
    }
    let answers = at_once(codes.iter().map(|code| {
        let (mia, input) = (mia.clone(), json!({ "code": code }));
        async move { mia.mutate("joinTeam", input, "").await }.boxed()
    }))
    .await;
    assert_one_wins(&answers, &["ALREADY_MEMBER code"]);
    // The three that made nobody a member are still good.
    let live = world
        .count("SELECT COUNT(*) AS n FROM invitation WHERE used_at IS NULL")
        .await;
    assert_eq!(live, 3);
}

async fn parallel_wrong_codes_are_all_counted(world: World) {
    let mia = world.member("mia").await;
    let answers = at_once((0..30).map(|number| {
        let (mia, input) = (mia.clone(), json!({ "code": format!("{number:08}") }));
        async move { mia.mutate("joinTeam", input, "").await }.boxed()
    }))
    .await;
    let tried = answers
        .iter()
        .filter(|answer| answer.user_errors() == ["INVALID_INVITATION code"]);
    let locked = answers.iter().filter(|answer| answer.codes() == ["RATE_LIMITED"]);
    assert_eq!((tried.count(), locked.count()), (10, 20));
}

async fn two_admins_who_remove_each_other_leave_one(world: World) {
    let pairs = teams_of_two(&world, 6).await;
    let answers = at_once(
        pairs
            .iter()
            .flat_map(|pair| [pair.remove(0, 1), pair.remove(1, 0)]),
    )
    .await;
    for answers in answers.chunks(2) {
        // Who was removed first has no place in the team any more, and may not even see it.
        assert_one_wins(answers, &["FORBIDDEN", "NOT_FOUND"]);
    }
    assert_every_team_has_an_active_admin(&world).await;
}

async fn two_admins_who_leave_at_once_leave_one(world: World) {
    let pairs = teams_of_two(&world, 6).await;
    let answers = at_once(pairs.iter().flat_map(|pair| [pair.leave(0), pair.leave(1)])).await;
    for answers in answers.chunks(2) {
        assert_one_wins(answers, &["LAST_TEAM_ADMIN teamId"]);
    }
    assert_every_team_has_an_active_admin(&world).await;
}

async fn two_admins_who_demote_each_other_leave_one(world: World) {
    let pairs = teams_of_two(&world, 6).await;
    let answers = at_once(
        pairs
            .iter()
            .flat_map(|pair| [pair.demote(0, 1), pair.demote(1, 0)]),
    )
    .await;
    for answers in answers.chunks(2) {
        assert_one_wins(answers, &["FORBIDDEN"]);
    }
    assert_every_team_has_an_active_admin(&world).await;
}

async fn every_two_ways_to_lose_both_admins_leave_one(world: World) {
    let root = &world.super_admin().await;
    let mut pairs = Vec::new();
    for number in 0..10 {
        let users = [
            world.member(&format!("one-{number}")).await,
            world.member(&format!("two-{number}")).await,
        ];
        pairs.push(team_of(&world, &format!("Team {number}"), users).await);
    }
    // Each two would leave nobody, if both went through.
    let asked = [
        [
            pairs[0].strike(root, "disableUser", 0),
            pairs[0].strike(root, "disableUser", 1),
        ],
        [
            pairs[1].strike(root, "deleteUser", 0),
            pairs[1].strike(root, "deleteUser", 1),
        ],
        [
            pairs[2].strike(root, "disableUser", 0),
            pairs[2].strike(root, "deleteUser", 1),
        ],
        [pairs[3].leave(0), pairs[3].strike(root, "disableUser", 1)],
        [pairs[4].leave(0), pairs[4].strike(root, "deleteUser", 1)],
        [pairs[5].remove(1, 0), pairs[5].strike(root, "disableUser", 1)],
        [pairs[6].demote(1, 0), pairs[6].strike(root, "deleteUser", 1)],
        [pairs[7].leave(0), pairs[7].remove(0, 1)],
        [pairs[8].crown(root, 0), pairs[8].strike(root, "disableUser", 0)],
        [pairs[9].demote(0, 1), pairs[9].leave(0)],
    ];
    let answers = at_once(asked.into_iter().flatten()).await;
    for answers in answers.chunks(2) {
        assert_one_wins(
            answers,
            &[
                "LAST_TEAM_ADMIN userId",
                "LAST_TEAM_ADMIN teamId",
                "LAST_TEAM_ADMIN membershipId",
                "LAST_TEAM_ADMIN adminIds",
                // Who was struck or has left first cannot ask any more.
                "UNAUTHENTICATED",
                "FORBIDDEN",
                "NOT_FOUND adminIds.0",
            ],
        );
    }
    assert_every_team_has_an_active_admin(&world).await;
}

async fn release(held: Option<sea_orm::DatabaseTransaction>) {
    if let Some(held) = held {
        held.rollback().await.unwrap();
    }
}

/// Waits until this many transactions wait for a lock.
pub(crate) async fn until_waiting(world: &World, count: i64) {
    if world.store == Store::Sqlite {
        return;
    }
    let enough = async {
        while world.waiting().await < count {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, enough)
        .await
        .expect("the transactions meet");
}

async fn who_is_made_an_admin_while_being_disabled_does_not_count(world: World) {
    let root = world.super_admin().await;
    for (number, field) in ["disableUser", "deleteUser"].into_iter().enumerate() {
        let team = world.superapp_team(&format!("Team {number}")).await;
        let mia = team.with(&world, &format!("mia-{number}"), "Developer").await;
        let seat = team.membership_of(&mia).await;
        // The one transaction has found no team whose admin Mia is, and goes on only after the other has made her one.
        let sessions = format!(
            "SELECT id FROM session WHERE user_id = (SELECT id FROM \"user\" WHERE account = '{}')",
            mia.account
        );
        let held = world.hold(&sessions).await;
        let struck = async { root.mutate(field, json!({ "userId": mia.id }), "").await };
        let (done, is_done) = tokio::sync::oneshot::channel();
        let crowned = async {
            until_waiting(&world, 1).await;
            let input = json!({ "membershipId": seat, "roleId": team.role("Administrator") });
            let crowned = team.admin.mutate("updateTeamMember", input, "").await;
            let left = team
                .admin
                .mutate("leaveTeam", json!({ "teamId": team.id }), "")
                .await;
            let _ = done.send(());
            (crowned, left)
        };
        let released = async {
            // Until the other waits for the first, or has gone on without it.
            let both_wait = until_waiting(&world, 2).boxed();
            futures::future::select(both_wait, is_done).await;
            release(held).await;
        };
        let (struck, (crowned, left), ()) = tokio::join!(struck, crowned, released);
        for answer in [&struck, &crowned, &left] {
            assert!(
                !answer.codes().contains(&"INTERNAL".to_owned()),
                "{}",
                answer.body
            );
        }
        assert_every_team_has_an_active_admin(&world).await;
    }
}

async fn an_issuer_who_is_disabled_meanwhile_gets_an_answer(world: World) {
    let root = &world.super_admin().await;
    let mut pairs = Vec::new();
    for number in 0..8 {
        let users = [
            world.member(&format!("one-{number}")).await,
            world.member(&format!("two-{number}")).await,
        ];
        pairs.push(team_of(&world, &format!("Team {number}"), users).await);
    }
    let answers = at_once(pairs.iter().enumerate().flat_map(|(number, pair)| {
        let invite = || {
            let input = json!({ "teamId": pair.team_id, "roleId": pair.developer });
            async move { pair.users[0].mutate("createInvitation", input, "code").await }.boxed()
        };
        let field = ["disableUser", "deleteUser"][number % 2];
        [invite(), pair.strike(root, field, 0), invite(), invite()]
    }))
    .await;
    for answer in answers {
        assert!(
            went_through(&answer) || answer.codes() == ["UNAUTHENTICATED"] || answer.codes() == ["FORBIDDEN"],
            "{}",
            answer.body
        );
    }
}

async fn a_team_that_is_bound_anew_while_its_admin_is_disabled_gets_an_answer(world: World) {
    let root = world.super_admin().await;
    let old = world.superapp_team("Old").await;
    let new = world.superapp_team("New").await;
    let mini = world.mini_program_team("Mini", &old).await;
    let ada = new.with(&world, "ada", "Administrator").await;
    mini.add(&ada, "Administrator").await;
    // Both want both teams, and the binding wants the bound one first of all.
    let held = world.hold("SELECT id FROM team WHERE name = 'Mini'").await;
    let bound = async {
        let input = json!({ "teamId": mini.id, "superappTeamId": new.id });
        root.mutate("updateTeam", input, "").await
    };
    let disabled = async {
        until_waiting(&world, 1).await;
        root.mutate("disableUser", json!({ "userId": ada.id }), "").await
    };
    let released = async {
        until_waiting(&world, 2).await;
        release(held).await;
    };
    let (bound, disabled, ()) = tokio::join!(bound, disabled, released);
    bound.ok();
    disabled.ok();
}

async fn one_account_is_registered_once(world: World) {
    let codes = eight_mailed_codes(&world).await;
    let asked = codes.iter().enumerate().map(|(number, (email, mailed))| {
        let account = ["mia", "MIA", "Mia", "mIa"][number % 4];
        let world = &world;
        async move { register(world, account, email, mailed, None).await }.boxed()
    });
    assert_one_wins(&at_once(asked).await, &["TAKEN account"]);
    let found = "SELECT COUNT(*) AS n FROM \"user\" WHERE account_folded = 'mia'";
    assert_eq!(world.count(found).await, 1);
}

async fn one_account_is_created_once(world: World) {
    let root = world.super_admin().await;
    let pia = world.platform_admin("pia").await;
    let asked = (0..8).map(|number| {
        let by = if number % 2 == 0 { &root } else { &pia };
        let account = ["mia", "MIA"][number / 4];
        let input =
            json!({ "name": "Mia", "account": account, "accountType": "MEMBER", "password": PASSWORD });
        async move { by.mutate("createUser", input, "user { id }").await }.boxed()
    });
    assert_one_wins(&at_once(asked).await, &["TAKEN account"]);
    let found = "SELECT COUNT(*) AS n FROM \"user\" WHERE account_folded = 'mia'";
    assert_eq!(world.count(found).await, 1);
}

async fn one_mailed_code_makes_one_account(world: World) {
    let email = "mia@example.com";
    let mailed = mailed_code(&world, email).await;
    let asked = (0..8).map(|number| {
        let (world, mailed) = (&world, &mailed);
        async move { register(world, &format!("user-{number}"), email, mailed, None).await }.boxed()
    });
    // Who comes when the code is gone is told that it is wrong.
    assert_one_wins(
        &at_once(asked).await,
        &["CODE_EXPIRED verificationCode", "INVALID_CODE verificationCode"],
    );
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM \"user\"").await, 2);
}

async fn one_team_name_is_given_once(world: World) {
    let root = &world.super_admin().await;
    let mut teams = Vec::new();
    for number in 0..2 {
        teams.push(world.superapp_team(&format!("Team {number}")).await);
    }
    let users = members(&world, (0..6).map(|number| format!("user-{number}"))).await;
    let renamed = teams.iter().map(|team| {
        let input = json!({ "teamId": team.id, "name": "Blue Team" });
        async move { root.mutate("updateTeam", input, "").await }.boxed()
    });
    let made = users.iter().map(|user| {
        let input = json!({ "name": "BLUE team", "type": "SUPERAPP", "adminIds": [user.id] });
        async move { root.mutate("createTeam", input, "").await }.boxed()
    });
    // All find the name free, and go on only when all have. Who makes a team waits for the role of its admin, with the
    // name taken; the others, and then those who rename theirs, wait for that name.
    let roles = match world.store {
        // A foreign key locks the entry of its index, and not the row.
        Store::MariaDb => "role FORCE INDEX (role_and_scope) WHERE id > ''",
        _ => "role WHERE TRUE",
    };
    let held = world
        .hold(&format!("SELECT id FROM {roles} AND name = 'Administrator'"))
        .await;
    let renamed = async {
        until_waiting(&world, 6).await;
        at_once(renamed).await
    };
    let released = async {
        until_waiting(&world, 8).await;
        release(held).await;
    };
    let (mut answers, renamed, ()) = tokio::join!(at_once(made), renamed, released);
    answers.extend(renamed);
    assert_one_wins(&answers, &["TAKEN name"]);
    let found = "SELECT COUNT(*) AS n FROM team WHERE name_folded = 'blue team'";
    assert_eq!(world.count(found).await, 1);
}

async fn one_user_is_added_once(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let input =
        json!({ "teamId": team.id, "members": [{ "userId": mia.id, "roleId": team.role("Developer") }] });
    let answers = at_once((0..8).map(|_| {
        let (admin, input) = (team.admin.clone(), input.clone());
        async move { admin.mutate("addTeamMembers", input, "").await }.boxed()
    }))
    .await;
    assert_one_wins(&answers, &["ALREADY_MEMBER members.0.userId"]);
}

async fn one_refresh_token_works_once(world: World) {
    let mia = world.member("mia").await;
    let nobody = &world.nobody();
    let input = json!({ "refreshToken": mia.refresh_token });
    let answers = at_once((0..8).map(|_| {
        let input = input.clone();
        async move {
            nobody
                .mutate("refreshSession", input, "tokens { accessToken refreshToken }")
                .await
        }
        .boxed()
    }))
    .await;
    assert_one_wins(&answers, &["INVALID_CREDENTIALS refreshToken"]);
    // The session goes on with what the one got.
    let winner = answers.iter().find(|answer| went_through(answer)).unwrap();
    let mia = mia.with_tokens(winner, "refreshSession.tokens");
    assert!(mia.is_signed_in().await);
    let input = json!({ "refreshToken": mia.refresh_token });
    nobody.mutate("refreshSession", input, "").await.ok();
}

async fn who_register_crosswise_do_not_wait_for_each_other(world: World) {
    let (one, other) = ("one@example.com", "other@example.com");
    let mut registrations = Vec::new();
    for (account, email) in [(one, other), (other, one)] {
        let nobody = world.nobody();
        let input = json!({ "email": email, "purpose": "REGISTER" });
        nobody.mutate("sendVerificationCode", input, "").await.ok();
        let input = json!({
            "name": "mia", "account": account, "email": email, "verificationCode": world.mail.to(email).await.code(6),
            "password": PASSWORD, "passwordConfirmation": PASSWORD,
        });
        registrations.push(async move { nobody.mutate("register", input, "user { id }").await });
    }
    let answers = futures::future::join_all(registrations).await;
    let mut errors: Vec<_> = answers.iter().map(Answer::user_errors).collect();
    errors.sort();
    assert!(
        answers.iter().all(|answer| answer.codes().is_empty()),
        "{answers:?}"
    );
    assert!(
        errors[0].is_empty() && errors[1].iter().all(|error| error.starts_with("TAKEN")),
        "{errors:?}"
    );
    assert_eq!(errors[1].len(), 1);
}
