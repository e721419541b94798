//! A team's own roles: made, changed, deleted, and what they give.

use chrono::TimeDelta;

use crate::support::*;

on_each_database!(
    a_custom_role_gives_what_it_holds,
    a_role_name_is_one_of_its_team_and_of_no_preset_role,
    a_role_holds_permissions_of_its_teams_type,
    all_mistakes_of_a_role_are_told_at_once,
    a_team_has_at_most_50_custom_roles,
    preset_roles_are_nobodys_to_change,
    a_changed_role_holds_from_the_next_request_on,
    what_is_left_out_of_a_change_stays,
    nobody_edits_the_role_that_they_hold,
    a_role_in_use_stays,
    the_codes_of_a_deleted_role_stop_working_and_the_list_tells_of_them,
    a_deleted_role_is_nowhere_and_its_name_is_free,
    who_does_not_manage_members_makes_no_roles,
    a_role_is_seen_by_its_team_and_by_staff,
    an_inactive_team_takes_no_roles,
    a_role_with_all_permissions_is_no_administrator,
    whom_the_viewer_can_edit_is_whom_they_can_give_a_role,
);

const FIELDS: &str = "role { id name kind teamType team { id } isAdministrator permissions memberCount }";

async fn create(by: &Actor, team: &Team, name: &str, permissions: &[&str]) -> Answer {
    let input = json!({ "teamId": team.id, "name": name, "permissions": permissions });
    by.mutate("createRole", input, FIELDS).await
}

async fn change(by: &Actor, role: &str, change: Value) -> Answer {
    let mut input = json!({ "roleId": role });
    let more = change.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(more);
    by.mutate("updateRole", input, FIELDS).await
}

async fn delete(by: &Actor, role: &str) -> Answer {
    by.mutate("deleteRole", json!({ "roleId": role }), "deletedRoleId")
        .await
}

async fn assign(by: &Actor, seat: &str, role: &str) -> Answer {
    let input = json!({ "membershipId": seat, "roleId": role });
    by.mutate("updateTeamMember", input, "membership { role { name } }")
        .await
}

/// The roles of a team, as somebody sees them.
async fn names(by: &Actor, team: &Team) -> Vec<String> {
    let document = "query($id: ID!) { team(id: $id) { roles { name } } }";
    let answer = by.ask_with(document, json!({ "id": team.id })).await.ok();
    answer.texts("team.roles.*.name")
}

/// What somebody may do in a team.
async fn permissions(by: &Actor, team: &Team) -> Value {
    let document = "query($id: ID!) { team(id: $id) { viewerPermissions } }";
    let answer = by.ask_with(document, json!({ "id": team.id })).await.ok();
    answer.at("team.viewerPermissions").clone()
}

/// The last event of an action that was done: its target, and its changes.
async fn event(world: &World, action: &str) -> (Value, Value) {
    let rows = world
        .rows(&format!(
            "SELECT target_id, changes FROM audit_event WHERE action = '{action}' AND outcome = 'SUCCEEDED' ORDER BY id DESC"
        ))
        .await;
    let changes = serde_json::from_str(rows[0]["changes"].as_str().unwrap()).unwrap();
    (rows[0]["target_id"].clone(), changes)
}

const PRESETS: [&str; 6] = [
    "Administrator",
    "Member manager",
    "Senior developer",
    "Developer",
    "Operator",
    "Reviewer",
];

