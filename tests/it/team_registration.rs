//! Registration links of superapp teams, and the teams that members register by them.

use crate::support::actor::PASSWORD;
use crate::support::process::{Keeper, Node};
use crate::support::*;

on_each_database!(
    a_superapp_team_gets_a_link_when_it_is_made,
    the_link_is_shown_to_the_teams_admins_and_staff,
    everybody_learns_where_a_working_link_leads,
    who_registers_a_team_becomes_its_admin,
    a_link_that_does_not_work_is_one_error,
    the_name_of_a_registered_team_follows_the_rules_of_all,
    nothing_is_told_of_names_without_a_link,
    staff_register_no_team,
    a_user_registers_five_teams,
    a_link_is_replaced_and_revoked,
    nobody_but_staff_and_the_teams_admins_resets_a_link,
    who_registered_a_team_and_left_it_can_be_deleted,
    no_token_stands_in_the_database,
);

async fn register(by: &Actor, token: &str, name: &str) -> Answer {
    let selection =
        "team { id name type status superappTeam { name } admins { account } expiresAt registrationLink }";
    by.mutate("registerTeam", json!({ "token": token, "name": name }), selection)
        .await
}

async fn reset(by: &Actor, team: &Team, revoke: bool) -> Answer {
    let input = json!({ "teamId": team.id, "revoke": revoke });
    by.mutate("resetTeamRegistrationLink", input, "team { registrationLink }")
        .await
}

async fn link(by: &Actor, team: &Team) -> Answer {
    by.ask(&format!(
        "{{ team(id: \"{}\") {{ id registrationLink }} }}",
        team.id
    ))
    .await
}

/// The name of the team that the token leads to, or null.
async fn leads_to(by: &Actor, token: &str) -> Value {
    let document = "query($token: String!) { teamRegistration(token: $token) { superappTeamName } }";
    let answer = by.ask_with(document, json!({ "token": token })).await.ok();
    match answer.at("teamRegistration") {
        Value::Null => Value::Null,
        found => found["superappTeamName"].clone(),
    }
}

async fn last_changes(world: &World, action: &str) -> String {
    let sql = format!(
        "SELECT changes FROM audit_event WHERE action = '{action}' ORDER BY created_at DESC, id DESC LIMIT 1"
    );
    world.rows(&sql).await[0]["changes"].as_str().unwrap().to_owned()
}

async fn a_superapp_team_gets_a_link_when_it_is_made(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let red = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let shown = link(&root, &blue).await.ok().text("team.registrationLink");
    let start = format!("{}/register-team#", world.url);
    let token = shown.strip_prefix(&start).unwrap_or_else(|| panic!("{shown}"));
    // 32 bytes, of which nobody guesses one.
    assert_eq!(token.len(), 43);
    let signs = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
    assert!(token.chars().all(signs), "{token}");
    assert_ne!(red.token(&root).await, token);
    assert!(
        link(&root, &mini)
            .await
            .ok()
            .at("team.registrationLink")
            .is_null()
    );
    assert!(
        link(&mini.admin, &mini)
            .await
            .ok()
            .at("team.registrationLink")
            .is_null()
    );
}

async fn the_link_is_shown_to_the_teams_admins_and_staff(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let token = blue.token(&root).await;
    assert_eq!(blue.token(&pam).await, token);
    assert_eq!(blue.token(&blue.admin).await, token);
    for role in ["Member manager", "Senior developer", "Reviewer"] {
        let account = role.to_lowercase().replace(' ', "-");
        let member = blue.with(&world, &account, role).await;
        link(&member, &blue).await.refused("FORBIDDEN");
    }
    link(&mini.admin, &blue).await.refused("FORBIDDEN");
    let stranger = world.member("stranger").await;
    assert!(link(&stranger, &blue).await.ok().at("team").is_null());
    // In a list as well.
    let listed = root
        .ask("{ teams(filter: { type: SUPERAPP }) { nodes { registrationLink } } }")
        .await;
    assert!(listed.ok().texts("teams.nodes.*.registrationLink")[0].ends_with(&token));
    // A team that is not active gives nobody any right; staff go on.
    root.mutate("disableTeam", json!({ "teamId": blue.id }), "")
        .await
        .ok();
    link(&blue.admin, &blue).await.refused("FORBIDDEN");
    assert_eq!(blue.token(&root).await, token);
}

