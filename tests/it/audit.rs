//! The audit log.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use rollcall::entity::audit_event::{self, AuditOutcome};
use rollcall::entity::{audit_personal, audit_refusal};
use rollcall::graphql::sdl;
use rollcall::secret::keys::hex;
use sea_orm::{EntityTrait, QueryOrder};
use sha2::{Digest, Sha256};

use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::passkey::{self, Passkey};
use crate::support::*;

on_each_database!(
    each_mutation_leaves_one_event,
    a_mutation_that_changes_nothing_leaves_one_too,
    each_failure_and_refusal_of_somebody_leaves_one_event,
    refusals_of_nobody_are_counted_by_minute_and_action,
    no_secret_stands_in_the_log,
    what_is_personal_stands_beside_the_event,
    the_digests_fit_the_personal_rows,
    what_is_no_user_keeps_its_name,
    a_teams_binding_and_expiry_are_told,
);

/// All events, the oldest first.
async fn events(world: &World) -> Vec<audit_event::Model> {
    audit_event::Entity::find()
        .order_by_asc(audit_event::Column::CreatedAt)
        .order_by_asc(audit_event::Column::Id)
        .all(world.app.database.reader())
        .await
        .unwrap()
}

/// Asks for a mutation; answers with the events that it left, each of which names the request.
async fn watch(
    world: &World,
    who: &Actor,
    field: &str,
    input: Value,
    selection: &str,
) -> (Answer, Vec<audit_event::Model>) {
    let before = events(world).await.len();
    let kind = field[..1].to_uppercase() + &field[1..];
    let document = if field == "logout" {
        "mutation { logout { userErrors { code field } } }".to_owned()
    } else {
        format!(
            "mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {selection} userErrors {{ code field }} }} }}"
        )
    };
    let mut request = who
        .client
        .post(format!("{}/graphql", who.url))
        .json(&json!({ "query": document, "variables": { "input": input } }));
    if let Some(token) = &who.token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = response.status();
    let raw = response.text().await.unwrap();
    let body = serde_json::from_str(&raw).unwrap();
    let left = events(world).await.split_off(before);
    for event in &left {
        assert_eq!(event.request_id, request_id, "{field}");
        assert_eq!(event.action, field);
    }
    (Answer { status, body, raw }, left)
}

/// What an event tells, in one line: outcome, actor, target (an account, or the kind of an id), whether in a team, and
/// the changed fields; those that are personal in brackets.
async fn told(world: &World, event: &audit_event::Model) -> String {
    let target = event.target_account.clone().unwrap_or_else(|| {
        let id = event.target_id.clone().unwrap_or_else(|| "-".to_owned());
        id.split('_').next().unwrap().to_owned()
    });
    let personal = personal(world).await;
    let mut fields = names(&event.changes);
    for row in personal
        .iter()
        .filter(|row| row.event_id == event.id && row.side == "TARGET")
    {
        let data: Value = serde_json::from_str(&row.data).unwrap();
        fields.extend(
            names(&data["changes"].to_string())
                .iter()
                .map(|name| format!("[{name}]")),
        );
    }
    format!(
        "{:?} by {} on {target}{}: {}",
        event.outcome,
        event.actor_account.as_deref().unwrap_or("-"),
        if event.team_id.is_some() { " in team" } else { "" },
        fields.join(" ")
    )
}

async fn personal(world: &World) -> Vec<audit_personal::Model> {
    audit_personal::Entity::find()
        .all(world.app.database.reader())
        .await
        .unwrap()
}

/// The names of the changed fields.
fn names(changes: &str) -> Vec<String> {
    let changes: Vec<Value> = serde_json::from_str(changes).unwrap();
    let name = |change: &Value| change["field"].as_str().unwrap().to_owned();
    changes.iter().map(name).collect()
}

/// Asks, and holds the one event against what it should tell.
async fn leaves(
    world: &World,
    who: &Actor,
    field: &str,
    input: Value,
    selection: &str,
    expected: &str,
) -> Answer {
    let (answer, left) = watch(world, who, field, input, selection).await;
    assert_eq!(left.len(), 1, "{field}: {}", answer.body);
    assert_eq!(told(world, &left[0]).await, expected, "{field}: {}", answer.body);
    answer
}

/// The mutations of the schema.
fn mutations() -> BTreeSet<String> {
    let sdl = sdl();
    let fields = sdl.split_once("\ntype Mutation {").unwrap().1;
    let fields = fields.split_once("\n}").unwrap().0;
    fields
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(str::trim)
        .filter(|line| line.ends_with('(') || line.starts_with("logout:"))
        .map(|line| line.split(['(', ':']).next().unwrap().to_owned())
        .collect()
}

async fn code(world: &World, address: &str) -> String {
    loop {
        let letter = world.mail.to(address).await;
        if letter
            .text
            .lines()
            .any(|line| line.len() == 6 && line.parse::<u32>().is_ok())
        {
            return letter.code(6);
        }
    }
}

