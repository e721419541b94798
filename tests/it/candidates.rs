//! Who could become a member: found among the platform's members, or made straight into a team.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    candidates_are_found_by_how_their_name_or_account_begins,
    signs_of_a_search_mean_themselves,
    a_short_search_finds_nobody,
    candidates_are_active_members_outside_of_the_team,
    at_most_20_candidates_are_found_and_exact_ones_first,
    candidates_are_for_who_manages_members,
    a_user_is_made_straight_into_a_team,
    the_platform_makes_a_new_members_password,
    all_mistakes_of_a_new_member_are_told_at_once,
    only_an_admin_makes_a_user_an_admin,
    who_does_not_manage_members_makes_no_users,
    an_account_is_made_in_one_team_alone,
);

async fn search(by: &Actor, team: &Team, text: &str) -> Answer {
    search_first(by, team, text, Value::Null).await
}

async fn search_first(by: &Actor, team: &Team, text: &str, first: Value) -> Answer {
    let document = "query($id: ID!, $text: String!, $first: Int) {
        team(id: $id) { memberCandidates(search: $text, first: $first) { userId name account } } }";
    let variables = json!({ "id": team.id, "text": text, "first": first });
    by.ask_with(document, variables).await
}

async fn found(by: &Actor, team: &Team, text: &str) -> Vec<String> {
    let answer = search(by, team, text).await.ok();
    answer.texts("team.memberCandidates.*.account")
}

async fn user(world: &World, name: &str, account: &str) -> String {
    let input = json!({ "name": name, "account": account, "accountType": "MEMBER", "password": PASSWORD });
    let root = world.super_admin().await;
    let made = root.mutate("createUser", input, "user { id }").await.ok();
    made.text("createUser.user.id")
}

async fn candidates_are_found_by_how_their_name_or_account_begins(world: World) {
    let team = world.superapp_team("Blue").await;
    let id = user(&world, "张三丰", "zhang-sf").await;
    user(&world, "张三疯", "other-zhang").await;
    user(&world, "李张三丰", "li-zhang").await;
    user(&world, "Zhangsan", "ZSan").await;
    for (text, accounts) in [
        ("张三", vec!["zhang-sf", "other-zhang"]),
        ("张三丰", vec!["zhang-sf"]),
        ("李张", vec!["li-zhang"]),
        ("zha", vec!["ZSan", "zhang-sf"]),
        ("ZHA", vec!["ZSan", "zhang-sf"]),
        ("  zhang- ", vec!["zhang-sf"]),
        ("zsa", vec!["ZSan"]),
        // Only the beginning counts.
        ("hang", vec![]),
        ("三丰", vec![]),
        ("zhang-sf-", vec![]),
    ] {
        let mut accounts: Vec<&str> = accounts;
        let mut answered = found(&team.admin, &team, text).await;
        answered.sort();
        accounts.sort_unstable();
        assert_eq!(answered, accounts, "{text}");
    }
    // Id, name and account, and nothing else of them.
    let answer = search(&team.admin, &team, "张三丰").await.ok();
    assert_eq!(
        *answer.at("team.memberCandidates"),
        json!([{ "userId": id, "name": "张三丰", "account": "zhang-sf" }])
    );
    // What was found can be added.
    let input = json!({ "teamId": team.id, "members": [{ "userId": id, "roleId": team.role("Developer") }] });
    team.admin.mutate("addTeamMembers", input, "").await.ok();
    assert!(found(&team.admin, &team, "张三丰").await.is_empty());
}

async fn signs_of_a_search_mean_themselves(world: World) {
    let team = world.superapp_team("Blue").await;
    for account in ["ab_cd", "abxcd", "a+b=c", "...", "@@@", "ab-cd"] {
        user(&world, account, account).await;
    }
    for (text, accounts) in [
        ("ab_", vec!["ab_cd"]),
        ("ab%", vec![]),
        ("%%%", vec![]),
        ("___", vec![]),
        ("ab-", vec!["ab-cd"]),
        ("a+b", vec!["a+b=c"]),
        ("...", vec!["..."]),
        ("@@@", vec!["@@@"]),
        ("ab!", vec![]),
        ("ab\\", vec![]),
        ("ab'", vec![]),
        ("ab\0", vec![]),
        ("ab\u{10ffff}", vec![]),
        ("ab\u{d7ff}", vec![]),
    ] {
        assert_eq!(found(&team.admin, &team, text).await, accounts, "{text:?}");
    }
    let long = "a".repeat(2_000);
    let answer = search(&team.admin, &team, &long).await;
    answer.refused("BAD_USER_INPUT");
}