async fn a_custom_role_gives_what_it_holds(world: World) {
    let team = world.superapp_team("Blue").await;
    let wanted = ["USER_COMPLAINTS", "DATA_DASHBOARD", "USER_COMPLAINTS"];
    let made = create(&team.admin, &team, "首席 Painter", &wanted).await.ok();
    let role = made.at("createRole.role");
    let id = made.text("createRole.role.id");
    assert!(id.starts_with("role_"));
    assert_eq!(
        *role,
        json!({
            "id": id, "name": "首席 Painter", "kind": "CUSTOM", "teamType": "SUPERAPP", "team": { "id": team.id },
            // In the order of the table, each once.
            "isAdministrator": false, "permissions": ["DATA_DASHBOARD", "USER_COMPLAINTS"], "memberCount": 0,
        })
    );
    let (target, changes) = event(&world, "createRole").await;
    assert_eq!(target, json!(id));
    assert_eq!(
        changes,
        json!([
            { "field": "name", "after": "首席 Painter" },
            { "field": "permissions", "after": "DATA_DASHBOARD USER_COMPLAINTS" },
        ])
    );
    // After the preset ones, by age.
    create(&team.admin, &team, "Archivist", &[]).await.ok();
    let listed = names(&team.admin, &team).await;
    assert_eq!(listed[..6], PRESETS);
    assert_eq!(listed[6..], ["首席 Painter", "Archivist"]);

    let mia = world.registered("mia", None).await;
    let seat = team.add_with(&mia, &id).await;
    let letter = world.mail.to("mia@example.com").await;
    assert!(letter.text.contains("首席 Painter"), "{}", letter.text);
    assert_eq!(
        permissions(&mia, &team).await,
        json!(["DATA_DASHBOARD", "USER_COMPLAINTS"])
    );
    assert_eq!(
        mia.menus().await,
        ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"]
    );
    let document = "query($id: ID!) { node(id: $id) { ... on Role { name memberCount } } }";
    let found = mia.ask_with(document, json!({ "id": id })).await.ok();
    assert_eq!(*found.at("node.memberCount"), json!(1));
    assign(&team.admin, &seat, &team.role("Developer")).await.ok();
    let found = mia.ask_with(document, json!({ "id": id })).await.ok();
    assert_eq!(*found.at("node.memberCount"), json!(0));
}

async fn a_role_name_is_one_of_its_team_and_of_no_preset_role(world: World) {
    let team = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &team).await;
    create(&team.admin, &team, "Painter", &[]).await.ok();
    let poet = create(&team.admin, &team, "Poet", &[])
        .await
        .ok()
        .text("createRole.role.id");
    for taken in [
        "Painter",
        "PAINTER",
        "painter",
        "Administrator",
        "member MANAGER",
        "reviewer",
    ] {
        let refused = world.unchanged_by(create(&team.admin, &team, taken, &[])).await;
        refused.failed(&["TAKEN name"]);
        let refused = world
            .unchanged_by(change(&team.admin, &poet, json!({ "name": taken })))
            .await;
        refused.failed(&["TAKEN name"]);
    }
    for (bad, code) in [
        ("", "REQUIRED"),
        ("Po", "TOO_SHORT"),
        (&"x".repeat(65), "TOO_LONG"),
        ("Po  et", "INVALID"),
        (" Poet", "INVALID"),
        ("Po/et", "INVALID"),
        ("Ｐｏｅｔ", "INVALID"),
    ] {
        let refused = world.unchanged_by(create(&team.admin, &team, bad, &[])).await;
        refused.failed(&[&format!("{code} name")]);
        let refused = world
            .unchanged_by(change(&team.admin, &poet, json!({ "name": bad })))
            .await;
        refused.failed(&[&format!("{code} name")]);
    }
    // Another team has names of its own, and one's own name can change its case.
    create(&mini.admin, &mini, "Painter", &[]).await.ok();
    let answer = change(&team.admin, &poet, json!({ "name": "POET" })).await.ok();
    assert_eq!(answer.text("updateRole.role.name"), "POET");
}