/// Goes through all mutations, and holds each event; answers the secrets that were seen on the way.
#[allow(clippy::too_many_lines)] // One journey, and each step needs what came before.
async fn journey(world: &World) -> Vec<String> {
    let root = &world.super_admin().await;
    let nobody = &world.nobody();
    let mut done = BTreeSet::new();
    let mut secrets = vec![
        PASSWORD.to_owned(),
        "Red-Whale-42".to_owned(),
        "Green-Whale-42".to_owned(),
        "Gold-Whale-42".to_owned(),
    ];
    let mut step = async |who: &Actor, field: &str, input: Value, selection: &str, expected: &str| {
        done.insert(field.to_owned());
        leaves(world, who, field, input, selection, expected).await.ok()
    };
    let tokens = "tokens { accessToken refreshToken }";

    let input = json!({ "email": "zeb@example.com", "purpose": "REGISTER" });
    step(nobody, "sendVerificationCode", input, "", "Succeeded by - on -: ").await;
    let mailed = code(world, "zeb@example.com").await;
    let input = json!({
        "name": "Zebulon", "account": "zeb", "email": "zeb@example.com", "verificationCode": mailed,
        "password": PASSWORD, "passwordConfirmation": PASSWORD,
    });
    let answer = step(
        nobody,
        "register",
        input,
        &format!("user {{ id }} {tokens}"),
        "Succeeded by zeb on zeb: ",
    )
    .await;
    secrets.push(mailed);
    let zeb = Actor {
        id: answer.text("register.user.id"),
        ..nobody.with_tokens(&answer, "register.tokens")
    };
    let zeb = &zeb;
    let input = json!({ "name": "Zebulon2", "locale": "ZH_CN" });
    step(
        zeb,
        "updateProfile",
        input,
        "",
        "Succeeded by zeb on zeb: locale [name]",
    )
    .await;
    let input = json!({
        "currentPassword": PASSWORD, "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42",
    });
    step(
        zeb,
        "changePassword",
        input,
        "",
        "Succeeded by zeb on zeb: password",
    )
    .await;
    let input = json!({ "email": "zebulon@example.com", "purpose": "BIND_EMAIL" });
    step(zeb, "sendVerificationCode", input, "", "Succeeded by zeb on -: ").await;
    let mailed = code(world, "zebulon@example.com").await;
    let input =
        json!({ "email": "zebulon@example.com", "verificationCode": mailed, "password": "Red-Whale-42" });
    step(zeb, "bindEmail", input, "", "Succeeded by zeb on zeb: [email]").await;
    secrets.push(mailed);
    world.pass(TimeDelta::seconds(61));
    let input = json!({ "email": "zebulon@example.com" });
    step(
        nobody,
        "requestPasswordReset",
        input,
        "resendAfter",
        "Succeeded by - on -: ",
    )
    .await;
    let mailed = code(world, "zebulon@example.com").await;
    let input = json!({
        "email": "zebulon@example.com", "code": mailed,
        "newPassword": "Gold-Whale-42", "newPasswordConfirmation": "Gold-Whale-42",
    });
    step(
        nobody,
        "resetPassword",
        input,
        "",
        "Succeeded by zeb on zeb: password",
    )
    .await;
    secrets.push(mailed);
    let zeb = &Actor::log_in(world, "zeb", "Gold-Whale-42").await;
    let input = json!({ "password": "Gold-Whale-42" });
    let answer = step(
        zeb,
        "enrollTotp",
        input,
        "secret otpauthUri",
        "Succeeded by zeb on zeb: ",
    )
    .await;
    secrets.push(answer.text("enrollTotp.secret"));
    let device = Authenticator::scan(&answer.text("enrollTotp.otpauthUri"));
    world.begin_step();
    let input = json!({ "code": device.code(&world.app) });
    let answer = step(
        zeb,
        "confirmTotp",
        input,
        "recoveryCodes",
        "Succeeded by zeb on zeb: totpEnabled",
    )
    .await;
    secrets.extend(
        serde_json::from_value::<Vec<String>>(answer.at("confirmTotp.recoveryCodes").clone()).unwrap(),
    );
    let input = json!({ "password": "Gold-Whale-42", "recoveryCode": secrets.last().unwrap() });
    step(
        zeb,
        "disableTotp",
        input,
        "",
        "Succeeded by zeb on zeb: totpEnabled",
    )
    .await;
    let input = json!({ "password": "Gold-Whale-42" });
    let answer = step(zeb, "addPasskey", input, "options", "Succeeded by zeb on zeb: ").await;
    let (phone, made) = Passkey::make(answer.at("addPasskey.options"), &passkey::origin(world));
    let input = json!({ "name": "Phone", "passkey": made });
    let answer = step(
        zeb,
        "confirmPasskey",
        input,
        "passkey { id }",
        "Succeeded by zeb on zeb: passkeyId [passkey]",
    )
    .await;
    let passkey_id = answer.text("confirmPasskey.passkey.id");
    let input = json!({ "passkeyId": passkey_id, "name": "Old phone" });
    step(
        zeb,
        "renamePasskey",
        input,
        "",
        "Succeeded by zeb on zeb: [passkey]",
    )
    .await;
    let (options, challenge) = passkey::start(nobody).await;
    let input = json!({ "challenge": challenge, "passkey": phone.sign(&options) });
    let answer = step(
        nobody,
        "finishPasskeyLogin",
        input,
        tokens,
        "Succeeded by zeb on zeb: passkeyId",
    )
    .await;
    let by_passkey = nobody.with_tokens(&answer, "finishPasskeyLogin.tokens");
    secrets.extend([
        challenge,
        by_passkey.token.unwrap(),
        by_passkey.refresh_token.unwrap(),
    ]);
    let input = json!({ "passkeyId": passkey_id, "password": "Gold-Whale-42" });
    step(
        zeb,
        "removePasskey",
        input,
        "",
        "Succeeded by zeb on zeb: passkeyId [passkey]",
    )
    .await;
    let input = json!({ "refreshToken": zeb.refresh_token });
    let answer = step(
        nobody,
        "refreshSession",
        input,
        tokens,
        "Succeeded by zeb on session: ",
    )
    .await;
    secrets.extend([zeb.token.clone().unwrap(), zeb.refresh_token.clone().unwrap()]);
    let fresh = &nobody.with_tokens(&answer, "refreshSession.tokens");
    secrets.extend([fresh.token.clone().unwrap(), fresh.refresh_token.clone().unwrap()]);

    let input = json!({
        "name": "Mirabel", "account": "mia", "accountType": "MEMBER", "generatePassword": true,
        "email": "mirabel@example.com",
    });
    let answer = step(
        root,
        "createUser",
        input,
        "user { id } generatedPassword",
        "Succeeded by root on mia: accountType [proposedEmail]",
    )
    .await;
    let mia_id = answer.text("createUser.user.id");
    let generated = answer.text("createUser.generatedPassword");
    secrets.push(code(world, "mirabel@example.com").await);
    let input = json!({ "login": "mia", "password": generated });
    let answer = step(
        nobody,
        "login",
        input,
        "challenge",
        "Succeeded by mia on mia: step",
    )
    .await;
    secrets.extend([generated, answer.text("login.challenge")]);
    let input = json!({
        "challenge": answer.text("login.challenge"), "newPassword": "Green-Whale-42",
        "newPasswordConfirmation": "Green-Whale-42",
    });
    let answer = step(
        nobody,
        "completeLogin",
        input,
        tokens,
        "Succeeded by mia on mia: password",
    )
    .await;
    let mia = &nobody.with_tokens(&answer, "completeLogin.tokens");
    secrets.extend([mia.token.clone().unwrap(), mia.refresh_token.clone().unwrap()]);
    let input = json!({ "userId": mia_id, "name": "Mirabel2", "email": "mirabel2@example.com" });
    step(
        root,
        "updateUser",
        input,
        "",
        "Succeeded by root on mia: [name] [proposedEmail]",
    )
    .await;
    secrets.push(code(world, "mirabel2@example.com").await);
    let (device, _) = crate::totp::enrol(world, mia, "Green-Whale-42").await;
    secrets.push(device.code(&world.app));
    passkey::add(world, mia, "Green-Whale-42", "Phone").await;
    let input = json!({ "userId": mia_id });
    step(
        root,
        "unbindUserTotp",
        input.clone(),
        "",
        "Succeeded by root on mia: totpEnabled",
    )
    .await;
    step(
        root,
        "unbindUserPasskeys",
        input.clone(),
        "",
        "Succeeded by root on mia: passkeyId [passkey]",
    )
    .await;
    step(
        root,
        "disableUser",
        input.clone(),
        "",
        "Succeeded by root on mia: status",
    )
    .await;
    step(
        root,
        "enableUser",
        input.clone(),
        "",
        "Succeeded by root on mia: status",
    )
    .await;
    let reset = json!({ "userId": mia_id, "password": "Blue-Marlin-42" });
    step(
        root,
        "resetUserPassword",
        reset,
        "",
        "Succeeded by root on mia: password",
    )
    .await;
    secrets.push("Blue-Marlin-42".to_owned());
    let mia = &Actor::log_in(world, "mia", "Blue-Marlin-42").await;

    let input = json!({
        "name": "Blue", "type": "SUPERAPP", "adminIds": [zeb.id], "remark": "Of the sea",
        "newAdmin": { "name": "Second Admin".replace(' ', "-"), "account": "second", "generatePassword": true },
    });
    let answer = step(
        root,
        "createTeam",
        input,
        "team { id roles { id name } } generatedPassword",
        "Succeeded by root on team in team: name type remark adminIds",
    )
    .await;
    secrets.push(answer.text("createTeam.generatedPassword"));
    let team = answer.text("createTeam.team.id");
    let roles = answer.at("createTeam.team.roles").as_array().unwrap().clone();
    let role = |name: &str| roles.iter().find(|role| role["name"] == name).unwrap()["id"].clone();
    let input = json!({ "teamId": team, "name": "Blue Two", "remark": "Of whales" });
    step(
        zeb,
        "updateTeam",
        input,
        "",
        "Succeeded by zeb on team in team: name remark",
    )
    .await;
    let input = json!({ "teamId": team, "members": [{ "userId": mia.id, "roleId": role("Developer") }] });
    let answer = step(
        zeb,
        "addTeamMembers",
        input,
        "memberships { id }",
        "Succeeded by zeb on mia in team: member",
    )
    .await;
    let membership = answer.text("addTeamMembers.memberships.0.id");
    let input = json!({ "membershipId": membership, "roleId": role("Operator") });
    step(
        zeb,
        "updateTeamMember",
        input,
        "",
        "Succeeded by zeb on mia in team: role",
    )
    .await;
    let input = json!({ "membershipId": membership });
    step(
        zeb,
        "removeTeamMember",
        input,
        "",
        "Succeeded by zeb on mia in team: ",
    )
    .await;
    let input = json!({ "teamId": team, "roleId": role("Developer"), "email": "guest@example.com" });
    let answer = step(
        zeb,
        "createInvitation",
        input.clone(),
        "code",
        "Succeeded by zeb on invitation in team: role",
    )
    .await;
    let invitation = answer.text("createInvitation.code");
    secrets.push(invitation.clone());
    let input = json!({ "code": invitation });
    step(
        mia,
        "joinTeam",
        input,
        "",
        "Succeeded by mia on mia in team: role",
    )
    .await;
    let input = json!({ "teamId": team });
    step(mia, "leaveTeam", input, "", "Succeeded by mia on mia in team: ").await;
    let input = json!({ "teamId": team, "roleId": role("Developer") });
    let answer = step(
        zeb,
        "createInvitation",
        input,
        "invitation { id } code",
        "Succeeded by zeb on invitation in team: role",
    )
    .await;
    secrets.push(answer.text("createInvitation.code"));
    let input = json!({ "invitationId": answer.text("createInvitation.invitation.id") });
    step(
        zeb,
        "revokeInvitation",
        input,
        "",
        "Succeeded by zeb on invitation in team: status",
    )
    .await;
    let role_input = json!({ "teamId": team, "name": "Listener", "permissions": ["USER_FEEDBACK"] });
    let expected = "Succeeded by zeb on role in team: name permissions";
    let answer = step(zeb, "createRole", role_input, "role { id }", expected).await;
    let own_role = answer.text("createRole.role.id");
    let input = json!({ "roleId": own_role, "permissions": ["DATA_DASHBOARD"] });
    let expected = "Succeeded by zeb on role in team: permissions";
    step(zeb, "updateRole", input, "", expected).await;
    let input = json!({ "roleId": own_role });
    let expected = "Succeeded by zeb on role in team: name permissions";
    step(zeb, "deleteRole", input, "", expected).await;
    let input = json!({
        "teamId": team, "roleId": role("Developer"), "name": "Third", "account": "third", "generatePassword": true,
        "email": "third@example.com",
    });
    let expected = "Succeeded by zeb on third in team: role [proposedEmail]";
    let answer = step(zeb, "createTeamMember", input, "generatedPassword", expected).await;
    secrets.push(answer.text("createTeamMember.generatedPassword"));
    let input = json!({ "teamId": team, "kind": "SUPERAPP", "name": "Blue app", "managerId": zeb.id });
    let expected = "Succeeded by zeb on resource in team: name managerId";
    let answer = step(zeb, "createResource", input, "resource { id }", expected).await;
    let resource = answer.text("createResource.resource.id");
    let input = json!({ "resourceId": resource, "name": "Blue whale" });
    let expected = "Succeeded by zeb on resource in team: name";
    step(zeb, "updateResource", input, "", expected).await;
    let expected = "Succeeded by zeb on resource in team: name managerId";
    step(
        zeb,
        "deleteResource",
        json!({ "resourceId": resource }),
        "",
        expected,
    )
    .await;
    let input = json!({ "lockMinutes": 20, "refusesCommon": true });
    step(
        root,
        "updatePasswordPolicy",
        input,
        "",
        "Succeeded by root on -: lockMinutes",
    )
    .await;
    let input = json!({ "userId": mia.id });
    step(root, "unlockUser", input, "", "Succeeded by root on mia: ").await;
    let input = json!({ "email": "mia3@example.com", "purpose": "BIND_EMAIL" });
    mia.mutate("sendVerificationCode", input, "").await.ok();
    let mailed = code(world, "mia3@example.com").await;
    let input = json!({ "email": "mia3@example.com", "verificationCode": mailed, "password": format!("{PASSWORD}2") });
    mia.mutate("bindEmail", input, "").await.ok();
    secrets.push(mailed);
    let input = json!({ "password": format!("{PASSWORD}2") });
    step(mia, "unbindEmail", input, "", "Succeeded by mia on mia: [email]").await;
    let other = Actor::log_in(world, "zeb", "Gold-Whale-42").await;
    let session = other.session().await;
    let input = json!({ "sessionId": session });
    step(
        zeb,
        "revokeSession",
        input,
        "",
        "Succeeded by zeb on zeb: sessionId",
    )
    .await;
    let input = json!({ "login": "ZEBULON@example.com", "password": "Gold-Whale-42" });
    let answer = step(nobody, "login", input, "deviceToken", "Succeeded by zeb on zeb: ").await;
    secrets.push(answer.text("login.deviceToken"));
    step(fresh, "logout", json!({}), "", "Succeeded by zeb on session: ").await;
    let input = json!({ "userId": zeb.id });
    step(
        root,
        "unbindUserEmail",
        input,
        "",
        "Succeeded by root on zeb: [email]",
    )
    .await;
    let link = |answer: &Answer| {
        let link = answer.text("resetTeamRegistrationLink.team.registrationLink");
        link.split_once('#').unwrap().1.to_owned()
    };
    let input = json!({ "teamId": team });
    let answer = step(
        root,
        "resetTeamRegistrationLink",
        input,
        "team { registrationLink }",
        "Succeeded by root on team in team: registrationLink",
    )
    .await;
    secrets.push(link(&answer));
    let input = json!({ "token": link(&answer), "name": "Mini" });
    let answer = step(
        mia,
        "registerTeam",
        input,
        "team { id }",
        "Succeeded by mia on team in team: name type superappTeamId adminIds",
    )
    .await;
    let mini = answer.text("registerTeam.team.id");
    let input = json!({ "teamId": mini, "confirmName": "Mini" });
    root.mutate("deleteTeam", input, "").await.ok();
    let input = json!({ "teamId": team });
    let expected = "Succeeded by root on team in team: status";
    step(root, "disableTeam", input.clone(), "", expected).await;
    step(root, "enableTeam", input, "", expected).await;
    let input = json!({ "teamId": team, "confirmName": "Blue Two" });
    step(
        root,
        "deleteTeam",
        input,
        "",
        "Succeeded by root on team in team: ",
    )
    .await;
    step(
        root,
        "deleteUser",
        json!({ "userId": mia.id }),
        "",
        "Succeeded by root on mia: ",
    )
    .await;
    assert_eq!(done, mutations(), "each mutation of the schema is gone through");
    secrets
}

