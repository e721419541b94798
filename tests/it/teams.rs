//! Teams: made and changed by staff, seen by those who may.

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_superapp_team_is_made_with_admins_chosen_among_the_users,
    a_mini_program_team_is_made_with_a_new_admin,
    all_bad_fields_of_a_new_team_are_reported_together,
    a_new_team_needs_an_active_admin_who_is_not_staff,
    the_name_of_a_team_is_unique_without_regard_to_case,
    a_mini_program_team_is_bound_to_one_active_superapp_team,
    an_expiry_lies_in_the_future,
    an_expiry_is_kept_up_to_a_hundred_years_ahead,
    staff_alone_make_teams,
    staff_change_all_of_a_team,
    a_member_manager_changes_name_and_remark_alone,
    all_bad_fields_of_a_change_are_reported_together,
    the_admins_of_a_change_are_all_the_admins,
    a_change_keeps_an_active_admin,
    an_expired_team_gives_nothing_until_it_is_extended,
    members_and_staff_see_all_of_a_team,
    superapp_admins_see_some_of_a_bound_team,
    mini_program_members_see_little_of_the_superapp_team,
    strangers_see_no_team,
    teams_are_filtered,
    teams_are_searched,
    teams_are_ordered_and_paged_both_ways,
);

async fn create_team(by: &Actor, input: Value) -> Answer {
    let selection = "generatedPassword team { id name type status remark expiresAt memberCount superappTeam { id } admins { account } createdBy { account } }";
    by.mutate("createTeam", input, selection).await
}

async fn update_team(by: &Actor, team: &Team, more: Value) -> Answer {
    let mut input = json!({ "teamId": team.id });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    by.mutate(
        "updateTeam",
        input,
        "team { name remark status expiresAt superappTeam { id } admins { account } }",
    )
    .await
}

fn in_days(world: &World, days: i64) -> String {
    (world.app.now() + TimeDelta::days(days)).to_rfc3339()
}

async fn status_of(by: &Actor, team: &Team) -> String {
    by.ask(&format!("{{ team(id: \"{}\") {{ status }} }}", team.id))
        .await
        .ok()
        .text("team.status")
}

async fn disable(world: &World, user: &Actor) {
    world
        .super_admin()
        .await
        .mutate("disableUser", json!({ "userId": user.id }), "")
        .await
        .ok();
}

async fn a_superapp_team_is_made_with_admins_chosen_among_the_users(world: World) {
    let root = world.super_admin().await;
    let (ada, ben) = (world.registered("ada", None).await, world.member("ben").await);
    assert_eq!(ada.menus().await, ["ACCOUNT"]);
    let input = json!({ "name": "Blue 蓝队 1", "type": "SUPERAPP", "adminIds": [ada.id, ben.id, ada.id], "remark": "First of all." });
    let answer = create_team(&root, input).await.ok();
    let team = answer.at("createTeam.team");
    assert_eq!(team["name"], "Blue 蓝队 1");
    assert_eq!(team["type"], "SUPERAPP");
    assert_eq!(team["status"], "ACTIVE");
    assert_eq!(team["remark"], "First of all.");
    assert_eq!(team["expiresAt"], Value::Null);
    assert_eq!(team["superappTeam"], Value::Null);
    assert_eq!(team["memberCount"], 2);
    assert_eq!(
        team["admins"],
        json!([{ "account": "ada" }, { "account": "ben" }])
    );
    assert_eq!(team["createdBy"]["account"], "root");
    assert!(answer.at("createTeam.generatedPassword").is_null());
    assert_eq!(
        ada.menus().await,
        [
            "ACCOUNT",
            "TEAM_MANAGEMENT",
            "SUPERAPP_MANAGEMENT",
            "OPERATIONS_MANAGEMENT"
        ]
    );
    let letter = world.mail.to("ada@example.com").await;
    assert_eq!(letter.subject, "You were added to a team");
    assert!(letter.text.contains("Blue 蓝队 1") && letter.text.contains("Administrator"));
}