async fn a_role_holds_permissions_of_its_teams_type(world: World) {
    let team = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let mixed = [
        "USER_FEEDBACK",
        "REALTIME_LOGS",
        "SUPERAPP_MANAGEMENT",
        "MINI_PROGRAM_TRIAL",
    ];
    let refused = world.unchanged_by(create(&team.admin, &team, "Painter", &mixed));
    refused
        .await
        .failed(&["INVALID permissions.1", "INVALID permissions.3"]);
    let refused = world.unchanged_by(create(&mini.admin, &mini, "Painter", &mixed));
    refused.await.failed(&["INVALID permissions.2"]);
    let id = create(&team.admin, &team, "Painter", &[])
        .await
        .ok()
        .text("createRole.role.id");
    let refused = world.unchanged_by(change(&team.admin, &id, json!({ "permissions": mixed })));
    refused
        .await
        .failed(&["INVALID permissions.1", "INVALID permissions.3"]);
    let many = vec!["USER_FEEDBACK"; 101];
    let refused = world.unchanged_by(create(&team.admin, &team, "Poet", &many));
    refused.await.failed(&["TOO_LONG permissions"]);
    create(&team.admin, &team, "Poet", &many[..100]).await.ok();
    for unknown in ["FLYING", "data_dashboard"] {
        let refused = world
            .unchanged_by(create(&team.admin, &team, "Actor", &[unknown]))
            .await;
        refused.refused("GRAPHQL_VALIDATION_FAILED");
    }
}

async fn all_mistakes_of_a_role_are_told_at_once(world: World) {
    let team = world.superapp_team("Blue").await;
    let refused = world.unchanged_by(create(&team.admin, &team, "x", &["REALTIME_LOGS"]));
    refused.await.failed(&["TOO_SHORT name", "INVALID permissions.0"]);
}

async fn a_team_has_at_most_50_custom_roles(world: World) {
    let team = world.superapp_team("Blue").await;
    let mut last = String::new();
    for number in 0..50 {
        let made = create(&team.admin, &team, &format!("Role {number}"), &[])
            .await
            .ok();
        last = made.text("createRole.role.id");
    }
    let refused = world
        .unchanged_by(create(&team.admin, &team, "One more", &[]))
        .await;
    refused.failed(&["LIMIT_REACHED teamId"]);
    delete(&team.admin, &last).await.ok();
    create(&team.admin, &team, "One more", &[]).await.ok();
    // Those that a deletion leaves behind invitations do not count.
    team.invite_as(&role_named(&team, "One more").await).await;
    delete(&team.admin, &role_named(&team, "One more").await)
        .await
        .ok();
    create(&team.admin, &team, "Another one", &[]).await.ok();
    assert_eq!(names(&team.admin, &team).await.len(), 56);
}

/// The id of the role that has this name now.
async fn role_named(team: &Team, name: &str) -> String {
    let document = "query($id: ID!) { team(id: $id) { roles { id name } } }";
    let answer = team.admin.ask_with(document, json!({ "id": team.id })).await.ok();
    let names = answer.texts("team.roles.*.name");
    let place = names.iter().position(|other| other == name).unwrap();
    answer.texts("team.roles.*.id")[place].clone()
}

async fn preset_roles_are_nobodys_to_change(world: World) {
    let team = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &team).await;
    for role in team.roles.iter().chain(&mini.roles) {
        for input in [
            json!({ "name": "Painter" }),
            json!({ "permissions": [] }),
            json!({}),
        ] {
            let refused = world.unchanged_by(change(&team.admin, &role.id, input)).await;
            refused.refused("FORBIDDEN");
        }
        let refused = world.unchanged_by(delete(&team.admin, &role.id)).await;
        refused.refused("FORBIDDEN");
    }
}

async fn a_changed_role_holds_from_the_next_request_on(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team.make_role("Painter", &["TEAM_MEMBER_MANAGEMENT"]).await;
    let mia = world.member("mia").await;
    team.add_with(&mia, &role).await;
    let invite = || async {
        let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
        mia.mutate("createInvitation", input, "code").await
    };
    invite().await.ok();
    let answer = change(&team.admin, &role, json!({ "permissions": ["DATA_DASHBOARD"] })).await;
    assert_eq!(
        *answer.ok().at("updateRole.role.permissions"),
        json!(["DATA_DASHBOARD"])
    );
    world.unchanged_by(invite()).await.refused("FORBIDDEN");
    assert_eq!(permissions(&mia, &team).await, json!(["DATA_DASHBOARD"]));
    let (target, changes) = event(&world, "updateRole").await;
    assert_eq!(target, json!(role));
    assert_eq!(
        changes,
        json!([{ "field": "permissions", "before": "TEAM_MEMBER_MANAGEMENT", "after": "DATA_DASHBOARD" }])
    );
    change(
        &team.admin,
        &role,
        json!({ "permissions": ["TEAM_MEMBER_MANAGEMENT"] }),
    )
    .await
    .ok();
    invite().await.ok();
}