async fn everybody_learns_where_a_working_link_leads(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let token = blue.token(&root).await;
    let nobody = world.nobody();
    let stranger = world.member("stranger").await;
    for who in [&nobody, &stranger, &root] {
        assert_eq!(leads_to(who, &token).await, json!("Blue"));
    }
    let swapped: String = token.chars().rev().collect();
    for wrong in [
        "",
        " ",
        "nonsense",
        &format!("{token} "),
        &token[1..],
        &swapped,
        &token.to_uppercase(),
        &"x".repeat(100_000),
        &blue.id,
        "\0",
    ] {
        assert_eq!(leads_to(&nobody, wrong).await, Value::Null);
    }
    let id = json!({ "teamId": blue.id });
    root.mutate("disableTeam", id.clone(), "").await.ok();
    assert_eq!(leads_to(&nobody, &token).await, Value::Null);
    root.mutate("enableTeam", id, "").await.ok();
    assert_eq!(leads_to(&nobody, &token).await, json!("Blue"));
    let input = json!({ "teamId": blue.id, "name": "Azure" });
    root.mutate("updateTeam", input, "").await.ok();
    assert_eq!(leads_to(&nobody, &token).await, json!("Azure"));
    let input = json!({ "teamId": blue.id, "confirmName": "Azure" });
    root.mutate("deleteTeam", input, "").await.ok();
    assert_eq!(leads_to(&nobody, &token).await, Value::Null);
}

async fn who_registers_a_team_becomes_its_admin(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let token = blue.token(&blue.admin).await;
    let mia = world.registered("mia", None).await;
    let registered = register(&mia, &token, "Mini Games").await.ok();
    let id = registered.text("registerTeam.team.id");
    assert_eq!(
        *registered.at("registerTeam.team"),
        json!({
            "id": id, "name": "Mini Games", "type": "MINI_PROGRAM", "status": "ACTIVE",
            "superappTeam": { "name": "Blue" }, "admins": [{ "account": "mia" }],
            "expiresAt": null, "registrationLink": null,
        })
    );
    let seen = mia
        .ask("{ viewer { memberships { nodes { team { name } role { isAdministrator } } } } }")
        .await
        .ok();
    assert_eq!(
        *seen.at("viewer.memberships.nodes"),
        json!([{ "team": { "name": "Mini Games" }, "role": { "isAdministrator": true } }])
    );
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "You are now a member of a team");
    assert!(letter.text.contains("Mini Games"), "{}", letter.text);
    let bound = blue
        .admin
        .ask(&format!(
            "{{ team(id: \"{}\") {{ miniProgramTeams {{ nodes {{ name admins {{ account }} }} }} }} }}",
            blue.id
        ))
        .await
        .ok();
    assert_eq!(
        *bound.at("team.miniProgramTeams.nodes"),
        json!([{ "name": "Mini Games", "admins": [{ "account": "mia" }] }])
    );
    let made_by = root
        .ask(&format!("{{ team(id: \"{id}\") {{ createdBy {{ account }} }} }}"))
        .await
        .ok();
    assert_eq!(made_by.text("team.createdBy.account"), "mia");
    let changes = last_changes(&world, "registerTeam").await;
    assert_eq!(
        serde_json::from_str::<Value>(&changes).unwrap(),
        json!([
            { "field": "name", "after": "Mini Games" },
            { "field": "type", "after": "MINI_PROGRAM" },
            { "field": "superappTeamId", "after": blue.id },
            { "field": "adminIds", "after": mia.id },
        ])
    );
    // The link is no code for one use, and the registrant no member of the superapp team.
    let lia = world.member("lia").await;
    register(&lia, &token, "More Games").await.ok();
    let count = "SELECT COUNT(*) AS n FROM membership";
    assert_eq!(world.count(count).await, 3);
}

