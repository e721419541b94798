//! Previews: what a mutation would take away, told without taking anything.

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    deleting_a_user_is_foreseen_as_it_then_happens,
    disabling_a_user_is_foreseen_as_it_then_happens,
    a_removal_is_foreseen_as_it_then_happens,
    another_role_is_foreseen_as_it_then_happens,
    other_admins_are_foreseen_as_they_then_come,
    a_roles_change_is_foreseen_as_it_then_happens,
    a_roles_deletion_is_foreseen_as_it_then_happens,
    what_becomes_of_resources_is_foreseen,
    what_stands_in_the_way_is_told_with_the_rest,
    a_teams_disabling_is_foreseen_as_it_then_happens,
    another_account_type_is_foreseen_as_it_then_happens,
    a_preview_that_is_refused_leaves_no_event,
    an_error_of_the_input_is_foreseen_too,
    a_preview_that_is_false_or_null_is_none,
);

const IMPACT: &str = "impact {
    sessionsEnded
    membershipsEnded { id team { name } role { name } } membershipsEndedCount
    invitationsVoided { id team { name } } invitationsVoidedCount
    permissionsLost { user { account } team { name } permissions } permissionsLostCount
    resourcesUnmanaged { name } resourcesUnmanagedCount
    resourcesDeleted { name } resourcesDeletedCount
    userErrors { code field }
}";

impl World {
    /// Asks for a preview, and holds that it changes nothing: no row, no letter, no event.
    async fn foresee(&self, by: &Actor, field: &str, mut input: Value, selection: &str) -> Answer {
        const EVENTS: &str =
            "SELECT (SELECT COUNT(*) FROM audit_event) + (SELECT COUNT(*) FROM audit_refusal) AS n";
        input["preview"] = json!(true);
        let before = self.count(EVENTS).await;
        let answer = self
            .unchanged_by(by.mutate(field, input, &format!("{selection} {IMPACT}")))
            .await;
        assert_eq!(self.count(EVENTS).await, before, "{}", answer.body);
        answer
    }
}

/// A member manager of two teams with a usable code in the first and a spent one, and two sessions.
async fn busy_manager(world: &World) -> (Actor, Team, Team) {
    let (alpha, beta) = (
        world.superapp_team("alpha").await,
        world.superapp_team("beta").await,
    );
    let mia = alpha.with(world, "mia", "Member manager").await;
    beta.add(&mia, "Developer").await;
    let input = json!({ "teamId": alpha.id, "roleId": alpha.role("Operator") });
    mia.mutate("createInvitation", input.clone(), "code").await.ok();
    let spent = mia.mutate("createInvitation", input, "code").await.ok();
    let joiner = world.member("joiner").await;
    let code = json!({ "code": spent.text("createInvitation.code") });
    joiner.mutate("joinTeam", code, "").await.ok();
    Actor::log_in(world, "mia", &format!("{PASSWORD}2")).await;
    (mia, alpha, beta)
}

fn holds_all_of_mia(answer: &Answer, field: &str, memberships: &[&str]) {
    let impact = answer.at(&format!("{field}.impact"));
    assert_eq!(impact["sessionsEnded"], 2, "{impact}");
    assert_eq!(
        answer.texts(&format!("{field}.impact.membershipsEnded.*.team.name")),
        memberships
    );
    assert_eq!(impact["membershipsEndedCount"], memberships.len());
    assert_eq!(
        answer.texts(&format!("{field}.impact.invitationsVoided.*.team.name")),
        ["alpha"]
    );
    assert_eq!(impact["invitationsVoidedCount"], 1);
    assert_eq!(
        impact["permissionsLost"],
        json!([
            { "user": { "account": "mia" }, "team": { "name": "alpha" }, "permissions": ["TEAM_MEMBER_MANAGEMENT"] },
            { "user": { "account": "mia" }, "team": { "name": "beta" }, "permissions": ["SUPERAPP_INTEGRATION", "USER_FEEDBACK"] },
        ])
    );
    assert_eq!(impact["permissionsLostCount"], 2);
    assert_eq!(impact["userErrors"], json!([]));
}

