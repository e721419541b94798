//! Teams that are disabled, enabled and deleted.

use chrono::TimeDelta;
use rollcall::base::id::{Id, MembershipId, RoleId, TeamId, UserId};
use rollcall::base::text::fold;
use rollcall::entity::{membership, user};
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::support::*;

on_each_database!(
    staff_disable_and_enable_a_team,
    nobody_but_staff_disables_enables_or_deletes,
    a_team_that_is_not_active_takes_no_writes,
    what_leads_into_a_team_that_is_not_active_does_not_work,
    staff_write_to_a_team_that_is_not_active,
    members_leave_a_team_that_is_not_active,
    members_of_a_team_that_is_not_active_are_deleted,
    a_team_that_expired_while_disabled_is_enabled_into_its_expiry,
    nothing_of_a_deleted_team_is_left,
    the_name_of_a_team_is_typed_again_to_delete_it,
    a_superapp_team_with_bound_teams_is_not_deleted,
    a_preview_tells_what_disabling_or_deleting_would_take,
    all_members_of_a_deleted_team_are_told,
);

async fn ask(by: &Actor, team: &Team, fields: &str) -> Answer {
    by.ask(&format!("{{ team(id: \"{}\") {{ {fields} }} }}", team.id))
        .await
}

async fn status_of(by: &Actor, team: &Team) -> String {
    ask(by, team, "status").await.ok().text("team.status")
}

async fn disable(by: &Actor, team: &Team) -> Answer {
    let input = json!({ "teamId": team.id });
    by.mutate("disableTeam", input, "team { status }").await
}

async fn enable(by: &Actor, team: &Team) -> Answer {
    let input = json!({ "teamId": team.id });
    by.mutate("enableTeam", input, "team { status }").await
}

async fn delete(by: &Actor, team: &Team) -> Answer {
    let input = json!({ "teamId": team.id, "confirmName": team.name });
    by.mutate("deleteTeam", input, "deletedTeamId").await
}

/// The last event of this action: its outcome, the name of what it was about, and its changes.
async fn last_event(world: &World, action: &str) -> (String, Value, String) {
    let sql = format!(
        "SELECT outcome, target_id, target_name, changes FROM audit_event WHERE action = '{action}' \
         ORDER BY created_at DESC, id DESC LIMIT 1"
    );
    let event = world.rows(&sql).await.remove(0);
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    (
        text("outcome"),
        json!([event["target_id"], event["target_name"]]),
        text("changes"),
    )
}

async fn staff_disable_and_enable_a_team(world: World) {
    let pam = world.platform_admin("pam").await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Operator").await;
    let of_mia = "viewerPermissions status";
    let menus = ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"];
    assert_eq!(mia.menus().await, menus);

    let answer = disable(&pam, &blue).await.ok();
    assert_eq!(answer.text("disableTeam.team.status"), "DISABLED");
    let (outcome, about, changes) = last_event(&world, "disableTeam").await;
    assert_eq!((outcome.as_str(), about), ("SUCCEEDED", json!([blue.id, "Blue"])));
    assert_eq!(
        changes,
        r#"[{"field":"status","before":"ACTIVE","after":"DISABLED"}]"#
    );
    // From the next request on.
    assert_eq!(mia.menus().await, ["ACCOUNT", "SUPERAPP_MANAGEMENT"]);
    let seen = ask(&mia, &blue, of_mia).await.ok();
    assert_eq!(
        *seen.at("team"),
        json!({ "viewerPermissions": [], "status": "DISABLED" })
    );
    let filtered = pam
        .ask("{ teams(filter: { status: DISABLED }) { nodes { name } } }")
        .await
        .ok();
    assert_eq!(filtered.texts("teams.nodes.*.name"), ["Blue"]);

    // Once more changes nothing, and is told by the log.
    world.pass(TimeDelta::minutes(1));
    let since = "SELECT disabled_at FROM team WHERE name = 'Blue'";
    let before = world.rows(since).await;
    world.unchanged_by(disable(&pam, &blue)).await.ok();
    assert_eq!(world.rows(since).await, before);
    let again = last_event(&world, "disableTeam").await;
    assert_eq!((again.0.as_str(), again.2.as_str()), ("SUCCEEDED", "[]"));

    let answer = enable(&pam, &blue).await.ok();
    assert_eq!(answer.text("enableTeam.team.status"), "ACTIVE");
    assert_eq!(
        last_event(&world, "enableTeam").await.2,
        r#"[{"field":"status","before":"DISABLED","after":"ACTIVE"}]"#
    );
    assert_eq!(mia.menus().await, menus);
    let seen = ask(&mia, &blue, of_mia).await.ok();
    assert_eq!(seen.at("team.viewerPermissions").as_array().unwrap().len(), 3);
    world.unchanged_by(enable(&pam, &blue)).await.ok();
    assert_eq!(last_event(&world, "enableTeam").await.2, "[]");
}