async fn a_link_that_does_not_work_is_one_error(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let teams = [
        world.superapp_team("Replaced").await,
        world.superapp_team("Revoked").await,
        world.superapp_team("Disabled").await,
        world.superapp_team("Deleted").await,
    ];
    let mut tokens = vec![String::new(), "nonsense".to_owned(), "A".repeat(43)];
    for team in &teams {
        tokens.push(team.token(&root).await);
    }
    reset(&root, &teams[0], false).await.ok();
    reset(&root, &teams[1], true).await.ok();
    let input = json!({ "teamId": teams[2].id });
    root.mutate("disableTeam", input, "").await.ok();
    let input = json!({ "teamId": teams[3].id, "confirmName": "Deleted" });
    root.mutate("deleteTeam", input, "").await.ok();
    let mut said = std::collections::BTreeSet::new();
    for token in &tokens {
        let refused = world.unchanged_by(register(&mia, token, "Mini")).await;
        let refused = refused.failed(&["INVALID_CODE token"]);
        said.insert(refused.at("registerTeam.userErrors").to_string());
    }
    assert_eq!(said.len(), 1, "{said:?}");
}

async fn the_name_of_a_registered_team_follows_the_rules_of_all(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let token = blue.token(&root).await;
    for (name, error) in [
        ("", "REQUIRED name"),
        ("ab", "TOO_SHORT name"),
        (&"a".repeat(65), "TOO_LONG name"),
        ("two  spaces", "INVALID name"),
        ("bLUE", "TAKEN name"),
    ] {
        let refused = world.unchanged_by(register(&mia, &token, name)).await;
        refused.failed(&[error]);
    }
    register(&mia, &token, "小程序 团队").await.ok();
}

async fn nothing_is_told_of_names_without_a_link(world: World) {
    world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    for name in ["Blue", "Free"] {
        let refused = world.unchanged_by(register(&mia, "nonsense", name)).await;
        refused.failed(&["INVALID_CODE token"]);
    }
    // All that is bad is still told together.
    let refused = world.unchanged_by(register(&mia, "nonsense", "x")).await;
    refused.failed(&["TOO_SHORT name", "INVALID_CODE token"]);
}

async fn staff_register_no_team(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let blue = world.superapp_team("Blue").await;
    let token = blue.token(&root).await;
    for who in [&root, &pam] {
        for token in [token.as_str(), "nonsense"] {
            let refused = world.unchanged_by(register(who, token, "Mini")).await;
            refused.failed(&["STAFF_CANNOT_JOIN token"]);
        }
    }
    let nobody = world.nobody();
    let refused = world.unchanged_by(register(&nobody, &token, "Mini")).await;
    refused.refused("UNAUTHENTICATED");
}

async fn a_user_registers_five_teams(world: World) {
    let root = world.super_admin().await;
    let (blue, red) = (
        world.superapp_team("Blue").await,
        world.superapp_team("Red").await,
    );
    let (mia, lia) = (world.member("mia").await, world.member("lia").await);
    let tokens = [blue.token(&root).await, red.token(&root).await];
    // A team that staff made for them is not one of them.
    let input =
        json!({ "name": "Given", "type": "MINI_PROGRAM", "superappTeamId": blue.id, "adminIds": [mia.id] });
    root.mutate("createTeam", input, "").await.ok();
    let mut ids = Vec::new();
    for number in 0..5 {
        let answer = register(&mia, &tokens[number % 2], &format!("Mini {number}"))
            .await
            .ok();
        ids.push(answer.text("registerTeam.team.id"));
    }
    for token in &tokens {
        let refused = world.unchanged_by(register(&mia, token, "Mini 5")).await;
        refused.failed(&["LIMIT_REACHED token"]);
    }
    // Another's count is another's.
    register(&lia, &tokens[0], "Other").await.ok();
    // To hand a team on frees no place, else one could make teams without end.
    let input = json!({ "teamId": ids[0], "adminIds": [lia.id] });
    root.mutate("updateTeam", input, "").await.ok();
    let refused = world.unchanged_by(register(&mia, &tokens[0], "Mini 5")).await;
    refused.failed(&["LIMIT_REACHED token"]);
    // A team that is gone does.
    let input = json!({ "teamId": ids[0], "confirmName": "Mini 0" });
    root.mutate("deleteTeam", input, "").await.ok();
    register(&mia, &tokens[0], "Mini 5").await.ok();
    let refused = world.unchanged_by(register(&mia, &tokens[0], "Mini 6")).await;
    refused.failed(&["LIMIT_REACHED token"]);
}