async fn each_mutation_leaves_one_event(world: World) {
    journey(&world).await;
    // Ids and accounts stay for good, also of those who are deleted.
    let deleted = events(&world).await.pop().unwrap();
    assert_eq!(deleted.target_account.as_deref(), Some("mia"));
    assert!(deleted.target_id.unwrap().starts_with("user_"));
    assert!(deleted.actor_id.is_some());
}

async fn a_mutation_that_changes_nothing_leaves_one_too(world: World) {
    let root = &world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let admin = &blue.admin;
    let user = json!({ "userId": mia.id });
    let membership = blue.membership_of(&mia).await;
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    let answer = admin
        .mutate("createInvitation", input, "invitation { id }")
        .await
        .ok();
    let invitation = json!({ "invitationId": answer.text("createInvitation.invitation.id") });
    leaves(
        &world,
        root,
        "enableUser",
        user.clone(),
        "",
        "Succeeded by root on mia: ",
    )
    .await;
    root.mutate("disableUser", user.clone(), "").await.ok();
    leaves(
        &world,
        root,
        "disableUser",
        user.clone(),
        "",
        "Succeeded by root on mia: ",
    )
    .await;
    leaves(&world, root, "updateUser", user, "", "Succeeded by root on mia: ").await;
    let input = json!({ "membershipId": membership, "roleId": blue.role("Developer") });
    leaves(
        &world,
        admin,
        "updateTeamMember",
        input,
        "",
        "Succeeded by Blue-admin on mia in team: ",
    )
    .await;
    let input = json!({ "teamId": blue.id, "name": "Blue", "remark": "", "adminIds": [admin.id] });
    leaves(
        &world,
        root,
        "updateTeam",
        input,
        "",
        "Succeeded by root on team in team: ",
    )
    .await;
    admin
        .mutate("revokeInvitation", invitation.clone(), "")
        .await
        .ok();
    leaves(
        &world,
        admin,
        "revokeInvitation",
        invitation,
        "",
        "Succeeded by Blue-admin on invitation in team: ",
    )
    .await;
    leaves(
        &world,
        admin,
        "updateProfile",
        json!({}),
        "",
        "Succeeded by Blue-admin on Blue-admin: ",
    )
    .await;
}