async fn a_mini_program_team_is_made_with_a_new_admin(world: World) {
    let superapp = world.superapp_team("Super").await;
    let pia = world.platform_admin("pia").await;
    let expiry = in_days(&world, 30);
    let input = json!({
        "name": "Mini", "type": "MINI_PROGRAM", "superappTeamId": superapp.id, "expiresAt": expiry,
        "newAdmin": { "name": "Noa", "account": "noa", "generatePassword": true, "email": "noa@example.com" },
    });
    let answer = create_team(&pia, input).await.ok();
    let team = answer.at("createTeam.team");
    assert_eq!(team["superappTeam"]["id"], superapp.id);
    assert_eq!(team["admins"], json!([{ "account": "noa" }]));
    let told: DateTime<Utc> = answer.text("createTeam.team.expiresAt").parse().unwrap();
    assert_eq!(told, expiry.parse::<DateTime<Utc>>().unwrap());
    // The address is only proposed: nothing but the letter about the account goes there.
    let letter = world.mail.to("noa@example.com").await;
    assert_eq!(letter.subject, "An account was made for you");
    let password = answer.text("createTeam.generatedPassword");
    assert!(!letter.text.contains(&password));
    let input = json!({ "login": "noa", "password": password });
    let login = world.nobody().mutate("login", input, "step").await.ok();
    assert_eq!(login.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    let noa = Actor::log_in(&world, "noa", &password).await;
    let query = format!(
        "{{ team(id: \"{}\") {{ viewerPermissions }} }}",
        answer.text("createTeam.team.id")
    );
    let permissions = noa.ask(&query).await.ok();
    assert_eq!(
        permissions.at("team.viewerPermissions").as_array().unwrap().len(),
        10
    );
    world.all_letters_arrive().await;
    assert_eq!(world.mail.all().len(), 1);
}

async fn all_bad_fields_of_a_new_team_are_reported_together(world: World) {
    let root = world.super_admin().await;
    let superapp = world.superapp_team("Super").await;
    let pia = world.platform_admin("pia").await;
    let input = json!({
        "name": "Two  blanks", "type": "MINI_PROGRAM", "remark": "a\u{7}",
        "adminIds": ["nonsense", pia.id, "user_01h455vb4pex5vsknk084sn02q"],
        "expiresAt": in_days(&world, -1),
        "newAdmin": { "name": "x", "account": "ü", "password": "short", "email": "nowhere" },
    });
    let bad = world.unchanged_by(create_team(&root, input)).await;
    bad.failed(&[
        "INVALID name",
        "INVALID remark",
        "NOT_FOUND adminIds.0",
        "REQUIRED superappTeamId",
        "INVALID expiresAt",
        "TOO_SHORT newAdmin.name",
        "TOO_SHORT newAdmin.account",
        "INVALID newAdmin.email",
        "TOO_SHORT newAdmin.password",
        "STAFF_CANNOT_JOIN adminIds.1",
        "NOT_FOUND adminIds.2",
    ]);
    // What others have is told with the rest too.
    let input = json!({
        "name": "SUPER", "type": "MINI_PROGRAM", "superappTeamId": superapp.id, "adminIds": [pia.id],
        "newAdmin": { "name": "Mia", "account": "PIA", "password": PASSWORD },
    });
    let bad = world.unchanged_by(create_team(&root, input)).await;
    bad.failed(&[
        "TAKEN newAdmin.account",
        "STAFF_CANNOT_JOIN adminIds.0",
        "TAKEN name",
    ]);
    let input = json!({
        "name": "Blue", "type": "SUPERAPP", "superappTeamId": superapp.id, "expiresAt": in_days(&world, 1),
        "newAdmin": { "name": "Mia", "account": "mia" },
    });
    let bad = world.unchanged_by(create_team(&root, input)).await;
    bad.failed(&[
        "INVALID superappTeamId",
        "INVALID expiresAt",
        "REQUIRED newAdmin.password",
    ]);
}

async fn a_new_team_needs_an_active_admin_who_is_not_staff(world: World) {
    let root = world.super_admin().await;
    let (ada, ben) = (world.member("ada").await, world.member("ben").await);
    disable(&world, &ada).await;
    let with = |ids: Value| json!({ "name": "Blue", "type": "SUPERAPP", "adminIds": ids });
    for (ids, error) in [
        (json!(null), "REQUIRED adminIds"),
        (json!([]), "REQUIRED adminIds"),
        (json!([ada.id]), "LAST_TEAM_ADMIN adminIds"),
        (json!([root.id, ben.id]), "STAFF_CANNOT_JOIN adminIds.0"),
        (json!([ben.id, superapp_like_id()]), "NOT_FOUND adminIds.1"),
        (json!(vec![&ben.id; 101]), "LIMIT_REACHED adminIds"),
    ] {
        let refused = world.unchanged_by(create_team(&root, with(ids))).await;
        refused.failed(&[error]);
    }
    // Beside an active one a disabled one may be an admin.
    create_team(&root, with(json!([ada.id, ben.id]))).await.ok();
}

/// An id of the right form and the wrong kind.
fn superapp_like_id() -> &'static str {
    "team_01h455vb4pex5vsknk084sn02q"
}

async fn the_name_of_a_team_is_unique_without_regard_to_case(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue Team").await;
    let red = world.superapp_team("Red Team").await;
    let ada = world.member("ada").await;
    let input = json!({ "name": "bLUE tEAM", "type": "SUPERAPP", "adminIds": [ada.id] });
    let taken = world.unchanged_by(create_team(&root, input)).await;
    taken.failed(&["TAKEN name"]);
    let taken = world
        .unchanged_by(update_team(&root, &red, json!({ "name": "BLUE TEAM" })))
        .await;
    taken.failed(&["TAKEN name"]);
    // Its own name is free for a team, in any case of its letters.
    let renamed = update_team(&blue.admin, &blue, json!({ "name": "BLUE Team" }))
        .await
        .ok();
    assert_eq!(renamed.text("updateTeam.team.name"), "BLUE Team");
    // And what one gives up another can take.
    update_team(&root, &blue, json!({ "name": "Green Team" }))
        .await
        .ok();
    update_team(&root, &red, json!({ "name": "blue team" }))
        .await
        .ok();
}