async fn nobody_but_staff_disables_enables_or_deletes(world: World) {
    let blue = world.superapp_team("Blue").await;
    let other = world.superapp_team("Other").await;
    for who in [&blue.admin, &other.admin] {
        world.unchanged_by(disable(who, &blue)).await.refused("FORBIDDEN");
        world.unchanged_by(enable(who, &blue)).await.refused("FORBIDDEN");
        world.unchanged_by(delete(who, &blue)).await.refused("FORBIDDEN");
    }
    let nobody = world.nobody();
    let refused = world.unchanged_by(delete(&nobody, &blue)).await;
    refused.refused("UNAUTHENTICATED");
    let root = world.super_admin().await;
    for (field, input) in [
        ("disableTeam", json!({ "teamId": root.id })),
        ("enableTeam", json!({ "teamId": "nonsense" })),
        ("deleteTeam", json!({ "teamId": root.id, "confirmName": "Blue" })),
    ] {
        let refused = world.unchanged_by(root.mutate(field, input, "")).await;
        refused.refused("NOT_FOUND");
    }
}

/// A superapp team that was disabled, and a mini program team that has expired; each with a member called `member`,
/// with an invitation and with an admin who is an admin of an active team too, so that the right is there but not here.
struct Inactive {
    root: Actor,
    active: Team,
    teams: [(Team, Actor, String, String); 2],
}

async fn inactive_teams(world: &World) -> Inactive {
    let active = world.superapp_team("Active").await;
    let disabled = world.superapp_team("Disabled").await;
    let expired = world.mini_program_team("Expired", &active).await;
    let mut teams = Vec::new();
    for (team, account) in [(disabled, "mia"), (expired, "nia")] {
        let member = team.with(world, account, "Developer").await;
        active.add(&team.admin, "Administrator").await;
        let input = json!({ "teamId": team.id, "name": "Sculptor", "permissions": ["DATA_DASHBOARD"] });
        team.admin.mutate("createRole", input, "").await.ok();
        let input = json!({ "teamId": team.id, "roleId": team.role("Developer") });
        let made = team
            .admin
            .mutate("createInvitation", input, "code invitation { id }")
            .await
            .ok();
        teams.push((
            team,
            member,
            made.text("createInvitation.code"),
            made.text("createInvitation.invitation.id"),
        ));
    }
    let teams: [_; 2] = teams.try_into().unwrap_or_else(|_| panic!("two teams"));
    let root = world.super_admin().await;
    disable(&root, &teams[0].0).await.ok();
    let input = json!({ "teamId": teams[1].0.id, "expiresAt": (world.app.now() + TimeDelta::minutes(5)).to_rfc3339() });
    root.mutate("updateTeam", input, "").await.ok();
    world.pass(TimeDelta::minutes(5));
    assert_eq!(status_of(&root, &teams[0].0).await, "DISABLED");
    assert_eq!(status_of(&root, &teams[1].0).await, "EXPIRED");
    Inactive { root, active, teams }
}

/// The id of the one role that the team has made for itself.
async fn own_role(by: &Actor, team: &Team) -> String {
    let answer = ask(by, team, "roles { id kind }").await.ok();
    let roles = answer.at("team.roles").as_array().unwrap().clone();
    let own = roles.iter().find(|role| role["kind"] == "CUSTOM").unwrap();
    own["id"].as_str().unwrap().to_owned()
}