#[allow(clippy::too_many_lines)] // A table.
async fn each_failure_and_refusal_of_somebody_leaves_one_event(world: World) {
    let root = &world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = &blue.with(&world, "mia", "Developer").await;
    let lia = &world.member("lia").await;
    let admin = &blue.admin;
    let membership = blue.membership_of(mia).await;
    let admins = blue.membership_of(admin).await;
    let developer = blue.role("Developer");
    let unknown = |kind: &str| format!("{kind}_01h455vb4pex5vsknk084sn02q");
    let user = |input: Value| {
        let mut user = json!({ "name": "nobody", "account": "nobody", "accountType": "MEMBER", "generatePassword": true });
        user.as_object_mut()
            .unwrap()
            .extend(input.as_object().unwrap().clone());
        user
    };
    let register = json!({
        "name": "nobody", "account": "nobody", "email": "nobody@example.com", "verificationCode": "000000",
        "password": PASSWORD, "passwordConfirmation": PASSWORD,
    });
    let two = json!([
        { "userId": lia.id, "roleId": developer },
        { "userId": root.id, "roleId": developer },
    ]);
    let before = world.rows_everywhere().await;
    let cases = [
        // What its author can mend.
        (
            lia,
            "sendVerificationCode",
            json!({ "email": "none", "purpose": "BIND_EMAIL" }),
            "Failed by lia on -",
        ),
        (lia, "register", register, "Failed by lia on -"),
        (
            lia,
            "completeLogin",
            json!({ "challenge": "none" }),
            "Failed by lia on -",
        ),
        (
            lia,
            "refreshSession",
            json!({ "refreshToken": null }),
            "Failed by lia on -",
        ),
        (lia, "updateProfile", json!({ "name": "l" }), "Failed by lia on -"),
        (
            lia,
            "changePassword",
            json!({ "currentPassword": "none", "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42" }),
            "Failed by lia on -",
        ),
        (
            lia,
            "bindEmail",
            json!({ "email": "lia@example.com", "verificationCode": "000000", "password": format!("{PASSWORD}2") }),
            "Failed by lia on -",
        ),
        (
            lia,
            "joinTeam",
            json!({ "code": "00000000" }),
            "Failed by lia on -",
        ),
        (
            root,
            "createUser",
            user(json!({ "name": "n" })),
            "Failed by root on -",
        ),
        (
            root,
            "createUser",
            user(json!({ "account": "MIA" })),
            "Failed by root on -",
        ),
        (
            root,
            "updateUser",
            json!({ "userId": mia.id, "name": "m" }),
            "Failed by root on mia",
        ),
        (
            root,
            "resetUserPassword",
            json!({ "userId": mia.id }),
            "Failed by root on mia",
        ),
        (
            root,
            "disableUser",
            json!({ "userId": admin.id }),
            "Failed by root on Blue-admin",
        ),
        (
            root,
            "deleteUser",
            json!({ "userId": admin.id }),
            "Failed by root on Blue-admin",
        ),
        (
            root,
            "createTeam",
            json!({ "name": "Green", "type": "SUPERAPP" }),
            "Failed by root on -",
        ),
        (
            root,
            "updateTeam",
            json!({ "teamId": blue.id, "name": "B" }),
            "Failed by root on team in team",
        ),
        (
            admin,
            "addTeamMembers",
            json!({ "teamId": blue.id, "members": two }),
            "Failed by Blue-admin on team in team",
        ),
        (
            admin,
            "updateTeamMember",
            json!({ "membershipId": admins, "roleId": developer }),
            "Failed by Blue-admin on Blue-admin in team",
        ),
        (
            admin,
            "removeTeamMember",
            json!({ "membershipId": admins }),
            "Failed by Blue-admin on Blue-admin in team",
        ),
        (
            admin,
            "leaveTeam",
            json!({ "teamId": blue.id }),
            "Failed by Blue-admin on team in team",
        ),
        (
            admin,
            "createInvitation",
            json!({ "teamId": blue.id, "roleId": developer, "email": "none" }),
            "Failed by Blue-admin on team in team",
        ),
        (
            admin,
            "createRole",
            json!({ "teamId": blue.id, "name": "", "permissions": [] }),
            "Failed by Blue-admin on team in team",
        ),
        (
            admin,
            "updateRole",
            json!({ "roleId": unknown("role") }),
            "Refused by Blue-admin on role",
        ),
        (
            admin,
            "deleteRole",
            json!({ "roleId": developer }),
            "Refused by Blue-admin on role",
        ),
        (
            admin,
            "createTeamMember",
            json!({ "teamId": blue.id, "roleId": developer, "name": "", "account": "", "generatePassword": true }),
            "Failed by Blue-admin on team in team",
        ),
        (
            admin,
            "createResource",
            json!({ "teamId": blue.id, "kind": "SUPERAPP", "name": "" }),
            "Failed by Blue-admin on team in team",
        ),
        (
            admin,
            "updateResource",
            json!({ "resourceId": unknown("resource"), "name": "Other" }),
            "Refused by Blue-admin on resource",
        ),
        (
            admin,
            "deleteResource",
            json!({ "resourceId": unknown("resource") }),
            "Refused by Blue-admin on resource",
        ),
        (
            root,
            "unlockUser",
            json!({ "userId": unknown("user") }),
            "Refused by root on user",
        ),
        (
            root,
            "unbindUserEmail",
            json!({ "userId": unknown("user") }),
            "Refused by root on user",
        ),
        (
            mia,
            "requestPasswordReset",
            json!({ "email": "none" }),
            "Failed by mia on -",
        ),
        (
            mia,
            "resetPassword",
            json!({
                "email": "none@example.com", "code": "000000",
                "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42",
            }),
            "Failed by mia on -",
        ),
        (
            mia,
            "enrollTotp",
            json!({ "password": "Secret-Typo-43" }),
            "Failed by mia on -",
        ),
        (
            mia,
            "confirmTotp",
            json!({ "code": "000000" }),
            "Failed by mia on -",
        ),
        (
            mia,
            "disableTotp",
            json!({ "password": "Secret-Typo-43", "code": "000000" }),
            "Failed by mia on -",
        ),
        (
            root,
            "unbindUserTotp",
            json!({ "userId": mia.id }),
            "Failed by root on mia",
        ),
        (
            mia,
            "addPasskey",
            json!({ "password": "Secret-Typo-43" }),
            "Failed by mia on -",
        ),
        (
            mia,
            "confirmPasskey",
            json!({ "name": "Phone", "passkey": {} }),
            "Failed by mia on -",
        ),
        (
            mia,
            "renamePasskey",
            json!({ "passkeyId": unknown("passkey"), "name": "Phone" }),
            "Failed by mia on passkey",
        ),
        (
            mia,
            "removePasskey",
            json!({ "passkeyId": unknown("passkey"), "password": "Secret-Typo-43" }),
            "Failed by mia on passkey",
        ),
        (
            root,
            "unbindUserPasskeys",
            json!({ "userId": mia.id }),
            "Failed by root on mia",
        ),
        (
            root,
            "updatePasswordPolicy",
            json!({ "minimumLength": 7 }),
            "Failed by root on -",
        ),
        (
            mia,
            "unbindEmail",
            json!({ "password": "Secret-Typo-43" }),
            "Failed by mia on -",
        ),
        (
            mia,
            "revokeSession",
            json!({ "sessionId": unknown("session") }),
            "Refused by mia on session",
        ),
        // What is not for them.
        (lia, "createUser", user(json!({})), "Refused by lia on -"),
        (
            lia,
            "updateUser",
            json!({ "userId": mia.id }),
            "Refused by lia on user",
        ),
        (
            lia,
            "resetUserPassword",
            json!({ "userId": mia.id }),
            "Refused by lia on user",
        ),
        (
            lia,
            "disableUser",
            json!({ "userId": mia.id }),
            "Refused by lia on user",
        ),
        (
            lia,
            "enableUser",
            json!({ "userId": mia.id }),
            "Refused by lia on user",
        ),
        (
            lia,
            "deleteUser",
            json!({ "userId": mia.id }),
            "Refused by lia on user",
        ),
        (
            lia,
            "createTeam",
            json!({ "name": "Green", "type": "SUPERAPP" }),
            "Refused by lia on -",
        ),
        (
            lia,
            "leaveTeam",
            json!({ "teamId": blue.id }),
            "Refused by lia on team",
        ),
        (
            admin,
            "disableTeam",
            json!({ "teamId": blue.id }),
            "Refused by Blue-admin on team in team",
        ),
        (
            admin,
            "enableTeam",
            json!({ "teamId": blue.id }),
            "Refused by Blue-admin on team in team",
        ),
        (
            root,
            "deleteTeam",
            json!({ "teamId": blue.id, "confirmName": "Red" }),
            "Failed by root on team in team",
        ),
        (
            mia,
            "resetTeamRegistrationLink",
            json!({ "teamId": blue.id }),
            "Refused by mia on team in team",
        ),
        (
            lia,
            "registerTeam",
            json!({ "token": "typed by mistake", "name": "Mini" }),
            "Failed by lia on -",
        ),
        (
            mia,
            "updateTeam",
            json!({ "teamId": blue.id, "name": "Green" }),
            "Refused by mia on team in team",
        ),
        (
            mia,
            "addTeamMembers",
            json!({ "teamId": blue.id, "members": [] }),
            "Refused by mia on team in team",
        ),
        (
            mia,
            "updateTeamMember",
            json!({ "membershipId": membership, "roleId": developer }),
            "Refused by mia on mia in team",
        ),
        (
            mia,
            "removeTeamMember",
            json!({ "membershipId": admins }),
            "Refused by mia on Blue-admin in team",
        ),
        (
            mia,
            "createInvitation",
            json!({ "teamId": blue.id, "roleId": developer }),
            "Refused by mia on team in team",
        ),
        (
            mia,
            "revokeInvitation",
            json!({ "invitationId": unknown("invitation") }),
            "Refused by mia on invitation",
        ),
        (
            root,
            "createUser",
            user(json!({ "accountType": "SUPER_ADMIN" })),
            "Refused by root on -",
        ),
        (
            root,
            "deleteUser",
            json!({ "userId": root.id }),
            "Refused by root on root",
        ),
        (
            admin,
            "updateTeam",
            json!({ "teamId": blue.id, "adminIds": [mia.id] }),
            "Refused by Blue-admin on team in team",
        ),
        // What is not there, or out of sight.
        (
            root,
            "updateUser",
            json!({ "userId": unknown("user") }),
            "Refused by root on user",
        ),
        (
            root,
            "disableUser",
            json!({ "userId": blue.id }),
            "Refused by root on team in team",
        ),
        (
            root,
            "deleteUser",
            json!({ "userId": "typed by mistake" }),
            "Refused by root on -",
        ),
        (
            admin,
            "leaveTeam",
            json!({ "teamId": unknown("team") }),
            "Refused by Blue-admin on team",
        ),
        (
            admin,
            "removeTeamMember",
            json!({ "membershipId": unknown("membership") }),
            "Refused by Blue-admin on membership",
        ),
        (
            admin,
            "revokeInvitation",
            json!({ "invitationId": unknown("invitation") }),
            "Refused by Blue-admin on invitation",
        ),
    ];
    let mut seen = BTreeSet::from(["login", "logout", "finishPasskeyLogin"].map(str::to_owned));
    for (who, field, input, expected) in cases {
        seen.insert(field.to_owned());
        let answer = leaves(&world, who, field, input, "", &format!("{expected}: ")).await;
        let failed = expected.starts_with("Failed");
        assert_eq!(
            failed,
            !answer.user_errors().is_empty(),
            "{field}: {}",
            answer.body
        );
        assert_eq!(failed, answer.codes().is_empty(), "{field}: {}", answer.body);
    }
    assert_eq!(seen, mutations(), "each mutation of the schema is gone through");
    assert_eq!(world.rows_everywhere().await, before);
    assert_eq!(world.tables_with("typed by mistake").await, [""; 0]);
    // A login that fails is about the user that it was for; the text that was typed is kept nowhere.
    let input = json!({ "login": "mia", "password": "Secret-Typo-42" });
    leaves(
        &world,
        &world.nobody(),
        "login",
        input,
        "",
        "Failed by - on mia: ",
    )
    .await;
    let input = json!({ "login": "Secret-Typo-43", "password": "Secret-Typo-42" });
    let (_, left) = watch(&world, &world.nobody(), "login", input.clone(), "").await;
    assert!(left.is_empty());
    // Whoever happens to be signed in beside it is not told of whom they tried.
    let known = json!({ "login": "mia", "password": "Secret-Typo-42" });
    leaves(&world, lia, "login", known, "", "Failed by - on mia: ").await;
    let passkey = json!({ "challenge": "none", "passkey": {} });
    for (field, input) in [("login", input), ("finishPasskeyLogin", passkey)] {
        let (answer, left) = watch(&world, lia, field, input, "").await;
        assert_eq!(answer.user_errors(), ["INVALID_CREDENTIALS"], "{}", answer.body);
        assert!(left.is_empty(), "{field}");
    }
    assert_eq!(world.tables_with("Secret-Typo").await, [""; 0]);
    // A refresh token that is none is a refusal.
    let input = json!({ "refreshToken": "none" });
    leaves(&world, lia, "refreshSession", input, "", "Refused by lia on -: ").await;
    // A limit that is reached is one, too.
    let input = json!({ "email": "lia@example.com", "purpose": "BIND_EMAIL" });
    lia.mutate("sendVerificationCode", input.clone(), "").await.ok();
    leaves(
        &world,
        lia,
        "sendVerificationCode",
        input,
        "",
        "Refused by lia on -: ",
    )
    .await
    .refused("RATE_LIMITED");
    // And so is that of a list.
    let count = events(&world).await.len();
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    let newest = events(&world).await.split_off(count);
    assert_eq!(newest.len(), 1);
    assert_eq!(
        (
            newest[0].action.as_str(),
            newest[0].outcome,
            newest[0].actor_account.as_deref()
        ),
        ("users", AuditOutcome::Refused, Some("mia"))
    );
}