async fn a_mini_program_team_is_bound_to_one_active_superapp_team(world: World) {
    let root = world.super_admin().await;
    let superapp = world.superapp_team("Super").await;
    let other = world.superapp_team("Other").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    let ada = world.member("ada").await;
    let new = |team_type: &str, superapp_team_id: Value| json!({ "name": "New", "type": team_type, "superappTeamId": superapp_team_id, "adminIds": [ada.id] });
    for (input, error) in [
        (new("MINI_PROGRAM", json!(null)), "REQUIRED superappTeamId"),
        (new("MINI_PROGRAM", json!(mini.id)), "INVALID superappTeamId"),
        (new("SUPERAPP", json!(superapp.id)), "INVALID superappTeamId"),
    ] {
        let refused = world.unchanged_by(create_team(&root, input)).await;
        refused.failed(&[error]);
    }
    for id in ["nonsense", superapp_like_id()] {
        let refused = world
            .unchanged_by(create_team(&root, new("MINI_PROGRAM", json!(id))))
            .await;
        refused.refused("NOT_FOUND");
        let refused = world.unchanged_by(update_team(&root, &mini, json!({ "superappTeamId": id })));
        refused.await.refused("NOT_FOUND");
    }
    let bound = update_team(&root, &mini, json!({ "superappTeamId": other.id }))
        .await
        .ok();
    assert_eq!(bound.text("updateTeam.team.superappTeam.id"), other.id);
    for (team, to) in [(&mini, &mini.id), (&superapp, &other.id)] {
        let refused = world.unchanged_by(update_team(&root, team, json!({ "superappTeamId": to })));
        refused.await.failed(&["INVALID superappTeamId"]);
    }
    // The whole of a team's sight goes over with the binding.
    assert!(superapp.admin.ask(&see(&mini, "id")).await.at("team").is_null());
    assert!(other.admin.ask(&see(&mini, "id")).await.at("team").is_object());
}

async fn an_expiry_lies_in_the_future(world: World) {
    let root = world.super_admin().await;
    let superapp = world.superapp_team("Super").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    for past in [in_days(&world, -1), world.app.now().to_rfc3339()] {
        let change = json!({ "expiresAt": past });
        let refused = world.unchanged_by(update_team(&root, &mini, change)).await;
        refused.failed(&["INVALID expiresAt"]);
    }
    let change = json!({ "expiresAt": in_days(&world, 1) });
    let refused = world
        .unchanged_by(update_team(&root, &superapp, change.clone()))
        .await;
    refused.failed(&["INVALID expiresAt"]);
    let set = update_team(&root, &mini, change.clone()).await.ok();
    let told: DateTime<Utc> = set.text("updateTeam.team.expiresAt").parse().unwrap();
    assert_eq!(
        told,
        change["expiresAt"]
            .as_str()
            .unwrap()
            .parse::<DateTime<Utc>>()
            .unwrap()
    );
}

/// MariaDB has times of a kind that ends in 2038, which the driver takes for all.
async fn an_expiry_is_kept_up_to_a_hundred_years_ahead(world: World) {
    let root = world.super_admin().await;
    let superapp = world.superapp_team("Super").await;
    let kept = async |id: &str| {
        let document = "query($id: ID!) { team(id: $id) { expiresAt status } }";
        let answer = root.ask_with(document, json!({ "id": id })).await.ok();
        assert_eq!(answer.text("team.status"), "ACTIVE");
        answer.text("team.expiresAt").parse::<DateTime<Utc>>().unwrap()
    };
    for days in [36_499, 20_000, 9_000, 36_000] {
        let far = in_days(&world, days);
        let expected: DateTime<Utc> = far.parse().unwrap();
        let more = json!({ "type": "MINI_PROGRAM", "superappTeamId": superapp.id, "expiresAt": far });
        let mini = world.team(&format!("Mini {days}"), more).await;
        assert_eq!(kept(&mini.id).await, expected);
        let later = expected - TimeDelta::days(4_000);
        let change = json!({ "expiresAt": later.to_rfc3339() });
        update_team(&root, &mini, change).await.ok();
        assert_eq!(kept(&mini.id).await, later);
    }
}

async fn staff_alone_make_teams(world: World) {
    let team = world.superapp_team("Super").await;
    let mia = world.member("mia").await;
    let input = json!({ "name": "New", "type": "SUPERAPP", "adminIds": [mia.id] });
    for (who, code) in [
        (world.nobody(), "UNAUTHENTICATED"),
        (mia, "FORBIDDEN"),
        (team.admin.clone(), "FORBIDDEN"),
    ] {
        let refused = world.unchanged_by(create_team(&who, input.clone())).await;
        refused.refused(code);
    }
}