async fn a_team_that_is_not_active_takes_no_writes(world: World) {
    let Inactive { teams, .. } = inactive_teams(&world).await;
    let lia = world.member("lia").await;
    for (team, member, _, invitation) in &teams {
        let (id, role, own) = (&team.id, team.role("Operator"), own_role(&team.admin, team).await);
        let seat = team.membership_of(member).await;
        let writes = [
            (
                "addTeamMembers",
                json!({ "teamId": id, "members": [{ "userId": lia.id, "roleId": role }] }),
            ),
            (
                "updateTeamMember",
                json!({ "membershipId": seat, "roleId": role }),
            ),
            ("removeTeamMember", json!({ "membershipId": seat })),
            ("createInvitation", json!({ "teamId": id, "roleId": role })),
            (
                "createTeamMember",
                json!({ "teamId": id, "roleId": role, "name": "new", "account": "new", "generatePassword": true }),
            ),
            (
                "createRole",
                json!({ "teamId": id, "name": "Painter", "permissions": ["DATA_DASHBOARD"] }),
            ),
            ("updateRole", json!({ "roleId": own, "name": "Painter" })),
            ("deleteRole", json!({ "roleId": own })),
            ("updateTeam", json!({ "teamId": id, "name": "Other" })),
            ("updateTeam", json!({ "teamId": id, "remark": "Other." })),
        ];
        for (field, input) in writes {
            let refused = world.unchanged_by(team.admin.mutate(field, input, "")).await;
            refused.refused("FORBIDDEN");
        }
        // Without the permission the team's invitations are out of sight.
        let revoke = json!({ "invitationId": invitation });
        let refused = world.unchanged_by(team.admin.mutate("revokeInvitation", revoke, ""));
        refused.await.refused("NOT_FOUND");
    }
}

async fn what_leads_into_a_team_that_is_not_active_does_not_work(world: World) {
    let Inactive { root, active, teams } = inactive_teams(&world).await;
    let lia = world.member("lia").await;
    for (place, (_, _, code, _)) in teams.iter().enumerate() {
        let joined = lia.mutate("joinTeam", json!({ "code": code }), "");
        world
            .unchanged_by(joined)
            .await
            .failed(&["INVALID_INVITATION code"]);
        // A bad invitation costs a try of the mailed code, and nothing else.
        let email = format!("guest-{place}@example.com");
        let ask = json!({ "email": email, "purpose": "REGISTER" });
        world.nobody().mutate("sendVerificationCode", ask, "").await.ok();
        let input = json!({
            "name": "Guest", "account": format!("guest-{place}"), "email": email, "invitationCode": code,
            "verificationCode": world.mail.to(&email).await.code(6),
            "password": "Red-Whale-42", "passwordConfirmation": "Red-Whale-42",
        });
        let nobody = world.nobody();
        let registered = world.unchanged_by(nobody.mutate("register", input, "")).await;
        registered.failed(&["INVALID_INVITATION invitationCode"]);
    }
    // No team is bound to a superapp team that is not active.
    let disabled = &teams[0].0;
    let mini = world.mini_program_team("Mini", &active).await;
    let bind = json!({ "teamId": mini.id, "superappTeamId": disabled.id });
    let refused = world.unchanged_by(root.mutate("updateTeam", bind, "")).await;
    refused.failed(&["TEAM_NOT_ACTIVE superappTeamId"]);
    let make =
        json!({ "name": "New", "type": "MINI_PROGRAM", "superappTeamId": disabled.id, "adminIds": [lia.id] });
    let refused = world.unchanged_by(root.mutate("createTeam", make, "")).await;
    refused.failed(&["TEAM_NOT_ACTIVE superappTeamId"]);
    // One that is bound to it stays bound, and is not disabled with it.
    disable(&root, &active).await.ok();
    let seen = ask(&root, &mini, "status superappTeam { id status }").await.ok();
    assert_eq!(
        *seen.at("team"),
        json!({ "status": "ACTIVE", "superappTeam": { "id": active.id, "status": "DISABLED" } })
    );
    // To name the team that it is bound to already is no new binding.
    let same = json!({ "teamId": mini.id, "superappTeamId": active.id, "remark": "Same." });
    root.mutate("updateTeam", same, "").await.ok();
}