async fn refusals_of_nobody_are_counted_by_minute_and_action(world: World) {
    world.member("mia").await;
    let nobody = world.nobody();
    let before = events(&world).await.len();
    let refused = async || {
        let user =
            json!({ "name": "nobody", "account": "nobody", "accountType": "MEMBER", "password": PASSWORD });
        nobody
            .mutate("createUser", user, "")
            .await
            .refused("UNAUTHENTICATED");
        let input = json!({ "teamId": "team_01h455vb4pex5vsknk084sn02q" });
        nobody
            .mutate("leaveTeam", input, "")
            .await
            .refused("UNAUTHENTICATED");
        nobody
            .ask("{ users { totalCount } }")
            .await
            .refused("UNAUTHENTICATED");
        let input = json!({ "email": "none", "purpose": "REGISTER" });
        nobody
            .mutate("sendVerificationCode", input, "")
            .await
            .failed(&["INVALID email"]);
        let input = json!({ "refreshToken": "none" });
        nobody
            .mutate("refreshSession", input, "")
            .await
            .failed(&["INVALID_CREDENTIALS refreshToken"]);
        let input = json!({ "login": "unknown", "password": PASSWORD });
        nobody
            .mutate("login", input, "")
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    };
    for _ in 0..3 {
        refused().await;
    }
    // Many at once are all counted.
    futures::future::join_all((0..8).map(|_| nobody.ask("{ users { totalCount } }"))).await;
    world.pass(TimeDelta::seconds(61));
    refused().await;
    let rows = audit_refusal::Entity::find()
        .all(world.app.database.reader())
        .await
        .unwrap();
    for (action, expected) in [
        ("createUser", 4),
        ("leaveTeam", 4),
        ("users", 12),
        ("sendVerificationCode", 4),
        ("refreshSession", 4),
        ("login", 4),
    ] {
        let of_action: Vec<_> = rows.iter().filter(|row| row.action == action).collect();
        assert_eq!(
            of_action.iter().map(|row| row.count).sum::<i32>(),
            expected,
            "{action}"
        );
        // A row a minute: of the first minute, perhaps the next, and the one after the clock moved.
        assert!((2..=3).contains(&of_action.len()), "{action}: {of_action:?}");
        assert!(of_action.iter().all(|row| row.minute.timestamp() % 60 == 0));
    }
    assert_eq!(events(&world).await.len(), before);
}