async fn a_short_search_finds_nobody(world: World) {
    let team = world.superapp_team("Blue").await;
    user(&world, "张三丰", "abc").await;
    for text in ["", " ", "a", "ab", "ab ", "  a  ", "张", "张 ", "张a"] {
        assert!(found(&team.admin, &team, text).await.is_empty(), "{text:?}");
    }
    assert_eq!(found(&team.admin, &team, "abc").await, ["abc"]);
    assert_eq!(found(&team.admin, &team, "张三").await, ["abc"]);
}

async fn candidates_are_active_members_outside_of_the_team(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    other.with(&world, "user-elsewhere", "Developer").await;
    team.with(&world, "user-inside", "Developer").await;
    user(&world, "user-in-none", "user-in-none").await;
    world.platform_admin("user-of-staff").await;
    let disabled = user(&world, "user-disabled", "user-disabled").await;
    root.mutate("disableUser", json!({ "userId": disabled }), "")
        .await
        .ok();
    // Locked for a while, which is not disabled.
    user(&world, "user-locked", "user-locked").await;
    for _ in 0..6 {
        let input = json!({ "login": "user-locked", "password": "Wrong-Whale-42" });
        world.nobody().mutate("login", input, "").await;
    }
    assert_eq!(
        found(&team.admin, &team, "user-").await,
        ["user-elsewhere", "user-in-none", "user-locked"]
    );
    assert!(found(&team.admin, &team, "root").await.is_empty());
}

async fn at_most_20_candidates_are_found_and_exact_ones_first(world: World) {
    let team = world.superapp_team("Blue").await;
    for number in 10..35 {
        user(&world, &format!("a-name-{number}"), &format!("common-{number}")).await;
        user(&world, &format!("common-name-{number}"), &format!("zz-{number}")).await;
    }
    user(&world, "zzz", "common").await;
    let accounts = found(&team.admin, &team, "common").await;
    assert_eq!(accounts.len(), 20);
    assert_eq!(accounts[0], "common");
    let few = search_first(&team.admin, &team, "common", json!(3)).await.ok();
    assert_eq!(few.texts("team.memberCandidates.*.account"), accounts[..3]);
    let none = search_first(&team.admin, &team, "common", json!(0)).await.ok();
    assert_eq!(*none.at("team.memberCandidates"), json!([]));
    for first in [-1, 21, 1_000_000] {
        let answer = search_first(&team.admin, &team, "common", json!(first)).await;
        answer.refused("BAD_USER_INPUT");
    }
}

async fn candidates_are_for_who_manages_members(world: World) {
    let blue = world.superapp_team("Blue").await;
    let expiry = world.app.now() + TimeDelta::minutes(5);
    let team = world
        .team(
            "Mini",
            json!({ "type": "MINI_PROGRAM", "superappTeamId": blue.id, "expiresAt": expiry }),
        )
        .await;
    user(&world, "somebody", "somebody").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let dan = team.with(&world, "dan", "Senior developer").await;
    assert_eq!(found(&mara, &team, "some").await, ["somebody"]);
    for refused in [
        dan,
        world.super_admin().await,
        world.platform_admin("pia").await,
        blue.admin,
    ] {
        let answer = search(&refused, &team, "some").await.refused("FORBIDDEN");
        assert!(answer.at("team.memberCandidates").is_null());
    }
    for stranger in [world.member("mia").await, world.nobody()] {
        let answer = search(&stranger, &team, "some").await.ok();
        assert!(answer.at("team").is_null());
    }
    world.pass(TimeDelta::minutes(6));
    search(&mara, &team, "some").await.refused("FORBIDDEN");
}