async fn what_is_left_out_of_a_change_stays(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team.make_role("Painter", &["DATA_DASHBOARD"]).await;
    let renamed = change(&team.admin, &role, json!({ "name": "Poet", "permissions": null }))
        .await
        .ok();
    assert_eq!(renamed.text("updateRole.role.name"), "Poet");
    assert_eq!(
        *renamed.at("updateRole.role.permissions"),
        json!(["DATA_DASHBOARD"])
    );
    let (_, changes) = event(&world, "updateRole").await;
    assert_eq!(
        changes,
        json!([{ "field": "name", "before": "Painter", "after": "Poet" }])
    );
    let emptied = change(&team.admin, &role, json!({ "name": null, "permissions": [] }))
        .await
        .ok();
    assert_eq!(emptied.text("updateRole.role.name"), "Poet");
    assert_eq!(*emptied.at("updateRole.role.permissions"), json!([]));
    // Nothing to change is no mistake, and the log tells that it was asked for.
    world
        .unchanged_by(change(&team.admin, &role, json!({ "name": "Poet" })))
        .await
        .ok();
    assert_eq!(event(&world, "updateRole").await, (json!(role), json!([])));
}

async fn nobody_edits_the_role_that_they_hold(world: World) {
    let team = world.superapp_team("Blue").await;
    let own = team.make_role("Painter", &["TEAM_MEMBER_MANAGEMENT"]).await;
    let other = team.make_role("Poet", &[]).await;
    let mia = world.member("mia").await;
    team.add_with(&mia, &own).await;
    for input in [
        json!({ "permissions": ["TEAM_MEMBER_MANAGEMENT", "DATA_DASHBOARD"] }),
        json!({ "permissions": ["TEAM_MEMBER_MANAGEMENT"] }),
        json!({ "name": "Sculptor" }),
        json!({}),
    ] {
        let refused = world.unchanged_by(change(&mia, &own, input)).await;
        refused.failed(&["OWN_ROLE roleId"]);
    }
    let refused = world.unchanged_by(change(&mia, &own, json!({ "name": "x" })));
    refused.await.failed(&["TOO_SHORT name", "OWN_ROLE roleId"]);
    let refused = world.unchanged_by(delete(&mia, &own)).await;
    refused.failed(&["IN_USE roleId"]);
    // Others' they may.
    change(&mia, &other, json!({ "permissions": ["DATA_DASHBOARD"] }))
        .await
        .ok();
    delete(&mia, &other).await.ok();
    change(&team.admin, &own, json!({ "name": "Sculptor" }))
        .await
        .ok();
}

async fn a_role_in_use_stays(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team.make_role("Painter", &["DATA_DASHBOARD"]).await;
    let mut seats = Vec::new();
    for account in ["mia", "nia"] {
        let user = world.member(account).await;
        seats.push(team.add_with(&user, &role).await);
    }
    let refused = world.unchanged_by(delete(&team.admin, &role)).await;
    assert!(refused.raw.contains("role: 2"), "{}", refused.raw);
    refused.failed(&["IN_USE roleId"]);
    assign(&team.admin, &seats[0], &team.role("Developer")).await.ok();
    let refused = world.unchanged_by(delete(&team.admin, &role)).await;
    refused.failed(&["IN_USE roleId"]);
    let input = json!({ "membershipId": seats[1] });
    team.admin.mutate("removeTeamMember", input, "").await.ok();
    let deleted = delete(&team.admin, &role).await.ok();
    assert_eq!(deleted.text("deleteRole.deletedRoleId"), role);
    let (target, changes) = event(&world, "deleteRole").await;
    assert_eq!(target, json!(role));
    assert_eq!(
        changes,
        json!([
            { "field": "name", "before": "Painter" },
            { "field": "permissions", "before": "DATA_DASHBOARD" },
        ])
    );
    let refused = world.unchanged_by(delete(&team.admin, &role)).await;
    refused.refused("NOT_FOUND");
}