async fn no_secret_stands_in_the_log(world: World) {
    let mut secrets = journey(&world).await;
    let mut failing = ["Failing-Secret-1", "Failing-Secret-2"]
        .map(str::to_owned)
        .to_vec();
    let zeb = Actor::log_in(&world, "zeb", "Gold-Whale-42").await;
    let input = json!({ "currentPassword": failing[0], "newPassword": failing[1], "newPasswordConfirmation": failing[1] });
    zeb.mutate("changePassword", input, "")
        .await
        .failed(&["INCORRECT_PASSWORD currentPassword"]);
    zeb.mutate("joinTeam", json!({ "code": "98765432" }), "")
        .await
        .failed(&["INVALID_INVITATION code"]);
    let input = json!({ "userId": zeb.id, "password": "Failing-Secret-3", "generatePassword": true });
    world
        .super_admin()
        .await
        .mutate("resetUserPassword", input, "")
        .await
        .failed(&["INVALID password"]);
    failing.extend(["98765432", "Failing-Secret-3"].map(str::to_owned));
    secrets.extend(failing);
    secrets.extend([zeb.token.unwrap(), zeb.refresh_token.unwrap()]);
    assert!(secrets.len() > 20);
    let mut texts: Vec<String> = events(&world)
        .await
        .into_iter()
        .flat_map(|event| {
            let accounts = [event.actor_account, event.target_account];
            accounts.into_iter().flatten().chain([event.changes])
        })
        .collect();
    texts.extend(personal(&world).await.into_iter().map(|row| row.data));
    assert!(texts.len() > 50);
    for secret in &secrets {
        let found = texts.iter().find(|text| text.contains(secret.as_str()));
        assert!(found.is_none(), "{secret} in {found:?}");
    }
    // The long ones stand in no table at all.
    for secret in secrets.iter().filter(|secret| secret.len() > 12) {
        assert_eq!(world.tables_with(secret).await, [""; 0], "{secret}");
    }
}