async fn staff_write_to_a_team_that_is_not_active(world: World) {
    let Inactive { root, teams, .. } = inactive_teams(&world).await;
    let lia = world.member("lia").await;
    for (team, _, _, _) in &teams {
        let input = json!({
            "teamId": team.id, "name": format!("{} two", team.name), "remark": "Mended.",
            "adminIds": [team.admin.id, lia.id],
        });
        let selection = "team { name remark admins { account } }";
        let written = root.mutate("updateTeam", input, selection).await.ok();
        assert_eq!(
            *written.at("updateTeam.team"),
            json!({
                "name": format!("{} two", team.name), "remark": "Mended.",
                "admins": [{ "account": team.admin.account }, { "account": "lia" }],
            })
        );
    }
    let (disabled, expired) = (&teams[0].0, &teams[1].0);
    assert_eq!(
        enable(&root, disabled).await.ok().text("enableTeam.team.status"),
        "ACTIVE"
    );
    let in_a_year = (world.app.now() + TimeDelta::days(365)).to_rfc3339();
    let extend = json!({ "teamId": expired.id, "expiresAt": in_a_year });
    root.mutate("updateTeam", extend, "").await.ok();
    // All is back as it was, codes too.
    for (team, _, code, _) in &teams {
        assert_eq!(status_of(&team.admin, team).await, "ACTIVE");
        let joiner = world.member(&format!("{}-joiner", team.name)).await;
        joiner.mutate("joinTeam", json!({ "code": code }), "").await.ok();
    }
}

async fn members_leave_a_team_that_is_not_active(world: World) {
    let Inactive { teams, .. } = inactive_teams(&world).await;
    for (team, member, _, _) in &teams {
        let leave = json!({ "teamId": team.id });
        // The last admin stays, whatever the team's status.
        let refused = world.unchanged_by(team.admin.mutate("leaveTeam", leave.clone(), ""));
        refused.await.failed(&["LAST_TEAM_ADMIN teamId"]);
        member.mutate("leaveTeam", leave, "").await.ok();
        assert!(ask(member, team, "id").await.at("team").is_null());
    }
}

async fn members_of_a_team_that_is_not_active_are_deleted(world: World) {
    let Inactive { root, teams, .. } = inactive_teams(&world).await;
    for (team, member, _, _) in &teams {
        let input = json!({ "userId": member.id });
        root.mutate("deleteUser", input, "").await.ok();
        let left = ask(&root, team, "memberCount").await.ok();
        assert_eq!(*left.at("team.memberCount"), 1);
        let last = json!({ "userId": team.admin.id });
        let refused = world.unchanged_by(root.mutate("deleteUser", last, "")).await;
        refused.failed(&["LAST_TEAM_ADMIN userId"]);
    }
}

async fn a_team_that_expired_while_disabled_is_enabled_into_its_expiry(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let soon = (world.app.now() + TimeDelta::minutes(5)).to_rfc3339();
    let input = json!({ "teamId": mini.id, "expiresAt": soon });
    root.mutate("updateTeam", input, "").await.ok();
    disable(&root, &mini).await.ok();
    world.pass(TimeDelta::minutes(6));
    assert_eq!(status_of(&root, &mini).await, "DISABLED");
    let enabled = enable(&root, &mini).await.ok();
    assert_eq!(enabled.text("enableTeam.team.status"), "EXPIRED");
    assert_eq!(
        last_event(&world, "enableTeam").await.2,
        r#"[{"field":"status","before":"DISABLED","after":"EXPIRED"}]"#
    );
    // And the other way round.
    let disabled = disable(&root, &mini).await.ok();
    assert_eq!(disabled.text("disableTeam.team.status"), "DISABLED");
    assert_eq!(
        last_event(&world, "disableTeam").await.2,
        r#"[{"field":"status","before":"EXPIRED","after":"DISABLED"}]"#
    );
}