async fn the_codes_of_a_deleted_role_stop_working_and_the_list_tells_of_them(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team.make_role("Painter", &["DATA_DASHBOARD"]).await;
    let (mia, nia) = (world.member("mia").await, world.member("nia").await);
    let (expired, _) = team.invite_as(&role).await;
    world.pass(TimeDelta::hours(25));
    let root = world.super_admin().await;
    let team = Team {
        admin: Actor::log_in(&world, &team.admin.account, &format!("{}2", actor::PASSWORD)).await,
        ..team
    };
    let mia = Actor::log_in(&world, &mia.account, &format!("{}2", actor::PASSWORD)).await;
    let nia = Actor::log_in(&world, &nia.account, &format!("{}2", actor::PASSWORD)).await;
    let (used, code) = team.invite_as(&role).await;
    mia.mutate("joinTeam", json!({ "code": code }), "").await.ok();
    let seat = team.membership_of(&mia).await;
    assign(&team.admin, &seat, &team.role("Developer")).await.ok();
    let (live, code) = team.invite_as(&role).await;
    let (other, other_code) = team.invite_as(&team.role("Operator")).await;
    delete(&team.admin, &role).await.ok();
    let (_, changes) = event(&world, "deleteRole").await;
    assert_eq!(changes[2], json!({ "field": "revokedInvitations", "after": "1" }));

    let refused = world.unchanged_by(nia.mutate("joinTeam", json!({ "code": code }), ""));
    refused.await.failed(&["INVALID_INVITATION code"]);
    let document = "query($id: ID!) { team(id: $id) { invitations { totalCount nodes { id status role { name permissions memberCount } usedBy { account } } } } }";
    for who in [&team.admin, &root] {
        let listed = who.ask_with(document, json!({ "id": team.id })).await.ok();
        let gone = json!({ "name": "Painter", "permissions": [], "memberCount": 0 });
        let nodes = listed.at("team.invitations.nodes").as_array().unwrap().clone();
        let mut told = Vec::new();
        for node in &nodes {
            if node["id"] != json!(other) {
                assert_eq!(node["role"], gone, "{node}");
            }
            told.push((node["id"].as_str().unwrap(), node["status"].as_str().unwrap()));
        }
        assert_eq!(
            told,
            [
                (other.as_str(), "ACTIVE"),
                (live.as_str(), "REVOKED"),
                (used.as_str(), "USED"),
                (expired.as_str(), "EXPIRED"),
            ]
        );
        assert_eq!(nodes[2]["usedBy"]["account"], "mia");
        // One by one too.
        let document = "query($id: ID!) { node(id: $id) { ... on Invitation { role { name } } } }";
        let found = who.ask_with(document, json!({ "id": live })).await.ok();
        assert_eq!(found.text("node.role.name"), "Painter");
    }
    nia.mutate("joinTeam", json!({ "code": other_code }), "")
        .await
        .ok();
}

async fn a_deleted_role_is_nowhere_and_its_name_is_free(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let seat = team.add(&mia, "Developer").await;
    for invited in [false, true] {
        let role = team.make_role("Painter", &["DATA_DASHBOARD"]).await;
        if invited {
            team.invite_as(&role).await;
        }
        delete(&team.admin, &role).await.ok();
        assert_eq!(names(&team.admin, &team).await, PRESETS);
        let found = team
            .admin
            .ask_with("query($id: ID!) { node(id: $id) { id } }", json!({ "id": role }))
            .await
            .ok();
        assert!(found.at("node").is_null());
        for refused in [
            world.unchanged_by(assign(&team.admin, &seat, &role)).await,
            world
                .unchanged_by(change(&team.admin, &role, json!({ "name": "Poet" })))
                .await,
            world.unchanged_by(delete(&team.admin, &role)).await,
            {
                let input = json!({ "teamId": team.id, "roleId": role });
                world
                    .unchanged_by(team.admin.mutate("createInvitation", input, ""))
                    .await
            },
        ] {
            refused.refused("NOT_FOUND");
        }
        let nia = world.member(&format!("nia-{invited}")).await;
        let input = json!({ "teamId": team.id, "members": [{ "userId": nia.id, "roleId": role }] });
        let refused = world.unchanged_by(team.admin.mutate("addTeamMembers", input, ""));
        refused.await.failed(&["NOT_FOUND members.0.roleId"]);
    }
}