async fn staff_change_all_of_a_team(world: World) {
    let superapp = world.superapp_team("Super").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    for (place, staff) in [world.super_admin().await, world.platform_admin("pia").await]
        .iter()
        .enumerate()
    {
        let name = format!("Mini {place} 小");
        let change = json!({ "name": name, "remark": "Note.", "expiresAt": in_days(&world, 9), "superappTeamId": superapp.id });
        let answer = update_team(staff, &mini, change).await.ok();
        assert_eq!(answer.text("updateTeam.team.name"), name);
        assert_eq!(answer.text("updateTeam.team.remark"), "Note.");
        // What is left out stays; an empty remark takes it away.
        let answer = update_team(staff, &mini, json!({ "remark": "" })).await.ok();
        assert_eq!(answer.text("updateTeam.team.name"), name);
        assert!(answer.at("updateTeam.team.remark").is_null());
        assert!(answer.at("updateTeam.team.expiresAt").is_string());
        let read = mini.admin.ask(&see(&mini, "name remark expiresAt")).await.ok();
        assert_eq!(read.text("team.name"), name);
        assert!(read.at("team.remark").is_null());
    }
    let changes = world
        .rows("SELECT changes FROM audit_event WHERE action = 'updateTeam' AND outcome = 'SUCCEEDED' ORDER BY created_at")
        .await;
    assert_eq!(changes.len(), 4);
    assert!(changes[0]["changes"].as_str().unwrap().contains("\"Mini 0 小\""));
}

async fn a_member_manager_changes_name_and_remark_alone(world: World) {
    let superapp = world.superapp_team("Super").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    let stranger = world.superapp_team("Strange").await;
    let mara = mini.with(&world, "mara", "Member manager").await;
    let dan = mini.with(&world, "dan", "Senior developer").await;
    let answer = update_team(&mara, &mini, json!({ "name": "Tiny", "remark": "By Mara." }))
        .await
        .ok();
    assert_eq!(answer.text("updateTeam.team.name"), "Tiny");
    assert_eq!(answer.text("updateTeam.team.remark"), "By Mara.");
    for who in [&mara, &mini.admin] {
        for change in [
            json!({ "adminIds": [mini.admin.id, mara.id] }),
            json!({ "superappTeamId": stranger.id }),
            json!({ "superappTeamId": superapp.id }),
            json!({ "expiresAt": in_days(&world, 1) }),
            json!({ "name": "Other", "adminIds": [] }),
        ] {
            let refused = world.unchanged_by(update_team(who, &mini, change)).await;
            let refused = refused.refused("FORBIDDEN");
            let requires = &refused.body["errors"][0]["extensions"]["requires"];
            assert_eq!(
                *requires,
                json!(["SUPER_ADMIN", "PLATFORM_ADMIN", "TEAM_MEMBER_MANAGEMENT"])
            );
        }
    }
    // In sight, not allowed: FORBIDDEN. Out of sight: NOT_FOUND.
    for (who, team, code) in [
        (&dan, &mini, "FORBIDDEN"),
        (&superapp.admin, &mini, "FORBIDDEN"),
        (&mini.admin, &superapp, "FORBIDDEN"),
        (&mini.admin, &stranger, "NOT_FOUND"),
        (&stranger.admin, &mini, "NOT_FOUND"),
    ] {
        let refused = world
            .unchanged_by(update_team(who, team, json!({ "name": "Other" })))
            .await;
        refused.refused(code);
    }
}

async fn all_bad_fields_of_a_change_are_reported_together(world: World) {
    let root = world.super_admin().await;
    let superapp = world.superapp_team("Super").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    let change = json!({
        "name": "x", "remark": "a".repeat(257), "adminIds": ["nonsense", root.id],
        "superappTeamId": mini.id, "expiresAt": in_days(&world, -1),
    });
    let refused = world.unchanged_by(update_team(&root, &mini, change)).await;
    refused.failed(&[
        "TOO_SHORT name",
        "TOO_LONG remark",
        "NOT_FOUND adminIds.0",
        "STAFF_CANNOT_JOIN adminIds.1",
        "INVALID superappTeamId",
        "INVALID expiresAt",
    ]);
    let ada = world.member("ada").await;
    disable(&world, &ada).await;
    let change = json!({ "name": "SUPER", "adminIds": [ada.id], "expiresAt": in_days(&world, -1) });
    let refused = world.unchanged_by(update_team(&root, &mini, change)).await;
    refused.failed(&["TAKEN name", "LAST_TEAM_ADMIN adminIds", "INVALID expiresAt"]);
}

async fn the_admins_of_a_change_are_all_the_admins(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Super").await;
    let (old, dev, new) = (
        world.registered("old", None).await,
        world.registered("dev", None).await,
        world.registered("new", None).await,
    );
    team.add(&old, "Administrator").await;
    team.add(&dev, "Developer").await;
    for user in ["old", "dev"] {
        let letter = world.mail.to(&format!("{user}@example.com")).await;
        assert_eq!(letter.subject, "You were added to a team");
    }
    let change = json!({ "adminIds": [dev.id, new.id] });
    let answer = update_team(&root, &team, change.clone()).await.ok();
    let mut admins = answer.texts("updateTeam.team.admins.*.account");
    admins.sort();
    assert_eq!(admins, ["dev", "new"]);
    // Left out: no longer a member, and told so. Another role, or new: told so.
    for (user, subject) in [
        ("old", "You were removed from a team"),
        ("dev", "Your role changed"),
        ("new", "You were added to a team"),
    ] {
        let letter = world.mail.to(&format!("{user}@example.com")).await;
        assert_eq!(letter.subject, subject);
        assert!(letter.text.contains("Super"));
    }
    assert!(old.ask(&see(&team, "id")).await.ok().at("team").is_null());
    assert!(team.admin.ask(&see(&team, "id")).await.ok().at("team").is_null());
    let members = new
        .ask(&see(&team, "memberCount members { nodes { role { name } } }"))
        .await
        .ok();
    assert_eq!(members.at("team.memberCount"), 2);
    assert_eq!(
        members.texts("team.members.nodes.*.role.name"),
        ["Administrator", "Administrator"]
    );
    // The same again changes nobody, and tells nobody.
    world.all_letters_arrive().await;
    let letters = world.letters().await;
    update_team(&root, &team, change).await.ok();
    assert_eq!(world.letters().await, letters);
}