async fn deleting_a_user_is_foreseen_as_it_then_happens(world: World) {
    let (mia, alpha, _) = busy_manager(&world).await;
    let root = world.super_admin().await;
    let input = json!({ "userId": mia.id });
    let foreseen = world
        .foresee(&root, "deleteUser", input.clone(), "deletedUserId")
        .await
        .ok();
    holds_all_of_mia(&foreseen, "deleteUser", &["alpha", "beta"]);
    assert_eq!(*foreseen.at("deleteUser.deletedUserId"), Value::Null);
    assert!(mia.is_signed_in().await);

    let done = root
        .mutate("deleteUser", input, &format!("deletedUserId {IMPACT}"))
        .await
        .ok();
    assert_eq!(done.text("deleteUser.deletedUserId"), mia.id);
    assert_eq!(*done.at("deleteUser.impact"), Value::Null);
    assert!(!mia.is_signed_in().await);
    let live = "query($id: ID!) { team(id: $id) { memberCount invitations(status: ACTIVE) { totalCount } } }";
    let after = root.ask_with(live, json!({ "id": alpha.id })).await.ok();
    assert_eq!(*after.at("team.memberCount"), 2);
    assert_eq!(*after.at("team.invitations.totalCount"), 0);
}

async fn disabling_a_user_is_foreseen_as_it_then_happens(world: World) {
    let (mia, _, _) = busy_manager(&world).await;
    let root = world.super_admin().await;
    let input = json!({ "userId": mia.id });
    let foreseen = world
        .foresee(&root, "disableUser", input.clone(), "user { id }")
        .await
        .ok();
    holds_all_of_mia(&foreseen, "disableUser", &[]);
    assert!(mia.is_signed_in().await);
    root.mutate("disableUser", input.clone(), "user { id }")
        .await
        .ok();
    assert!(!mia.is_signed_in().await);

    // Once more would change nothing, and that is foreseen too.
    let again = world
        .foresee(&root, "disableUser", input, "user { id }")
        .await
        .ok();
    assert_eq!(*again.at("disableUser.impact.sessionsEnded"), 0);
    assert_eq!(*again.at("disableUser.impact.permissionsLostCount"), 0);
}

async fn a_removal_is_foreseen_as_it_then_happens(world: World) {
    let (mia, alpha, beta) = busy_manager(&world).await;
    let input = json!({ "membershipId": alpha.membership_of(&mia).await });
    let foreseen = world
        .foresee(
            &alpha.admin,
            "removeTeamMember",
            input.clone(),
            "removedMembershipId",
        )
        .await
        .ok();
    let impact = foreseen.at("removeTeamMember.impact");
    // The team's own, and nothing of what she is elsewhere.
    assert_eq!(impact["sessionsEnded"], 0);
    assert_eq!(
        foreseen.texts("removeTeamMember.impact.membershipsEnded.*.role.name"),
        ["Member manager"]
    );
    assert_eq!(impact["invitationsVoidedCount"], 1);
    assert_eq!(
        impact["permissionsLost"],
        json!([{ "user": { "account": "mia" }, "team": { "name": "alpha" }, "permissions": ["TEAM_MEMBER_MANAGEMENT"] }])
    );
    alpha.admin.mutate("removeTeamMember", input, "").await.ok();
    assert_eq!(
        mia.menus().await,
        ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"]
    );
    beta.membership_of(&mia).await;
}