async fn what_is_personal_stands_beside_the_event(world: World) {
    let world = World::with(world.store, &["--trusted-proxies", "127.0.0.0/8"]).await;
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "192.0.2.77".parse().unwrap());
    let client = reqwest::Client::builder().user_agent("Peculiar-Agent/9");
    let mia = Actor {
        client: client.default_headers(headers).build().unwrap(),
        ..mia
    };
    mia.mutate("updateProfile", json!({ "name": "Mirabel-the-First" }), "")
        .await
        .ok();
    mia.mutate("updateProfile", json!({ "name": "Mirabel-the-Second" }), "")
        .await
        .ok();
    mia.mutate("updateProfile", json!({ "name": "M" }), "")
        .await
        .failed(&["TOO_SHORT name"]);
    mia.mutate("deleteUser", json!({ "userId": root.id }), "")
        .await
        .refused("FORBIDDEN");
    let input = json!({ "userId": mia.id, "name": "Mirabel-the-Third", "email": "proposed@mirabel.example" });
    root.mutate("updateUser", input, "").await.ok();
    let bound = code(&world, "proposed@mirabel.example").await;
    let input =
        json!({ "email": "proposed@mirabel.example", "verificationCode": bound, "password": PASSWORD });
    mia.mutate("bindEmail", input, "").await.ok();
    let wrong = json!({ "login": "mia", "password": "Wrong-Whale-42" });
    Actor {
        token: None,
        ..mia.clone()
    }
    .mutate("login", wrong, "")
    .await
    .failed(&["INVALID_CREDENTIALS"]);
    let values = [
        "Mirabel-the-First",
        "Mirabel-the-Second",
        "Mirabel-the-Third",
        "proposed@mirabel.example",
        "mia@example.com",
        "Peculiar-Agent/9",
        "192.0.2.77",
    ];
    for value in values {
        let tables = world.tables_with(value).await;
        assert!(
            tables.contains(&"audit_personal".to_owned()),
            "{value}: {tables:?}"
        );
        for table in ["audit_event", "audit_refusal"] {
            assert!(!tables.contains(&table.to_owned()), "{value} in {table}");
        }
    }
    let rows = personal(&world).await;
    let of_mia = rows.iter().filter(|row| mia.id == row.user_id.to_string());
    assert!(of_mia.clone().any(|row| row.side == "ACTOR") && of_mia.clone().any(|row| row.side == "TARGET"));
    // Each value stands with the user whom it is about, also where somebody else acted.
    for row in &rows {
        if values[..6].iter().any(|value| row.data.contains(value)) {
            assert_eq!(row.user_id.to_string(), mia.id, "{row:?}");
        }
    }
    let (of_mia, count) = (of_mia.count(), events(&world).await.len());
    assert!(of_mia > 8);
    root.mutate("deleteUser", json!({ "userId": mia.id }), "")
        .await
        .ok();
    for value in values {
        assert_eq!(world.tables_with(value).await, [""; 0], "{value}");
    }
    let left = personal(&world).await;
    assert!(left.iter().all(|row| row.user_id.to_string() != mia.id));
    // The others' rows are left; of the event of the deletion itself, the actor's.
    assert_eq!(left.len(), rows.len() - of_mia + 1);
    let events = events(&world).await;
    assert_eq!(events.len(), count + 1);
    let about_mia = events
        .iter()
        .filter(|event| event.target_id.as_deref() == Some(mia.id.as_str()));
    assert!(about_mia.clone().count() > 4);
    for event in about_mia {
        assert_eq!(event.target_account.as_deref(), Some("mia"));
    }
}