async fn nothing_of_a_deleted_team_is_left(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let other = world.mini_program_team("Other", &blue).await;
    let mia = world.registered("mia", None).await;
    mini.add(&mia, "Developer").await;
    other.add(&mia, "Developer").await;
    let code = mini.invite("Developer").await;
    other.invite("Developer").await;
    for team in [&mini, &other] {
        let input = json!({ "teamId": team.id, "name": "Painter", "permissions": ["DATA_DASHBOARD"] });
        team.admin.mutate("createRole", input, "").await.ok();
    }
    world.mail.to("mia@example.com").await;
    world.mail.to("mia@example.com").await;
    let count = async |table: &str| world.count(&format!("SELECT COUNT(*) AS n FROM {table}")).await;
    let before = [
        count("membership").await,
        count("invitation").await,
        count("role").await,
    ];

    let deleted = delete(&root, &mini).await.ok();
    assert_eq!(deleted.text("deleteTeam.deletedTeamId"), mini.id);
    let after = [
        count("membership").await,
        count("invitation").await,
        count("role").await,
    ];
    assert_eq!(after, [before[0] - 2, before[1] - 1, before[2] - 1]);
    for who in [&root, &mia, &mini.admin, &blue.admin] {
        assert!(ask(who, &mini, "id").await.ok().at("team").is_null());
        let node = format!("{{ node(id: \"{}\") {{ id }} }}", mini.id);
        assert!(who.ask(&node).await.ok().at("node").is_null());
    }
    assert_eq!(mini.admin.menus().await, ["ACCOUNT"]);
    let teams = mia.ask("{ teams { nodes { name } } }").await.ok();
    assert_eq!(teams.texts("teams.nodes.*.name"), ["Other"]);
    let lia = world.member("lia").await;
    let joined = lia.mutate("joinTeam", json!({ "code": code }), "").await;
    joined.failed(&["INVALID_INVITATION code"]);
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "A team was deleted");
    assert!(letter.text.contains("\nTeam: Mini\n"), "{}", letter.text);
    // The log keeps what it was.
    let (outcome, about, _) = last_event(&world, "deleteTeam").await;
    assert_eq!((outcome.as_str(), about), ("SUCCEEDED", json!([mini.id, "Mini"])));
    // It is gone for every verb, and its name is free.
    for again in [
        delete(&root, &mini).await,
        disable(&root, &mini).await,
        enable(&root, &mini).await,
    ] {
        again.refused("NOT_FOUND");
    }
    let leave = mia.mutate("leaveTeam", json!({ "teamId": mini.id }), "").await;
    leave.refused("NOT_FOUND");
    let input = json!({ "name": "MINI", "type": "SUPERAPP", "adminIds": [lia.id] });
    root.mutate("createTeam", input, "").await.ok();
}

async fn the_name_of_a_team_is_typed_again_to_delete_it(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue Sky").await;
    let typed = |text: &str| {
        let input = json!({ "teamId": blue.id, "confirmName": text });
        let root = root.clone();
        async move { root.mutate("deleteTeam", input, "deletedTeamId").await }
    };
    for wrong in [
        "",
        " ",
        "blue sky",
        "Blue  Sky",
        "BlueSky",
        "Blue",
        "Blue Sky!",
        "Green",
        &"Blue Sky".repeat(10_000),
    ] {
        let refused = world.unchanged_by(typed(wrong)).await;
        refused.failed(&["MISMATCH confirmName"]);
    }
    let (outcome, about, changes) = last_event(&world, "deleteTeam").await;
    assert_eq!((outcome.as_str(), changes.as_str()), ("FAILED", "[]"));
    assert_eq!(about[0], json!(blue.id));
    typed("  Blue Sky\n").await.ok();
}

async fn a_superapp_team_with_bound_teams_is_not_deleted(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let red = world.superapp_team("Red").await;
    let one = world.mini_program_team("One", &blue).await;
    let two = world.mini_program_team("Two", &blue).await;
    world
        .unchanged_by(delete(&root, &blue))
        .await
        .failed(&["HAS_BOUND_TEAMS teamId"]);
    // Both errors together.
    let wrong = Team {
        name: "Green".to_owned(),
        ..blue.clone()
    };
    world
        .unchanged_by(delete(&root, &wrong))
        .await
        .failed(&["MISMATCH confirmName", "HAS_BOUND_TEAMS teamId"]);
    // A disabled one counts as well.
    delete(&root, &one).await.ok();
    disable(&root, &two).await.ok();
    world
        .unchanged_by(delete(&root, &blue))
        .await
        .failed(&["HAS_BOUND_TEAMS teamId"]);
    let bind = json!({ "teamId": two.id, "superappTeamId": red.id });
    root.mutate("updateTeam", bind, "").await.ok();
    delete(&root, &blue).await.ok();
    assert_eq!(status_of(&root, &two).await, "DISABLED");
}