async fn who_does_not_manage_members_makes_no_roles(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let role = team.make_role("Painter", &[]).await;
    let dan = team.with(&world, "dan", "Senior developer").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    for (who, on_team, on_role) in [
        (world.nobody(), "UNAUTHENTICATED", "UNAUTHENTICATED"),
        (world.super_admin().await, "FORBIDDEN", "FORBIDDEN"),
        (world.platform_admin("pia").await, "FORBIDDEN", "FORBIDDEN"),
        (world.member("mia").await, "FORBIDDEN", "FORBIDDEN"),
        (dan, "FORBIDDEN", "FORBIDDEN"),
        // Of its superapp team one sees the name, but no roles.
        (mini.admin.clone(), "FORBIDDEN", "NOT_FOUND"),
        (other.admin.clone(), "NOT_FOUND", "NOT_FOUND"),
    ] {
        let refused = world.unchanged_by(create(&who, &team, "Poet", &[])).await;
        refused.refused(on_team);
        let refused = world
            .unchanged_by(change(&who, &role, json!({ "name": "Poet" })))
            .await;
        refused.refused(on_role);
        world.unchanged_by(delete(&who, &role)).await.refused(on_role);
    }
    for id in ["nonsense", "role_01h455vb4pex5vsknk084sn02q", team.id.as_str()] {
        let refused = world
            .unchanged_by(change(&team.admin, id, json!({ "name": "Poet" })))
            .await;
        refused.refused("NOT_FOUND");
        world
            .unchanged_by(delete(&team.admin, id))
            .await
            .refused("NOT_FOUND");
    }
    // A member manager may.
    let made = create(&mara, &team, "Poet", &["DATA_DASHBOARD"]).await.ok();
    let made = made.text("createRole.role.id");
    change(&mara, &made, json!({ "name": "Sculptor" })).await.ok();
    delete(&mara, &made).await.ok();
}

async fn a_role_is_seen_by_its_team_and_by_staff(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let role = mini.make_role("Painter", &["DATA_DASHBOARD"]).await;
    let dan = mini.with(&world, "dan", "Developer").await;
    let document =
        "query($id: ID!) { node(id: $id) { ... on Role { name permissions memberCount team { name } } } }";
    let sees = |who: Actor| {
        let variables = json!({ "id": role });
        async move {
            let answer = who.ask_with(document, variables).await.ok();
            answer.at("node").clone()
        }
    };
    let whole = json!({ "name": "Painter", "permissions": ["DATA_DASHBOARD"], "memberCount": 0, "team": { "name": "Mini" } });
    for who in [
        dan,
        mini.admin,
        world.super_admin().await,
        world.platform_admin("pia").await,
    ] {
        assert_eq!(sees(who).await, whole);
    }
    // The superapp team's admin sees the team, and not what is inside.
    for who in [team.admin, other.admin, world.member("mia").await, world.nobody()] {
        assert_eq!(sees(who).await, Value::Null);
    }
}

async fn an_inactive_team_takes_no_roles(world: World) {
    let blue = world.superapp_team("Blue").await;
    let expiry = world.app.now() + TimeDelta::minutes(5);
    let mini = world
        .team(
            "Mini",
            json!({ "type": "MINI_PROGRAM", "superappTeamId": blue.id, "expiresAt": expiry }),
        )
        .await;
    let role = mini.make_role("Painter", &[]).await;
    world.pass(TimeDelta::minutes(6));
    for refused in [
        world.unchanged_by(create(&mini.admin, &mini, "Poet", &[])).await,
        world
            .unchanged_by(change(&mini.admin, &role, json!({ "name": "Poet" })))
            .await,
        world.unchanged_by(delete(&mini.admin, &role)).await,
    ] {
        refused.refused("FORBIDDEN");
    }
    // It can still be read.
    assert_eq!(names(&mini.admin, &mini).await[6..], ["Painter"]);
}