async fn a_change_keeps_an_active_admin(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Super").await;
    let (ada, ben) = (world.member("ada").await, world.member("ben").await);
    disable(&world, &ada).await;
    for (ids, error) in [
        (json!([]), "REQUIRED adminIds"),
        (json!([ada.id]), "LAST_TEAM_ADMIN adminIds"),
        (json!([ben.id, root.id]), "STAFF_CANNOT_JOIN adminIds.1"),
    ] {
        let refused = world
            .unchanged_by(update_team(&root, &team, json!({ "adminIds": ids })))
            .await;
        refused.failed(&[error]);
    }
    update_team(&root, &team, json!({ "adminIds": [ada.id, ben.id] }))
        .await
        .ok();
}

async fn an_expired_team_gives_nothing_until_it_is_extended(world: World) {
    let root = world.super_admin().await;
    let superapp = world.superapp_team("Super").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    let mia = world.member("mia").await;
    let expiry = world.app.now() + TimeDelta::hours(2);
    update_team(&root, &mini, json!({ "expiresAt": expiry.to_rfc3339() }))
        .await
        .ok();
    let menus = [
        "ACCOUNT",
        "TEAM_MANAGEMENT",
        "MINI_PROGRAM_MANAGEMENT",
        "OPERATIONS_MANAGEMENT",
    ];
    assert_eq!(mini.admin.menus().await, menus);

    // A session lives on its refresh token; the access token is of 15 minutes.
    let admin = || async { Actor::log_in(&world, &mini.admin.account, &format!("{PASSWORD}2")).await };
    // One minute before, all is well.
    world.pass(expiry - world.app.now() - TimeDelta::minutes(1));
    let before = admin().await;
    assert_eq!(status_of(&before, &mini).await, "ACTIVE");
    let permissions = see(&mini, "viewerPermissions status superappTeam { name }");
    let answer = before.ask(&permissions).await.ok();
    assert_eq!(answer.at("team.viewerPermissions").as_array().unwrap().len(), 10);
    let can = format!(
        "{{ viewer {{ can(permission: TEAM_MEMBER_MANAGEMENT, teamId: \"{}\") }} }}",
        mini.id
    );
    assert_eq!(before.ask(&can).await.ok().at("viewer.can"), true);
    let code = Team {
        admin: before.clone(),
        ..mini.clone()
    }
    .invite("Developer")
    .await;
    let mia_later = Actor::log_in(&world, "mia", &format!("{PASSWORD}2")).await;
    let late_root = world.super_admin().await;

    // At the second itself nothing is left.
    world.pass(expiry - world.app.now());
    assert_eq!(status_of(&before, &mini).await, "EXPIRED");
    let answer = before.ask(&permissions).await.ok();
    assert_eq!(*answer.at("team.viewerPermissions"), json!([]));
    assert_eq!(before.ask(&can).await.ok().at("viewer.can"), false);
    assert_eq!(before.menus().await, ["ACCOUNT", "MINI_PROGRAM_MANAGEMENT"]);
    let add =
        json!({ "teamId": mini.id, "members": [{ "userId": mia.id, "roleId": mini.role("Developer") }] });
    for refused in [
        world
            .unchanged_by(update_team(&before, &mini, json!({ "name": "Other" })))
            .await,
        world.unchanged_by(before.mutate("addTeamMembers", add, "")).await,
        world
            .unchanged_by(before.mutate(
                "createInvitation",
                json!({ "teamId": mini.id, "roleId": mini.role("Developer") }),
                "",
            ))
            .await,
    ] {
        refused.refused("FORBIDDEN");
    }
    let joined = world.unchanged_by(mia_later.mutate("joinTeam", json!({ "code": code }), ""));
    joined.await.failed(&["INVALID_INVITATION code"]);

    // Staff still write to the team itself, and an extension brings all of it back.
    update_team(&late_root, &mini, json!({ "remark": "Late." }))
        .await
        .ok();
    assert_eq!(status_of(&before, &mini).await, "EXPIRED");
    update_team(&late_root, &mini, json!({ "expiresAt": in_days(&world, 30) }))
        .await
        .ok();
    assert_eq!(status_of(&before, &mini).await, "ACTIVE");
    assert_eq!(before.menus().await, menus);
    update_team(&before, &mini, json!({ "name": "Other" })).await.ok();
    mia_later
        .mutate("joinTeam", json!({ "code": code }), "")
        .await
        .ok();
}

fn see(team: &Team, fields: &str) -> String {
    format!("{{ team(id: \"{}\") {{ {fields} }} }}", team.id)
}