async fn a_preview_tells_what_disabling_or_deleting_would_take(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    world.mini_program_team("Mini", &blue).await;
    let mia = blue.with(&world, "mia", "Operator").await;
    blue.invite("Developer").await;
    let impact =
        "impact { membershipsEndedCount invitationsVoidedCount permissionsLostCount userErrors { code } }";
    let input = json!({ "teamId": blue.id, "preview": true });
    let foreseen = world
        .unchanged_by(root.mutate("disableTeam", input, impact))
        .await
        .ok();
    assert_eq!(
        *foreseen.at("disableTeam.impact"),
        json!({ "membershipsEndedCount": 0, "invitationsVoidedCount": 1, "permissionsLostCount": 2, "userErrors": [] })
    );
    // What stands in the way is told, and the rest with it.
    let input = json!({ "teamId": blue.id, "confirmName": "", "preview": true });
    let foreseen = world.unchanged_by(root.mutate("deleteTeam", input, impact));
    let foreseen = foreseen
        .await
        .failed(&["MISMATCH confirmName", "HAS_BOUND_TEAMS teamId"]);
    assert_eq!(
        *foreseen.at("deleteTeam.impact"),
        json!({
            "membershipsEndedCount": 2, "invitationsVoidedCount": 1, "permissionsLostCount": 2,
            "userErrors": [{ "code": "MISMATCH" }, { "code": "HAS_BOUND_TEAMS" }],
        })
    );
    assert_eq!(status_of(&mia, &blue).await, "ACTIVE");
    let events = "SELECT COUNT(*) AS n FROM audit_event WHERE action IN ('disableTeam', 'deleteTeam')";
    assert_eq!(world.count(events).await, 0);
}

/// More members than are written to at a time, each with an address.
async fn all_members_of_a_deleted_team_are_told(world: World) {
    const MEMBERS: u128 = 1_100;
    // They have nothing to log in with, and nobody looks for them.
    world.breaks(&[
        "user-has-password",
        "account-logs-in",
        "email-logs-in",
        "user-is-found",
    ]);
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let role = RoleId::parse(&blue.role("Developer")).unwrap();
    let team_id = TeamId::parse(&blue.id).unwrap();
    let (users, seats): (Vec<_>, Vec<_>) = (0..MEMBERS)
        .map(|number| {
            let account = format!("member-{number}");
            let email = format!("{account}@example.com");
            let id = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number);
            let user = user::Model {
                id: UserId(id),
                name_folded: fold(&account),
                name: account.clone(),
                account_folded: fold(&account),
                account,
                account_type: user::AccountType::Member,
                super_admin_slot: None,
                email_folded: Some(fold(&email)),
                email: Some(email),
                proposed_email: None,
                locale: user::Locale::En,
                must_change_password: false,
                disabled_at: None,
                locked_until: None,
                last_login_at: None,
                last_login_sort: chrono::DateTime::UNIX_EPOCH,
                created_at: world.app.now(),
                registered_at: None,
            };
            let seat = membership::Model {
                id: MembershipId(id),
                user_id: user.id,
                team_id,
                team_type: rollcall::entity::team::TeamType::Superapp,
                team_scope: team_id.uuid().to_string(),
                role_id: role,
                role_scope: "SUPERAPP".to_owned(),
                joined_at: world.app.now(),
            };
            (user.into_active_model(), seat.into_active_model())
        })
        .unzip();
    let writer = world.app.database.writer();
    for chunk in users.chunks(500) {
        let rows = user::Entity::insert_many(chunk.to_vec());
        rows.exec_without_returning(writer).await.unwrap();
    }
    for chunk in seats.chunks(500) {
        let rows = membership::Entity::insert_many(chunk.to_vec());
        rows.exec_without_returning(writer).await.unwrap();
    }
    // They stay in the outbox, where they can be counted.
    world.mail.refuse(true);
    delete(&root, &blue).await.ok();
    let members = world.count("SELECT COUNT(*) AS n FROM membership").await;
    let letters = world
        .count("SELECT COUNT(*) AS n FROM letter WHERE kind = 'team_deleted'")
        .await;
    assert_eq!((members, letters), (0, i64::try_from(MEMBERS).unwrap()));
}