async fn the_digests_fit_the_personal_rows(world: World) {
    journey(&world).await;
    let rows = personal(&world).await;
    let digest = |row: &audit_personal::Model| {
        let hash = Sha256::new()
            .chain_update(&row.salt)
            .chain_update([0])
            .chain_update(&row.data)
            .finalize();
        hex(&hash)
    };
    let mut fitting = 0;
    let deleted = events(&world).await.pop().unwrap().target_id.unwrap();
    for event in events(&world).await {
        for (side, stored, is_deleted) in [
            (
                "ACTOR",
                &event.actor_digest,
                event.actor_account.as_deref() == Some("mia"),
            ),
            (
                "TARGET",
                &event.target_digest,
                event.target_id.as_ref() == Some(&deleted),
            ),
        ] {
            let row = rows
                .iter()
                .find(|row| row.event_id == event.id && row.side == side);
            match (row, stored) {
                (Some(row), Some(stored)) => {
                    assert_eq!(digest(row), *stored, "{event:?}");
                    fitting += 1;
                }
                // The digest of one who was deleted outlives the row, so that the chain still holds.
                (None, Some(_)) => assert!(is_deleted, "{side} of {event:?}"),
                (Some(row), None) => panic!("no digest covers {row:?}"),
                (None, None) => assert!(side == "TARGET" || event.actor_id.is_none(), "{event:?}"),
            }
        }
    }
    assert_eq!(fitting, rows.len());
    let salts: BTreeSet<&String> = rows.iter().map(|row| &row.salt).collect();
    assert_eq!(salts.len(), rows.len());
    assert!(salts.iter().all(|salt| salt.len() >= 32));
}

async fn what_is_no_user_keeps_its_name(world: World) {
    let root = &world.super_admin().await;
    let blue = &world.superapp_team("Blue").await;
    let mia = &world.member("mia").await;
    let lia = &world.member("lia").await;
    let name = async |who: &Actor, field: &str, input: Value, selection: &str| {
        let (answer, left) = watch(&world, who, field, input, selection).await;
        assert_eq!(left.len(), 1, "{field}: {}", answer.body);
        (answer, left[0].target_name.clone().unwrap_or_default())
    };
    let input = json!({ "name": "Red", "type": "SUPERAPP", "adminIds": [lia.id] });
    assert_eq!(name(root, "createTeam", input, "").await.1, "Red");
    let input = json!({ "teamId": blue.id, "name": "Blue Two" });
    assert_eq!(name(&blue.admin, "updateTeam", input, "").await.1, "Blue Two");
    let input = json!({ "teamId": blue.id, "members": [
        { "userId": mia.id, "roleId": blue.role("Developer") },
        { "userId": lia.id, "roleId": blue.role("Developer") },
    ] });
    assert_eq!(name(&blue.admin, "addTeamMembers", input, "").await.1, "Blue Two");
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    let (answer, role) = name(&blue.admin, "createInvitation", input, "invitation { id }").await;
    assert_eq!(role, "Developer");
    let input = json!({ "invitationId": answer.text("createInvitation.invitation.id") });
    assert_eq!(
        name(&blue.admin, "revokeInvitation", input, "").await.1,
        "Developer"
    );
    // That of a user is personal, and stands beside.
    let input = json!({ "userId": mia.id, "name": "Mirabel" });
    assert_eq!(name(root, "updateUser", input, "").await.1, "");
}

async fn a_teams_binding_and_expiry_are_told(world: World) {
    let root = &world.super_admin().await;
    let (blue, red) = (
        world.superapp_team("Blue").await,
        world.superapp_team("Red").await,
    );
    let lia = world.member("lia").await;
    let (first, later) = ("2100-01-01T00:00:00+00:00", "2100-06-01T00:00:00+00:00");
    let input = json!({
        "name": "Shop", "type": "MINI_PROGRAM", "superappTeamId": blue.id, "adminIds": [lia.id], "expiresAt": first,
    });
    let (answer, events) = watch(&world, root, "createTeam", input, "team { id }").await;
    let shop = answer.ok().text("createTeam.team.id");
    let changes = |event: &audit_event::Model| serde_json::from_str::<Value>(&event.changes).unwrap();
    assert_eq!(
        changes(&events[0]),
        json!([
            { "field": "name", "after": "Shop" },
            { "field": "type", "after": "MINI_PROGRAM" },
            { "field": "superappTeamId", "after": blue.id },
            { "field": "expiresAt", "after": first },
            { "field": "adminIds", "after": lia.id },
        ])
    );
    // Sent again as a form does, with one field changed after all.
    let input = json!({
        "teamId": shop, "name": "Shop", "superappTeamId": blue.id, "expiresAt": later, "adminIds": [lia.id],
    });
    let (answer, events) = watch(&world, root, "updateTeam", input, "").await;
    answer.ok();
    let expiry = json!({ "field": "expiresAt", "before": first, "after": later });
    assert_eq!(changes(&events[0]), json!([expiry]));
    let input = json!({ "teamId": shop, "superappTeamId": red.id });
    let (answer, events) = watch(&world, root, "updateTeam", input, "").await;
    answer.ok();
    let binding = json!({ "field": "superappTeamId", "before": blue.id, "after": red.id });
    assert_eq!(changes(&events[0]), json!([binding]));
}