async fn a_role_with_all_permissions_is_no_administrator(world: World) {
    let team = world.superapp_team("Blue").await;
    let document = "{ permissions { permission teamTypes } }";
    let answer = team.admin.ask(document).await.ok();
    let all: Vec<String> = answer
        .at("permissions")
        .as_array()
        .unwrap()
        .iter()
        .filter(|known| {
            known["teamTypes"]
                .as_array()
                .unwrap()
                .contains(&json!("SUPERAPP"))
        })
        .map(|known| known["permission"].as_str().unwrap().to_owned())
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(all.len(), 10);
    let role = team.make_role("Everything", &all).await;
    let mia = world.member("mia").await;
    team.add_with(&mia, &role).await;
    assert_eq!(permissions(&mia, &team).await, json!(all));
    // Neither may she make an admin, nor touch one, nor does she count as one.
    let nia = world.member("nia").await;
    let members = json!([{ "userId": nia.id, "roleId": team.role("Administrator") }]);
    let input = json!({ "teamId": team.id, "members": members });
    let refused = world.unchanged_by(mia.mutate("addTeamMembers", input, "")).await;
    refused.refused("FORBIDDEN");
    let seat = team.membership_of(&team.admin).await;
    let refused = world.unchanged_by(assign(&mia, &seat, &role)).await;
    refused.refused("FORBIDDEN");
    let refused = world.unchanged_by(team.admin.mutate("leaveTeam", json!({ "teamId": team.id }), ""));
    refused.await.failed(&["LAST_TEAM_ADMIN teamId"]);
}

async fn whom_the_viewer_can_edit_is_whom_they_can_give_a_role(world: World) {
    let blue = world.superapp_team("Blue").await;
    let expiry = world.app.now() + TimeDelta::minutes(5);
    let mini = world
        .team(
            "Mini",
            json!({ "type": "MINI_PROGRAM", "superappTeamId": blue.id, "expiresAt": expiry }),
        )
        .await;
    let managing = mini.make_role("Painter", &["TEAM_MEMBER_MANAGEMENT"]).await;
    let mut people = vec![
        mini.admin.clone(),
        mini.with(&world, "ada", "Administrator").await,
        mini.with(&world, "mara", "Member manager").await,
        mini.with(&world, "dan", "Developer").await,
        world.member("pam").await,
    ];
    mini.add_with(&people[4], &managing).await;
    people.push(world.super_admin().await);
    let document = "query($id: ID!) { team(id: $id) { members { nodes { id viewerCanEdit role { id } } } } }";
    let mut editable = Vec::new();
    for active in [true, false] {
        for who in &people {
            let answer = who.ask_with(document, json!({ "id": mini.id })).await.ok();
            let members = answer.at("team.members.nodes").as_array().unwrap().clone();
            assert_eq!(members.len(), 5);
            for member in &members {
                // Their own role again: nothing changes where it is allowed.
                let asked = assign(
                    who,
                    member["id"].as_str().unwrap(),
                    member["role"]["id"].as_str().unwrap(),
                );
                let answer = world.unchanged_by(asked).await;
                let refused =
                    answer.codes() == ["FORBIDDEN"] || answer.user_errors() == ["OWN_ROLE membershipId"];
                assert_eq!(
                    member["viewerCanEdit"],
                    json!(!refused),
                    "{} of {member}: {}",
                    who.account,
                    answer.body
                );
                if !refused && member["role"]["id"] == json!(mini.role("Administrator")) {
                    // Even an admin gives none to an administrator by the way of a member manager.
                    assert!(["Mini-admin", "ada"].contains(&who.account.as_str()));
                }
            }
            let count = members
                .iter()
                .filter(|member| member["viewerCanEdit"] == json!(true))
                .count();
            editable.push(count);
        }
        if active {
            world.pass(TimeDelta::minutes(6));
        }
    }
    assert_eq!(editable, [4, 4, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
}