async fn another_role_is_foreseen_as_it_then_happens(world: World) {
    let (mia, alpha, _) = busy_manager(&world).await;
    let fellow = alpha.with(&world, "sam", "Senior developer").await;
    let sam = alpha.membership_of(&fellow).await;
    let to = |membership: &str, role: &str| json!({ "membershipId": membership, "roleId": alpha.role(role) });
    let foreseen = world
        .foresee(
            &alpha.admin,
            "updateTeamMember",
            to(&sam, "Operator"),
            "membership { id }",
        )
        .await
        .ok();
    let impact = foreseen.at("updateTeamMember.impact");
    // What both roles have is not lost.
    assert_eq!(
        impact["permissionsLost"],
        json!([{
            "user": { "account": "sam" }, "team": { "name": "alpha" },
            "permissions": ["SUPERAPP_MANAGEMENT", "SUPERAPP_INTEGRATION", "SENSITIVE_API_MANAGEMENT"],
        }])
    );
    assert_eq!(impact["membershipsEndedCount"], 0);
    assert_eq!(impact["invitationsVoidedCount"], 0);

    // A manager's codes go with the right to issue them.
    let mia = alpha.membership_of(&mia).await;
    let foreseen = world
        .foresee(
            &alpha.admin,
            "updateTeamMember",
            to(&mia, "Operator"),
            "membership { id }",
        )
        .await
        .ok();
    assert_eq!(*foreseen.at("updateTeamMember.impact.invitationsVoidedCount"), 1);
    alpha
        .admin
        .mutate(
            "updateTeamMember",
            to(&mia, "Operator"),
            "membership { role { name } }",
        )
        .await
        .ok();
    let live = "query($id: ID!) { team(id: $id) { invitations(status: ACTIVE) { totalCount } } }";
    let after = alpha.admin.ask_with(live, json!({ "id": alpha.id })).await.ok();
    assert_eq!(*after.at("team.invitations.totalCount"), 0);
}