const MADE: &str =
    "generatedPassword membership { id role { name } team { id } user { id name account accountType } }";

/// A new member of the team, as an input.
fn member(team: &Team, role: &str, account: &str) -> Value {
    json!({ "teamId": team.id, "roleId": role, "name": account, "account": account, "password": PASSWORD })
}

async fn a_user_is_made_straight_into_a_team(world: World) {
    let team = world.superapp_team("Blue").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let role = team.make_role("Painter", &["DATA_DASHBOARD"]).await;
    let mut input = member(&team, &role, "mia");
    input["name"] = json!("张三丰");
    input["email"] = json!("mia@example.com");
    input["locale"] = json!("ZH_CN");
    let made = mara.mutate("createTeamMember", input, MADE).await.ok();
    let membership = made.at("createTeamMember.membership");
    assert_eq!(
        *membership,
        json!({
            "id": membership["id"], "role": { "name": "Painter" }, "team": { "id": team.id },
            "user": { "id": membership["user"]["id"], "name": "张三丰", "account": "mia", "accountType": "MEMBER" },
        })
    );
    assert!(made.at("createTeamMember.generatedPassword").is_null());
    // The address is only proposed: a code goes there, and it does not log in.
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.code(6).len(), 6);
    let input = json!({ "login": "mia@example.com", "password": PASSWORD });
    let refused = world.nobody().mutate("login", input, "").await;
    refused.failed(&["INVALID_CREDENTIALS"]);
    // What somebody else typed has to be changed at the first login.
    let input = json!({ "login": "mia", "password": PASSWORD });
    let login = world.nobody().mutate("login", input, "step").await.ok();
    assert_eq!(login.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    let mia = Actor::log_in(&world, "mia", PASSWORD).await;
    assert_eq!(
        mia.menus().await,
        ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"]
    );
    let viewer = mia
        .ask("{ viewer { user { email proposedEmail locale } memberships { nodes { role { name } } } } }")
        .await
        .ok();
    assert_eq!(
        *viewer.at("viewer.user"),
        json!({ "email": null, "proposedEmail": "mia@example.com", "locale": "ZH_CN" })
    );
    assert_eq!(viewer.texts("viewer.memberships.nodes.*.role.name"), ["Painter"]);
    let events = world
        .rows("SELECT target_id, changes FROM audit_event WHERE action = 'createTeamMember' AND outcome = 'SUCCEEDED'")
        .await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["target_id"], json!(mia.id));
    let changes: Value = serde_json::from_str(events[0]["changes"].as_str().unwrap()).unwrap();
    assert_eq!(changes, json!([{ "field": "role", "after": "Painter" }]));
}

async fn the_platform_makes_a_new_members_password(world: World) {
    let team = world.superapp_team("Blue").await;
    let mut input = member(&team, &team.role("Developer"), "mia");
    input["password"] = Value::Null;
    input["generatePassword"] = json!(true);
    let made = team.admin.mutate("createTeamMember", input, MADE).await.ok();
    let password = made.text("createTeamMember.generatedPassword");
    let mia = Actor::log_in(&world, "mia", &password).await;
    assert_eq!(mia.account, "mia");
    assert_eq!(world.tables_with(&password).await, Vec::<String>::new());
}

async fn all_mistakes_of_a_new_member_are_told_at_once(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.mini_program_team("Mini", &team).await;
    let input = json!({
        "teamId": team.id, "roleId": team.role("Developer"), "name": "m i a", "account": "x", "password": "short",
        "generatePassword": true, "email": "nowhere",
    });
    let refused = world.unchanged_by(team.admin.mutate("createTeamMember", input, MADE));
    refused.await.failed(&[
        "INVALID name",
        "TOO_SHORT account",
        "INVALID email",
        "INVALID password",
    ]);
    let developer = team.role("Developer");
    for (field, value, error) in [
        ("account", json!("BLUE-admin"), "TAKEN account"),
        ("account", json!("root"), "TAKEN account"),
        ("password", Value::Null, "REQUIRED password"),
        ("password", json!("password"), "PASSWORD_TOO_WEAK password"),
    ] {
        let mut input = member(&team, &developer, "mia");
        input[field] = value;
        let refused = world
            .unchanged_by(team.admin.mutate("createTeamMember", input, MADE))
            .await;
        assert!(
            refused.user_errors().contains(&error.to_owned()),
            "{}",
            refused.body
        );
    }
    for role in [
        other.role("Developer"),
        other.make_role("Painter", &[]).await,
        "role_01h455vb4pex5vsknk084sn02q".to_owned(),
        "nonsense".to_owned(),
    ] {
        let input = member(&team, &role, "mia");
        let refused = world.unchanged_by(team.admin.mutate("createTeamMember", input, MADE));
        refused.await.refused("NOT_FOUND");
    }
}