/// Everything that somebody sees of a team, each field asked for by itself, so that a refusal costs that one alone.
async fn sight(who: &Actor, team: &Team) -> Vec<&'static str> {
    let fields = [
        ("id", "id"),
        ("name", "name"),
        ("type", "type"),
        ("status", "status"),
        ("remark", "remark"),
        ("expiresAt", "expiresAt"),
        ("createdAt", "createdAt"),
        ("createdBy", "createdBy { id }"),
        ("admins", "admins { account name }"),
        ("memberCount", "memberCount"),
        ("superappTeam", "superappTeam { id }"),
        ("miniProgramTeams", "miniProgramTeams { nodes { id } }"),
        ("members", "members { nodes { id } }"),
        ("roles", "roles { id }"),
        ("invitations", "invitations { nodes { id } }"),
    ];
    let mut seen = Vec::new();
    for (name, selection) in fields {
        let answer = who.ask(&see(team, selection)).await;
        assert!(
            answer.codes().is_empty() || answer.codes() == ["FORBIDDEN"],
            "{name}: {}",
            answer.body
        );
        if answer
            .body
            .pointer(&format!("/data/team/{name}"))
            .is_some_and(|value| !value.is_null())
        {
            seen.push(name);
        }
    }
    seen
}

/// A superapp team and a mini program team bound to it, with nothing null that can be something.
async fn bound_teams(world: &World) -> (Team, Team) {
    let superapp = world
        .team("Super", json!({ "type": "SUPERAPP", "remark": "Big." }))
        .await;
    let input = json!({ "type": "MINI_PROGRAM", "superappTeamId": superapp.id, "remark": "Small.", "expiresAt": in_days(world, 9) });
    let mini = world.team("Mini", input).await;
    (superapp, mini)
}

async fn members_and_staff_see_all_of_a_team(world: World) {
    let (superapp, mini) = bound_teams(&world).await;
    let staff = [
        "id",
        "name",
        "type",
        "status",
        "remark",
        "expiresAt",
        "createdAt",
        "createdBy",
        "admins",
        "memberCount",
        "superappTeam",
        "miniProgramTeams",
        "members",
        "roles",
        "invitations",
    ];
    assert_eq!(sight(&world.super_admin().await, &mini).await, staff);
    assert_eq!(sight(&world.platform_admin("pia").await, &mini).await, staff);
    let without = |out: &[&str]| {
        let kept = staff.iter().copied().filter(|name| !out.contains(name));
        kept.collect::<Vec<_>>()
    };
    let dan = mini.with(&world, "dan", "Developer").await;
    let mara = mini.with(&world, "mara", "Member manager").await;
    assert_eq!(
        sight(&dan, &mini).await,
        without(&["createdBy", "miniProgramTeams", "invitations"])
    );
    assert_eq!(
        sight(&mara, &mini).await,
        without(&["createdBy", "miniProgramTeams"])
    );
    assert_eq!(sight(&mini.admin, &mini).await, without(&["createdBy"]));
    assert_eq!(
        sight(&superapp.admin, &superapp).await,
        without(&["expiresAt", "createdBy", "superappTeam"])
    );
}

async fn superapp_admins_see_some_of_a_bound_team(world: World) {
    let (superapp, mini) = bound_teams(&world).await;
    let some = [
        "id",
        "name",
        "type",
        "status",
        "expiresAt",
        "createdAt",
        "admins",
        "memberCount",
    ];
    assert_eq!(sight(&superapp.admin, &mini).await, some);
    let list = "{ team(id: \"ID\") { miniProgramTeams { totalCount nodes { id remark memberCount admins { account } superappTeam { id } } } } }"
        .replace("ID", &superapp.id);
    let answer = superapp.admin.ask(&list).await.ok();
    assert_eq!(
        *answer.at("team.miniProgramTeams"),
        json!({ "totalCount": 1, "nodes": [
            { "id": mini.id, "remark": null, "memberCount": 1, "admins": [{ "account": "Mini-admin" }], "superappTeam": null },
        ] })
    );
    // The admins in sight are no side door to what is the user's own.
    let own = see(&mini, "admins { account status email }");
    let answer = superapp.admin.ask(&own).await;
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    // Others of the superapp team see nothing of it.
    let mara = superapp.with(&world, "mara", "Member manager").await;
    assert_eq!(sight(&mara, &mini).await, Vec::<&str>::new());
    assert_eq!(mara.ask(&list).await.codes(), ["FORBIDDEN"]);
}

async fn mini_program_members_see_little_of_the_superapp_team(world: World) {
    let (superapp, mini) = bound_teams(&world).await;
    let dan = mini.with(&world, "dan", "Developer").await;
    for who in [&mini.admin, &dan] {
        assert_eq!(sight(who, &superapp).await, ["id", "name", "type", "status"]);
        let answer = who
            .ask(&see(
                &mini,
                "superappTeam { id name type status remark superappTeam { id } viewerPermissions }",
            ))
            .await
            .ok();
        assert_eq!(
            *answer.at("team.superappTeam"),
            json!({ "id": superapp.id, "name": "Super", "type": "SUPERAPP", "status": "ACTIVE", "remark": null, "superappTeam": null, "viewerPermissions": [] })
        );
        for hidden in ["admins { id }", "memberCount", "members { nodes { id } }"] {
            let answer = who
                .ask(&see(&mini, &format!("superappTeam {{ {hidden} }}")))
                .await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{hidden}");
        }
        let user = format!("{{ user(id: \"{}\") {{ id }} }}", superapp.admin.id);
        assert!(who.ask(&user).await.ok().at("user").is_null());
    }
}