async fn other_admins_are_foreseen_as_they_then_come(world: World) {
    let alpha = world.superapp_team("alpha").await;
    let next = world.member("nina").await;
    let root = world.super_admin().await;
    let input = json!({ "teamId": alpha.id, "adminIds": [next.id] });
    let foreseen = world
        .foresee(&root, "updateTeam", input, "team { id }")
        .await
        .ok();
    let impact = foreseen.at("updateTeam.impact");
    assert_eq!(
        foreseen.texts("updateTeam.impact.membershipsEnded.*.role.name"),
        ["Administrator"]
    );
    assert_eq!(impact["permissionsLost"][0]["user"]["account"], "alpha-admin");
    assert_eq!(
        impact["permissionsLost"][0]["permissions"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
    // She is no member now.
    assert_eq!(next.menus().await, ["ACCOUNT"]);
}

async fn what_becomes_of_resources_is_foreseen(world: World) {
    let alpha = world.superapp_team("alpha").await;
    let sam = alpha.with(&world, "sam", "Senior developer").await;
    for (name, manager) in [("Managed", Some(&sam.id)), ("Unmanaged", None)] {
        let input = json!({ "teamId": alpha.id, "kind": "SUPERAPP", "name": name, "managerId": manager });
        alpha
            .admin
            .mutate("createResource", input, "resource { id }")
            .await
            .ok();
    }
    let root = world.super_admin().await;
    let membership = json!({ "membershipId": alpha.membership_of(&sam).await });
    for (by, field, input) in [
        (&root, "deleteUser", json!({ "userId": sam.id })),
        (&alpha.admin, "removeTeamMember", membership),
    ] {
        let foreseen = world.foresee(by, field, input, "").await.ok();
        let impact = foreseen.at(&format!("{field}.impact"));
        assert_eq!(
            impact["resourcesUnmanaged"],
            json!([{ "name": "Managed" }]),
            "{field}"
        );
        assert_eq!(impact["resourcesUnmanagedCount"], 1);
        assert_eq!(impact["resourcesDeletedCount"], 0);
    }
    let input = json!({ "teamId": alpha.id, "confirmName": "alpha" });
    let foreseen = world.foresee(&root, "deleteTeam", input.clone(), "").await.ok();
    let names = foreseen.texts("deleteTeam.impact.resourcesDeleted.*.name");
    assert_eq!(names, ["Managed", "Unmanaged"]);
    assert_eq!(*foreseen.at("deleteTeam.impact.resourcesUnmanagedCount"), 0);
    root.mutate("deleteTeam", input, "deletedTeamId").await.ok();
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM resource").await, 0);
}

async fn what_stands_in_the_way_is_told_with_the_rest(world: World) {
    let alpha = world.superapp_team("alpha").await;
    let root = world.super_admin().await;
    for field in ["deleteUser", "disableUser"] {
        let foreseen = world
            .foresee(&root, field, json!({ "userId": alpha.admin.id }), "")
            .await
            .failed(&["LAST_TEAM_ADMIN userId"]);
        let impact = foreseen.at(&format!("{field}.impact"));
        assert_eq!(
            impact["userErrors"],
            json!([{ "code": "LAST_TEAM_ADMIN", "field": ["input", "userId"] }])
        );
        assert_eq!(impact["sessionsEnded"], 1);
        assert_eq!(impact["permissionsLostCount"], 1);
    }
    let input = json!({ "userId": alpha.admin.id, "accountType": "PLATFORM_ADMIN" });
    let foreseen = world
        .foresee(&root, "updateUser", input, "user { id }")
        .await
        .failed(&["HAS_MEMBERSHIPS accountType"]);
    assert_eq!(*foreseen.at("updateUser.impact.sessionsEnded"), 1);
    let own = alpha.membership_of(&alpha.admin).await;
    let demotion = json!({ "membershipId": own, "roleId": alpha.role("Developer") });
    for (field, input, error, ended) in [
        (
            "removeTeamMember",
            json!({ "membershipId": own }),
            "LAST_TEAM_ADMIN membershipId",
            1,
        ),
        ("updateTeamMember", demotion, "OWN_ROLE membershipId", 0),
    ] {
        let foreseen = world
            .foresee(&alpha.admin, field, input, "")
            .await
            .failed(&[error]);
        let impact = foreseen.at(&format!("{field}.impact"));
        assert_eq!(impact["userErrors"].as_array().unwrap().len(), 1);
        assert_eq!(impact["membershipsEndedCount"], ended, "{field}: {impact}");
        let lost = &impact["permissionsLost"][0];
        assert_eq!(lost["user"]["account"], "alpha-admin", "{field}: {impact}");
    }
    // Of a form with a mistake, the rest is told.
    let role = alpha.make_role("Painter", &["USER_FEEDBACK"]).await;
    let pia = world.member("pia").await;
    alpha.add_with(&pia, &role).await;
    let input = json!({ "roleId": role, "name": "x", "permissions": ["DATA_DASHBOARD"] });
    let foreseen = world
        .foresee(&alpha.admin, "updateRole", input, "")
        .await
        .failed(&["TOO_SHORT name"]);
    assert_eq!(
        *foreseen.at("updateRole.impact.permissionsLost"),
        json!([{ "user": { "account": "pia" }, "team": { "name": "alpha" }, "permissions": ["USER_FEEDBACK"] }])
    );
}

async fn a_teams_disabling_is_foreseen_as_it_then_happens(world: World) {
    let alpha = world.superapp_team("alpha").await;
    let mia = alpha.with(&world, "mia", "Member manager").await;
    let input = json!({ "teamId": alpha.id, "roleId": alpha.role("Operator") });
    let code = mia.mutate("createInvitation", input, "code").await.ok();
    let root = world.super_admin().await;
    let input = json!({ "teamId": alpha.id });
    let foreseen = world
        .foresee(&root, "disableTeam", input.clone(), "team { id }")
        .await
        .ok();
    let impact = foreseen.at("disableTeam.impact");
    assert_eq!(impact["permissionsLostCount"], 2, "{impact}");
    assert_eq!(
        foreseen.texts("disableTeam.impact.permissionsLost.*.user.account"),
        ["alpha-admin", "mia"]
    );
    assert_eq!(impact["invitationsVoidedCount"], 1);
    assert_eq!(impact["membershipsEndedCount"], 0);
    assert_eq!(impact["sessionsEnded"], 0);

    let done = root.mutate("disableTeam", input, "team { status }").await.ok();
    assert_eq!(done.text("disableTeam.team.status"), "DISABLED");
    for user in [&mia, &alpha.admin] {
        assert!(user.is_signed_in().await);
        let may = "query($id: ID!) { viewer { can(permission: TEAM_MEMBER_MANAGEMENT, teamId: $id) } }";
        let may = user.ask_with(may, json!({ "id": alpha.id })).await.ok();
        assert_eq!(*may.at("viewer.can"), false);
    }
    let code = json!({ "code": code.text("createInvitation.code") });
    let refused = world.member("ned").await.mutate("joinTeam", code, "").await;
    refused.failed(&["INVALID_INVITATION code"]);
}

async fn another_account_type_is_foreseen_as_it_then_happens(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    Actor::log_in(&world, "pam", &format!("{PASSWORD}2")).await;
    let input = json!({ "userId": pam.id, "accountType": "MEMBER" });
    let foreseen = world
        .foresee(&root, "updateUser", input.clone(), "user { id }")
        .await
        .ok();
    let impact = foreseen.at("updateUser.impact");
    assert_eq!(impact["sessionsEnded"], 2, "{impact}");
    assert_eq!(impact["membershipsEndedCount"], 0);
    assert!(pam.is_signed_in().await);

    let done = root
        .mutate("updateUser", input, "user { accountType }")
        .await
        .ok();
    assert_eq!(done.text("updateUser.user.accountType"), "MEMBER");
    assert!(!pam.is_signed_in().await);
}

async fn a_preview_that_is_refused_leaves_no_event(world: World) {
    let alpha = world.superapp_team("alpha").await;
    let developer = alpha.with(&world, "dora", "Developer").await;
    let manager = alpha.with(&world, "mia", "Member manager").await;
    let platform_admin = world.platform_admin("pam").await;
    let root = world.super_admin().await;
    let membership = json!({ "membershipId": alpha.membership_of(&alpha.admin).await });
    let user = |id: &str| json!({ "userId": id });
    // By the guard, by the rank, by the rule of the team, by sight.
    world
        .foresee(&developer, "deleteUser", user(&root.id), "")
        .await
        .refused("FORBIDDEN");
    world
        .foresee(&world.nobody(), "deleteUser", user(&root.id), "")
        .await
        .refused("UNAUTHENTICATED");
    world
        .foresee(&platform_admin, "deleteUser", user(&root.id), "")
        .await
        .refused("FORBIDDEN");
    world
        .foresee(&manager, "removeTeamMember", membership, "")
        .await
        .refused("FORBIDDEN");
    let unknown = "user_01h455vb4pex5vsknk084sn02q";
    world
        .foresee(&root, "disableUser", user(unknown), "")
        .await
        .refused("NOT_FOUND");
}

async fn an_error_of_the_input_is_foreseen_too(world: World) {
    let mia = world.member("mia").await;
    let root = world.super_admin().await;
    let input = json!({ "userId": mia.id, "name": "x" });
    let foreseen = world
        .foresee(&root, "updateUser", input, "user { id }")
        .await
        .failed(&["TOO_SHORT name"]);
    assert_eq!(*foreseen.at("updateUser.impact.userErrors.0.code"), "TOO_SHORT");
}

async fn a_preview_that_is_false_or_null_is_none(world: World) {
    let root = world.super_admin().await;
    for (account, preview) in [("mia", json!(false)), ("ned", Value::Null)] {
        let user = world.member(account).await;
        let input = json!({ "userId": user.id, "preview": preview });
        let done = root
            .mutate("deleteUser", input, "deletedUserId impact { sessionsEnded }")
            .await
            .ok();
        assert_eq!(done.text("deleteUser.deletedUserId"), user.id);
        assert_eq!(*done.at("deleteUser.impact"), Value::Null);
    }
}

async fn a_roles_change_is_foreseen_as_it_then_happens(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team
        .make_role("Painter", &["TEAM_MEMBER_MANAGEMENT", "DATA_DASHBOARD"])
        .await;
    let mia = world.member("mia").await;
    team.add_with(&mia, &role).await;
    let invite = json!({ "teamId": team.id, "roleId": team.role("Developer") });
    let code = mia.mutate("createInvitation", invite, "code").await.ok();
    let code = code.text("createInvitation.code");
    team.invite("Developer").await;
    let input = json!({ "roleId": role, "permissions": ["DATA_DASHBOARD"] });
    let foreseen = world
        .foresee(&team.admin, "updateRole", input.clone(), "role { id }")
        .await
        .ok();
    let impact = foreseen.at("updateRole.impact");
    assert_eq!(impact["invitationsVoidedCount"], 1, "{impact}");
    assert_eq!(impact["membershipsEndedCount"], 0);
    assert_eq!(
        impact["permissionsLost"],
        json!([{ "user": { "account": "mia" }, "team": { "name": "Blue" }, "permissions": ["TEAM_MEMBER_MANAGEMENT"] }])
    );
    // More permissions take nothing away; mistakes are told.
    let more = json!({ "roleId": role, "name": "Poet", "permissions": ["TEAM_MEMBER_MANAGEMENT", "DATA_DASHBOARD", "USER_FEEDBACK"] });
    let foreseen = world
        .foresee(&team.admin, "updateRole", more, "role { id }")
        .await
        .ok();
    assert_eq!(*foreseen.at("updateRole.impact.permissionsLostCount"), json!(0));
    assert_eq!(*foreseen.at("updateRole.impact.invitationsVoidedCount"), json!(0));
    let bad = json!({ "roleId": role, "permissions": ["REALTIME_LOGS"] });
    let foreseen = world.foresee(&team.admin, "updateRole", bad, "role { id }").await;
    foreseen.failed(&["INVALID permissions.0"]);

    team.admin.mutate("updateRole", input, "role { id }").await.ok();
    let nia = world.member("nia").await;
    let refused = nia.mutate("joinTeam", json!({ "code": code }), "").await;
    refused.failed(&["INVALID_INVITATION code"]);
    let live = "query($id: ID!) { team(id: $id) { invitations(status: ACTIVE) { totalCount } } }";
    let after = team.admin.ask_with(live, json!({ "id": team.id })).await.ok();
    assert_eq!(*after.at("team.invitations.totalCount"), 1);
}

async fn a_roles_deletion_is_foreseen_as_it_then_happens(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team.make_role("Painter", &["DATA_DASHBOARD"]).await;
    let mia = world.member("mia").await;
    let seat = team.add_with(&mia, &role).await;
    team.invite_as(&role).await;
    team.invite("Developer").await;
    let input = json!({ "roleId": role });
    // In use: that is told with the rest of what would happen.
    let foreseen = world
        .foresee(&team.admin, "deleteRole", input.clone(), "deletedRoleId")
        .await;
    assert_eq!(foreseen.user_errors(), ["IN_USE roleId"], "{}", foreseen.body);
    let impact = foreseen.at("deleteRole.impact");
    assert_eq!(impact["invitationsVoidedCount"], 1, "{impact}");
    let change = json!({ "membershipId": seat, "roleId": team.role("Developer") });
    team.admin.mutate("updateTeamMember", change, "").await.ok();
    let foreseen = world
        .foresee(&team.admin, "deleteRole", input.clone(), "deletedRoleId")
        .await
        .ok();
    let impact = foreseen.at("deleteRole.impact");
    assert_eq!(impact["invitationsVoidedCount"], 1, "{impact}");
    assert_eq!(impact["userErrors"], json!([]));
    let done = team.admin.mutate("deleteRole", input, "deletedRoleId").await.ok();
    assert_eq!(done.text("deleteRole.deletedRoleId"), role);
    let live = "query($id: ID!) { team(id: $id) { invitations(status: ACTIVE) { totalCount } } }";
    let after = team.admin.ask_with(live, json!({ "id": team.id })).await.ok();
    assert_eq!(*after.at("team.invitations.totalCount"), 1);
}