async fn only_an_admin_makes_a_user_an_admin(world: World) {
    let team = world.superapp_team("Blue").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let input = || member(&team, &team.role("Administrator"), "ada");
    let refused = world
        .unchanged_by(mara.mutate("createTeamMember", input(), MADE))
        .await;
    refused.refused("FORBIDDEN");
    team.admin.mutate("createTeamMember", input(), MADE).await.ok();
    let ada = Actor::log_in(&world, "ada", PASSWORD).await;
    team.admin
        .mutate("leaveTeam", json!({ "teamId": team.id }), "")
        .await
        .ok();
    let document = "query($id: ID!) { team(id: $id) { admins { account } } }";
    let admins = ada.ask_with(document, json!({ "id": team.id })).await.ok();
    assert_eq!(admins.texts("team.admins.*.account"), ["ada"]);
}

async fn who_does_not_manage_members_makes_no_users(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let dan = team.with(&world, "dan", "Senior developer").await;
    for (who, code) in [
        (world.nobody(), "UNAUTHENTICATED"),
        (world.super_admin().await, "FORBIDDEN"),
        (world.platform_admin("pia").await, "FORBIDDEN"),
        (world.member("mia").await, "FORBIDDEN"),
        (dan, "FORBIDDEN"),
        (mini.admin.clone(), "FORBIDDEN"),
        (other.admin.clone(), "NOT_FOUND"),
    ] {
        // Nor do they learn from it whether an account exists, or which form it has to have.
        for account in ["newcomer", "root", "x"] {
            let input = member(&team, &team.role("Developer"), account);
            let refused = world
                .unchanged_by(who.mutate("createTeamMember", input, MADE))
                .await;
            refused.refused(code);
        }
    }
}

async fn an_account_is_made_in_one_team_alone(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.superapp_team("Red").await;
    let code = blue.invite("Developer").await;
    let input = json!({ "email": "mia@example.com", "purpose": "REGISTER" });
    let nobody = world.nobody();
    nobody.mutate("sendVerificationCode", input, "").await.ok();
    let mailed = world.mail.to("mia@example.com").await.code(6);
    let registration = json!({
        "name": "mia", "account": "mia", "email": "mia@example.com", "verificationCode": mailed,
        "password": PASSWORD, "passwordConfirmation": PASSWORD, "invitationCode": code,
    });
    // All of them want the account and one of the teams: none waits for another in a circle.
    let made = futures::future::join_all((0..6).map(|number| {
        let team = if number % 2 == 0 { &blue } else { &red };
        let input = member(team, &team.role("Operator"), ["mia", "MIA"][number / 3]);
        async move { team.admin.mutate("createTeamMember", input, MADE).await }
    }));
    let (registered, mut answers) =
        tokio::join!(nobody.mutate("register", registration, "user { id }"), made);
    answers.push(registered);
    let mut winners = 0;
    for answer in &answers {
        assert!(answer.codes().is_empty(), "{}", answer.body);
        match answer.user_errors().as_slice() {
            [] => winners += 1,
            [error] => assert_eq!(error, "TAKEN account"),
            more => panic!("{more:?}"),
        }
    }
    assert_eq!(winners, 1);
    let seats = "SELECT COUNT(*) AS n FROM membership JOIN \"user\" ON \"user\".id = membership.user_id WHERE account_folded = 'mia'";
    assert_eq!(world.count(seats).await, 1);
}