async fn strangers_see_no_team(world: World) {
    let (superapp, mini) = bound_teams(&world).await;
    let other_superapp = world.superapp_team("Other").await;
    let other_mini = world.mini_program_team("Sibling", &superapp).await;
    let mia = world.member("mia").await;
    for (who, team) in [
        (&world.nobody(), &mini),
        (&mia, &mini),
        (&mia, &superapp),
        (&other_superapp.admin, &mini),
        (&other_superapp.admin, &superapp),
        (&other_mini.admin, &mini),
    ] {
        for query in [
            see(team, "id name"),
            format!("{{ node(id: \"{}\") {{ id }} }}", team.id).replace("node", "team: node"),
        ] {
            assert!(who.ask(&query).await.ok().at("team").is_null());
        }
    }
    let nothing = "{ team(id: \"nonsense\") { id } }";
    assert!(mia.ask(nothing).await.ok().at("team").is_null());
    assert_eq!(
        mia.ask("{ teams { nodes { id } } }").await.ok().at("teams.nodes"),
        &json!([])
    );
    let list = world.nobody().ask("{ teams { nodes { id } } }").await;
    list.refused("UNAUTHENTICATED");
    // A member's list holds their own teams, not all that they see something of.
    let own = mini
        .admin
        .ask("{ teams { totalCount nodes { name } } }")
        .await
        .ok();
    assert_eq!(own.texts("teams.nodes.*.name"), ["Mini"]);
    assert_eq!(own.at("teams.totalCount"), 1);
}

async fn names(by: &Actor, arguments: &str) -> Vec<String> {
    let query = format!("{{ teams({arguments}) {{ totalCount nodes {{ name }} }} }}");
    let answer = by.ask(&query).await.ok();
    let names = answer.texts("teams.nodes.*.name");
    assert_eq!(*answer.at("teams.totalCount"), json!(names.len()));
    names
}

/// Teams with this one admin, in this order.
async fn make(world: &World, names: &[&str]) -> Actor {
    let ada = world.member("ada").await;
    let root = world.super_admin().await;
    for name in names {
        let input = json!({ "name": name, "type": "SUPERAPP", "adminIds": [ada.id] });
        create_team(&root, input).await.ok();
    }
    ada
}

async fn teams_are_filtered(world: World) {
    let (superapp, mini) = bound_teams(&world).await;
    let other = world.superapp_team("Other").await;
    let last = world.mini_program_team("Last", &other).await;
    let root = world.super_admin().await;
    let change = json!({ "expiresAt": (world.app.now() + TimeDelta::minutes(5)).to_rfc3339() });
    update_team(&root, &last, change).await.ok();
    world.pass(TimeDelta::minutes(6));
    for (filter, expected) in [
        ("{}", vec!["Last", "Other", "Mini", "Super"]),
        ("{type: SUPERAPP}", vec!["Other", "Super"]),
        ("{type: MINI_PROGRAM}", vec!["Last", "Mini"]),
        ("{status: ACTIVE}", vec!["Other", "Mini", "Super"]),
        ("{status: EXPIRED}", vec!["Last"]),
        ("{status: DISABLED}", vec![]),
        (
            "{type: MINI_PROGRAM, status: ACTIVE, search: \"mi\"}",
            vec!["Mini"],
        ),
        ("{type: SUPERAPP, status: EXPIRED}", vec![]),
    ] {
        assert_eq!(
            names(&root, &format!("filter: {filter}")).await,
            expected,
            "{filter}"
        );
    }
    // A team that is disabled and over counts as disabled.
    let input = json!({ "teamId": last.id });
    root.mutate("disableTeam", input, "").await.ok();
    for (status, expected) in [
        ("ACTIVE", vec!["Other", "Mini", "Super"]),
        ("EXPIRED", vec![]),
        ("DISABLED", vec!["Last"]),
    ] {
        let filter = format!("filter: {{status: {status}}}");
        assert_eq!(names(&root, &filter).await, expected, "{status}");
    }
    for (team, expected) in [(&superapp, vec!["Mini"]), (&other, vec!["Last"]), (&mini, vec![])] {
        let filter = format!("filter: {{superappTeamId: \"{}\"}}", team.id);
        assert_eq!(names(&root, &filter).await, expected);
        // A filter shows nobody more than the list without it.
        let own = names(&mini.admin, &filter).await;
        assert!(own.iter().all(|name| name == "Mini"), "{own:?}");
    }
    // Each team of a list comes with what the list was asked for.
    let answer = root
        .ask("{ teams { nodes { name memberCount admins { account } superappTeam { name } } } }")
        .await
        .ok();
    assert_eq!(
        answer.at("teams.nodes.2"),
        &json!({ "name": "Mini", "memberCount": 1, "admins": [{ "account": "Mini-admin" }], "superappTeam": { "name": "Super" } })
    );
    let answer = root
        .ask("{ teams(filter: {superappTeamId: \"x\"}) { nodes { id } } }")
        .await;
    answer.refused("NOT_FOUND");
}