async fn a_link_is_replaced_and_revoked(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let nobody = world.nobody();
    let first = blue.token(&root).await;
    let shown = |answer: &Answer| {
        answer
            .at("resetTeamRegistrationLink.team.registrationLink")
            .clone()
    };

    let answer = reset(&blue.admin, &blue, false).await.ok();
    let second = blue.token(&root).await;
    assert!(shown(&answer).as_str().unwrap().ends_with(&second));
    assert_ne!(first, second);
    assert_eq!(leads_to(&nobody, &first).await, Value::Null);
    assert_eq!(leads_to(&nobody, &second).await, json!("Blue"));
    let field = "\"field\":\"registrationLink\"";
    assert_eq!(
        last_changes(&world, "resetTeamRegistrationLink").await,
        format!("[{{{field},\"before\":\"ACTIVE\",\"after\":\"NEW\"}}]")
    );

    for changes in [format!("[{{{field},\"before\":\"ACTIVE\"}}]"), "[]".to_owned()] {
        assert!(shown(&reset(&root, &blue, true).await.ok()).is_null());
        assert_eq!(last_changes(&world, "resetTeamRegistrationLink").await, changes);
    }
    assert_eq!(leads_to(&nobody, &second).await, Value::Null);
    assert!(
        link(&blue.admin, &blue)
            .await
            .ok()
            .at("team.registrationLink")
            .is_null()
    );

    // A null is as good as left out.
    let input = json!({ "teamId": blue.id, "revoke": null });
    root.mutate("resetTeamRegistrationLink", input, "").await.ok();
    assert_eq!(
        last_changes(&world, "resetTeamRegistrationLink").await,
        format!("[{{{field},\"after\":\"NEW\"}}]")
    );
    let third = blue.token(&root).await;
    assert_eq!(leads_to(&nobody, &third).await, json!("Blue"));

    for who in [&root, &mini.admin] {
        let refused = world.unchanged_by(reset(who, &mini, false)).await;
        refused.failed(&["INVALID teamId"]);
    }
}

async fn nobody_but_staff_and_the_teams_admins_resets_a_link(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let blue = world.superapp_team("Blue").await;
    let red = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    for role in ["Member manager", "Senior developer"] {
        let account = role.to_lowercase().replace(' ', "-");
        let member = blue.with(&world, &account, role).await;
        let refused = world.unchanged_by(reset(&member, &blue, true)).await;
        refused.refused("FORBIDDEN");
        // Not with the right in another team either.
        red.add(&member, "Administrator").await;
        let refused = world.unchanged_by(reset(&member, &blue, true)).await;
        refused.refused("FORBIDDEN");
    }
    let refused = world.unchanged_by(reset(&mini.admin, &blue, true)).await;
    refused.refused("FORBIDDEN");
    let refused = world.unchanged_by(reset(&red.admin, &blue, true)).await;
    refused.refused("NOT_FOUND");
    let nobody = world.nobody();
    let refused = world.unchanged_by(reset(&nobody, &blue, true)).await;
    refused.refused("UNAUTHENTICATED");
    // Of a team that is not active staff alone, who write to the team itself.
    red.add(&blue.admin, "Administrator").await;
    root.mutate("disableTeam", json!({ "teamId": blue.id }), "")
        .await
        .ok();
    let refused = world.unchanged_by(reset(&blue.admin, &blue, true)).await;
    refused.refused("FORBIDDEN");
    reset(&pam, &blue, false).await.ok();
    reset(&root, &blue, true).await.ok();
}