async fn teams_are_searched(world: World) {
    let all = ["Alpha_1", "Alpha-1", "alphaX1", "蓝色团队", "蓝天 Team", "A+B=C"];
    let ada = make(&world, &all).await;
    let root = world.super_admin().await;
    for (search, expected) in [
        ("ALPHA", vec!["alphaX1", "Alpha-1", "Alpha_1"]),
        ("alpha_1", vec!["Alpha_1"]),
        ("_", vec!["Alpha_1"]),
        ("%", vec![]),
        ("alpha%1", vec![]),
        ("!", vec![]),
        ("\\\\", vec![]),
        ("'", vec![]),
        ("蓝", vec!["蓝天 Team", "蓝色团队"]),
        ("色团", vec!["蓝色团队"]),
        ("红", vec![]),
        ("天 te", vec!["蓝天 Team"]),
        ("+b=", vec!["A+B=C"]),
        ("  team ", vec!["蓝天 Team"]),
        (
            "",
            vec!["A+B=C", "蓝天 Team", "蓝色团队", "alphaX1", "Alpha-1", "Alpha_1"],
        ),
    ] {
        let arguments = format!("filter: {{search: \"{search}\"}}");
        assert_eq!(names(&root, &arguments).await, expected, "{search}");
        assert_eq!(names(&ada, &arguments).await, expected, "{search}");
    }
    let long = format!("filter: {{search: \"{}\"}}", "a".repeat(1025));
    root.ask(&format!("{{ teams({long}) {{ nodes {{ id }} }} }}"))
        .await
        .refused("BAD_USER_INPUT");
}

async fn teams_are_ordered_and_paged_both_ways(world: World) {
    // Names with capitals and Chinese, out of order.
    let made = ["Delta", "bravo", "Alpha", "团队二", "Echo", "团队一", "charlie"];
    let ada = make(&world, &made).await;
    let root = world.super_admin().await;
    let by_name = ["Alpha", "bravo", "charlie", "Delta", "Echo", "团队一", "团队二"];
    let reversed = |list: [&'static str; 7]| {
        let mut list = list;
        list.reverse();
        list
    };
    for (field, direction, expected) in [
        ("CREATED_AT", "ASC", made),
        ("CREATED_AT", "DESC", reversed(made)),
        ("NAME", "ASC", by_name),
        ("NAME", "DESC", reversed(by_name)),
    ] {
        let order = format!("orderBy: {{field: {field}, direction: {direction}}}");
        assert_eq!(names(&root, &order).await, expected, "{order}");
        for by in [&root, &ada] {
            assert_eq!(walk(by, &order, "first", "after").await, expected, "{order}");
            let mut backwards = walk(by, &order, "last", "before").await;
            // The pages come from the end, each in the list's order.
            backwards = backwards.chunks(3).rev().flatten().cloned().collect();
            assert_eq!(backwards, expected, "{order}");
        }
    }
    // The window between two cursors.
    let edges = root
        .ask("{ teams(orderBy: {field: NAME, direction: ASC}) { edges { cursor } } }")
        .await
        .ok();
    let cursors = edges.texts("teams.edges.*.cursor");
    let between = format!(
        "orderBy: {{field: NAME, direction: ASC}}, after: \"{}\", before: \"{}\"",
        cursors[1], cursors[4]
    );
    let query = format!("{{ teams({between}) {{ nodes {{ name }} }} }}");
    let answer = root.ask(&query).await.ok();
    assert_eq!(answer.texts("teams.nodes.*.name"), ["charlie", "Delta"]);
    for bad in [
        "first: 101",
        "first: -1",
        "first: 1, last: 1",
        "after: \"nonsense\"",
    ] {
        let answer = root
            .ask(&format!("{{ teams({bad}) {{ nodes {{ id }} }} }}"))
            .await;
        answer.refused("BAD_USER_INPUT");
    }
}

/// Reads a list of 7 in pages of 3, and asserts what each page says of itself.
async fn walk(by: &Actor, order: &str, size: &str, from: &str) -> Vec<String> {
    let forwards = size == "first";
    let mut read = Vec::new();
    let mut cursor = String::new();
    for page in 0..3 {
        let query = format!(
            "{{ teams({order}, {size}: 3{cursor}) {{ totalCount nodes {{ name }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let answer = by.ask(&query).await.ok();
        read.extend(answer.texts("teams.nodes.*.name"));
        assert_eq!(answer.at("teams.totalCount"), 7);
        let info = answer.at("teams.pageInfo");
        let (ahead, behind) = if forwards {
            ("hasNextPage", "hasPreviousPage")
        } else {
            ("hasPreviousPage", "hasNextPage")
        };
        assert_eq!(info[ahead], json!(page < 2), "{}", answer.body);
        assert_eq!(info[behind], json!(page > 0), "{}", answer.body);
        let end = if forwards { "endCursor" } else { "startCursor" };
        cursor = format!(", {from}: {}", info[end]);
    }
    read
}