async fn who_registered_a_team_and_left_it_can_be_deleted(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let (mia, lia) = (world.member("mia").await, world.member("lia").await);
    let token = blue.token(&root).await;
    let registered = register(&mia, &token, "Mini").await.ok();
    let id = registered.text("registerTeam.team.id");
    let delete = json!({ "userId": mia.id });
    let refused = world.unchanged_by(root.mutate("deleteUser", delete.clone(), ""));
    refused.await.failed(&["LAST_TEAM_ADMIN userId"]);
    let input = json!({ "teamId": id, "adminIds": [lia.id] });
    root.mutate("updateTeam", input, "").await.ok();
    root.mutate("deleteUser", delete, "").await.ok();
    let left = root
        .ask(&format!(
            "{{ team(id: \"{id}\") {{ name createdBy {{ id }} admins {{ account }} }} }}"
        ))
        .await
        .ok();
    assert_eq!(
        *left.at("team"),
        json!({ "name": "Mini", "createdBy": null, "admins": [{ "account": "lia" }] })
    );
}

async fn no_token_stands_in_the_database(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let first = blue.token(&root).await;
    register(&mia, &first, "Mini").await.ok();
    // Refusals are told by the audit log too, of all kinds.
    register(&mia, &first, "x").await.failed(&["TOO_SHORT name"]);
    register(&root, &first, "One")
        .await
        .failed(&["STAFF_CANNOT_JOIN token"]);
    register(&world.nobody(), &first, "One")
        .await
        .refused("UNAUTHENTICATED");
    reset(&root, &blue, false).await.ok();
    register(&mia, &first, "One")
        .await
        .failed(&["INVALID_CODE token"]);
    let second = blue.token(&root).await;
    for token in [first, second] {
        assert_eq!(world.tables_with(&token).await, [""; 0]);
    }
}

/// The most talkative log tells no token, and a link outlives a change of the secret.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_stands_in_the_log_and_a_new_secret_keeps_the_links() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--super-admin-account",
        "root",
        "--super-admin-password",
        PASSWORD,
        "--log",
        "trace",
    ];
    let _keeper = Keeper::of(&["--data-dir", folder.path().to_str().unwrap()]);
    let node = Node::start(folder.path(), &arguments).await;
    let nobody = Actor::nobody(&node.url);
    let log_in = async |nobody: &Actor, account: &str| {
        let input = json!({ "login": account, "password": PASSWORD });
        let selection = "tokens { accessToken refreshToken }";
        let answer = nobody.mutate("login", input, selection).await.ok();
        nobody.with_tokens(&answer, "login.tokens")
    };
    let root = log_in(&nobody, "root").await;
    let input = json!({
        "name": "Blue", "type": "SUPERAPP",
        "newAdmin": { "name": "ada", "account": "ada", "password": PASSWORD },
    });
    let made = root
        .mutate("createTeam", input, "team { id registrationLink }")
        .await
        .ok();
    let link = made.text("createTeam.team.registrationLink");
    let (_, token) = link.split_once("/register-team#").unwrap();
    assert_eq!(leads_to(&nobody, token).await, json!("Blue"));
    // Also not where the document itself holds it, and not where something fails.
    let inline = format!("{{ teamRegistration(token: \"{token}\") {{ superappTeamName }} }}");
    nobody.ask(&inline).await.ok();
    register(&root, token, "Mini")
        .await
        .failed(&["STAFF_CANNOT_JOIN token"]);
    register(&nobody, token, "Mini").await.refused("UNAUTHENTICATED");
    let broken = format!("{{ teamRegistration(token: \"{token}\") {{ nothing }} }}");
    nobody.ask(&broken).await.refused("GRAPHQL_VALIDATION_FAILED");
    let (_, log) = node.stop().await;
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is talkative"
    );
    assert!(!log.contains(token));

    let path = folder.path().join("secret");
    let old = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{}\n{old}", rollcall::secret::keys::new_secret())).unwrap();
    let node = Node::start(folder.path(), &arguments).await;
    let nobody = Actor::nobody(&node.url);
    assert_eq!(leads_to(&nobody, token).await, json!("Blue"));
    let root = log_in(&nobody, "root").await;
    let document = format!(
        "{{ team(id: \"{}\") {{ registrationLink }} }}",
        made.text("createTeam.team.id")
    );
    let shown = root.ask(&document).await.ok();
    let shown = shown.text("team.registrationLink");
    assert_eq!(shown, format!("{}/register-team#{token}", node.url));
    node.stop().await;
}
