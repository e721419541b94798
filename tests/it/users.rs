//! What platform staff do with users, and who is seen by whom.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_password_is_typed_or_generated_but_not_both,
    a_new_user_can_do_nothing_before_the_password_is_their_own,
    a_platform_admin_reaches_members_alone,
    the_super_admin_reaches_everybody_but_not_their_own_account,
    a_deleted_user_leaves_nothing_but_their_id_and_account,
    a_deleted_platform_admin_leaves_their_teams,
    the_only_active_admin_of_a_team_stays,
    a_disabled_user_is_out_until_enabled,
    a_reset_password_lifts_the_lock_and_ends_the_sessions,
    staff_lift_a_lock_and_the_failures_with_it,
    staff_unbind_an_email_by_rank,
    a_typed_reset_password_is_held_against_the_policy,
    another_account_type_ends_the_sessions,
    users_are_filtered,
    a_search_takes_its_text_as_it_is,
    users_are_ordered_and_paged_without_gaps,
    a_page_goes_on_where_its_last_user_was_deleted,
    a_bad_page_is_the_clients_mistake,
    memberships_of_a_list_are_those_of_each_user,
    who_is_out_of_sight_is_not_there,
    nodes_come_in_the_order_of_their_ids,
);

fn new_user(account: &str) -> Value {
    json!({ "name": account, "account": account, "accountType": "MEMBER", "generatePassword": true })
}

async fn create(root: &Actor, input: Value) -> Answer {
    let selection = "user { id account mustChangePassword } generatedPassword";
    root.mutate("createUser", input, selection).await
}

/// Does something that is about a user alone.
async fn does(who: &Actor, field: &str, id: &str) -> Answer {
    let selection = if field == "deleteUser" {
        "deletedUserId"
    } else {
        "user { status }"
    };
    who.mutate(field, json!({ "userId": id }), selection).await
}

async fn log_in(world: &World, login: &str, password: &str) -> Answer {
    let input = json!({ "login": login, "password": password });
    world
        .nobody()
        .mutate("login", input, "step challenge user { account }")
        .await
}

async fn status_of(root: &Actor, id: &str) -> String {
    let document = format!("{{ user(id: \"{id}\") {{ status }} }}");
    root.ask(&document).await.ok().text("user.status")
}

async fn a_password_is_typed_or_generated_but_not_both(world: World) {
    let root = world.super_admin().await;
    let before = world.rows_everywhere().await;
    for (typed, generate, error) in [
        (json!(null), json!(null), "REQUIRED password"),
        (json!(null), json!(false), "REQUIRED password"),
        (json!(PASSWORD), json!(true), "INVALID password"),
        (json!(""), json!(false), "REQUIRED password"),
        (json!("short"), json!(null), "TOO_SHORT password"),
        (
            json!("My-NIA-Whale-42"),
            json!(null),
            "PASSWORD_TOO_WEAK password",
        ),
    ] {
        let input = json!({
            "name": "nia", "account": "nia", "accountType": "MEMBER",
            "password": typed, "generatePassword": generate,
        });
        create(&root, input).await.failed(&[error]);
    }
    assert_eq!(world.rows_everywhere().await, before);
    let typed = json!({
        "name": "mia", "account": "mia", "accountType": "MEMBER", "password": PASSWORD,
        "email": "mia@example.com",
    });
    let answer = create(&root, typed).await.ok();
    assert!(answer.at("createUser.generatedPassword").is_null());
    let mut generated = new_user("nia");
    generated["email"] = json!("nia@example.com");
    let nia = create(&root, generated).await.ok();
    let lia = create(&root, new_user("lia")).await.ok();
    let passwords = [&nia, &lia].map(|answer| answer.text("createUser.generatedPassword"));
    assert_ne!(passwords[0], passwords[1]);
    assert!(passwords.iter().all(|password| password.chars().count() >= 16));
    // A password is shown in the answer and nowhere else.
    for address in ["mia@example.com", "nia@example.com"] {
        let letter = world.mail.to(address).await;
        assert!(!letter.text.contains(PASSWORD) && !letter.text.contains(&passwords[0]));
    }
    assert_eq!(world.tables_with(&passwords[0]).await, [""; 0]);
    let step = log_in(&world, "nia", &passwords[0]).await.ok().text("login.step");
    assert_eq!(step, "PASSWORD_CHANGE_REQUIRED");
}

async fn a_new_user_can_do_nothing_before_the_password_is_their_own(world: World) {
    let root = world.super_admin().await;
    let input = json!({ "name": "mia", "account": "mia", "accountType": "MEMBER", "password": PASSWORD });
    let made = create(&root, input).await.ok();
    assert_eq!(made.at("createUser.user.mustChangePassword"), true);
    assert!(made.at("createUser.generatedPassword").is_null());
    let answer = log_in(&world, "mia", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    let sessions =
        "SELECT COUNT(*) AS n FROM session JOIN \"user\" u ON u.id = user_id WHERE account = 'mia'";
    assert_eq!(world.count(sessions).await, 0);
    let challenge = Actor {
        token: Some(answer.text("login.challenge")),
        ..world.nobody()
    };
    assert!(!challenge.is_signed_in().await);
    let mia = Actor::log_in(&world, "mia", PASSWORD).await;
    let viewer = mia.ask("{ viewer { user { mustChangePassword } } }").await.ok();
    assert_eq!(viewer.at("viewer.user.mustChangePassword"), false);
}

async fn a_platform_admin_reaches_members_alone(world: World) {
    let root = world.super_admin().await;
    let pat = world.platform_admin("pat").await;
    let other = world.platform_admin("other").await;
    let mia = world.member("mia").await;
    let before = world.rows_everywhere().await;
    for account_type in ["PLATFORM_ADMIN", "SUPER_ADMIN"] {
        let mut input = new_user("nia");
        input["accountType"] = json!(account_type);
        create(&pat, input).await.refused("FORBIDDEN");
    }
    for target in [&root.id, &other.id] {
        for field in ["disableUser", "enableUser", "deleteUser"] {
            does(&pat, field, target).await.refused("FORBIDDEN");
        }
        for input in [
            json!({ "userId": target, "name": "Renamed" }),
            json!({ "userId": target, "email": "x@example.com" }),
            json!({ "userId": target, "accountType": "MEMBER" }),
        ] {
            pat.mutate("updateUser", input, "user { id }")
                .await
                .refused("FORBIDDEN");
        }
        let input = json!({ "userId": target, "generatePassword": true });
        pat.mutate("resetUserPassword", input, "generatedPassword")
            .await
            .refused("FORBIDDEN");
    }
    // Nor their own, but for the name and a proposed email.
    for field in ["disableUser", "enableUser", "deleteUser"] {
        does(&pat, field, &pat.id).await.refused("FORBIDDEN");
    }
    for account_type in ["MEMBER", "SUPER_ADMIN"] {
        let input = json!({ "userId": pat.id, "accountType": account_type });
        pat.mutate("updateUser", input, "").await.refused("FORBIDDEN");
    }
    let input = json!({ "userId": pat.id, "generatePassword": true });
    pat.mutate("resetUserPassword", input, "generatedPassword")
        .await
        .failed(&["USE_OWN_ACCOUNT userId"]);
    for account_type in ["PLATFORM_ADMIN", "SUPER_ADMIN"] {
        let input = json!({ "userId": mia.id, "accountType": account_type });
        pat.mutate("updateUser", input, "").await.refused("FORBIDDEN");
    }
    assert_eq!(world.rows_everywhere().await, before);
    let types = root
        .ask("{ users(orderBy: { field: ACCOUNT, direction: ASC }) { nodes { accountType name } } }")
        .await
        .ok();
    assert_eq!(
        types.texts("users.nodes.*.accountType"),
        ["MEMBER", "PLATFORM_ADMIN", "PLATFORM_ADMIN", "SUPER_ADMIN"]
    );
    assert!(pat.is_signed_in().await && other.is_signed_in().await);
    let input = json!({ "userId": pat.id, "name": "Patricia" });
    let answer = pat.mutate("updateUser", input, "user { name }").await.ok();
    assert_eq!(answer.text("updateUser.user.name"), "Patricia");
    // A member is theirs to govern.
    create(&pat, new_user("nia")).await.ok();
    let input = json!({ "userId": mia.id, "generatePassword": true });
    pat.mutate("resetUserPassword", input, "generatedPassword")
        .await
        .ok();
    for field in ["disableUser", "enableUser", "deleteUser"] {
        does(&pat, field, &mia.id).await.ok();
    }
}

async fn the_super_admin_reaches_everybody_but_not_their_own_account(world: World) {
    let root = world.super_admin().await;
    let pat = world.platform_admin("pat").await;
    let before = world.rows_everywhere().await;
    let mut second = new_user("nia");
    second["accountType"] = json!("SUPER_ADMIN");
    create(&root, second).await.refused("FORBIDDEN");
    for field in ["disableUser", "enableUser", "deleteUser"] {
        does(&root, field, &root.id).await.refused("FORBIDDEN");
    }
    for (target, account_type) in [
        (&root.id, "MEMBER"),
        (&root.id, "PLATFORM_ADMIN"),
        (&pat.id, "SUPER_ADMIN"),
    ] {
        let input = json!({ "userId": target, "accountType": account_type });
        root.mutate("updateUser", input, "").await.refused("FORBIDDEN");
    }
    let input = json!({ "userId": root.id, "password": "Red-Whale-42" });
    root.mutate("resetUserPassword", input, "")
        .await
        .failed(&["USE_OWN_ACCOUNT userId"]);
    assert_eq!(world.rows_everywhere().await, before);
    assert!(root.is_signed_in().await);
    let input = json!({ "userId": pat.id, "generatePassword": true });
    root.mutate("resetUserPassword", input, "").await.ok();
    for field in ["disableUser", "enableUser", "deleteUser"] {
        does(&root, field, &pat.id).await.ok();
    }
}

#[allow(clippy::too_many_lines)] // All that hangs on a user, and all that has to be gone.
async fn a_deleted_user_leaves_nothing_but_their_id_and_account(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let zeb = world.registered("zeb-account", None).await;
    blue.add(&zeb, "Member manager").await;
    zeb.mutate("updateProfile", json!({ "name": "Zebulon77" }), "")
        .await
        .ok();
    zeb.mutate("updateProfile", json!({ "name": "Zebulon78" }), "")
        .await
        .ok();
    let update = json!({ "userId": zeb.id, "name": "Zebulon79", "email": "zebulon@proposed.example" });
    root.mutate("updateUser", update, "").await.ok();
    // All that hangs on a user: invitations made and used, a password before, a login that waits, a failure.
    let invitation = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    let code = zeb
        .mutate("createInvitation", invitation, "code")
        .await
        .ok()
        .text("createInvitation.code");
    let input = json!({
        "currentPassword": PASSWORD, "newPassword": "Red-Whale-42",
        "newPasswordConfirmation": "Red-Whale-42",
    });
    zeb.mutate("changePassword", input, "").await.ok();
    let input = json!({ "email": "zebulon@new.example", "purpose": "BIND_EMAIL" });
    zeb.mutate("sendVerificationCode", input, "").await.ok();
    log_in(&world, "ZEB-account@example.com", "Wrong-Whale-42").await;
    let input = json!({ "userId": zeb.id, "password": "Green-Whale-42" });
    root.mutate("resetUserPassword", input, "").await.ok();
    let challenge = log_in(&world, "zeb-account", "Green-Whale-42").await.ok();
    assert_eq!(challenge.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    let personal = [
        "Zebulon",
        "zeb-account@example.com",
        "zebulon@proposed.example",
        "zebulon@new.example",
    ];
    let mut tables = vec!["audit_personal", "user"];
    if world.store == Store::Postgres {
        // What members of a team are searched by.
        tables.insert(1, "membership");
    }
    assert_eq!(world.tables_with("Zebulon79").await, tables);
    assert!(!world.tables_with(personal[1]).await.is_empty());
    let before = world.count("SELECT COUNT(*) AS n FROM audit_event").await;

    let answer = does(&root, "deleteUser", &zeb.id).await.ok();
    assert_eq!(answer.text("deleteUser.deletedUserId"), zeb.id);
    for text in personal {
        assert_eq!(world.tables_with(text).await, [""; 0], "{text}");
    }
    assert_eq!(world.tables_with("zeb-account").await, ["audit_event"]);
    assert_eq!(
        world.count("SELECT COUNT(*) AS n FROM audit_event").await,
        before + 1
    );
    let events = world
        .rows("SELECT action, target_account FROM audit_event WHERE action = 'deleteUser'")
        .await;
    assert_eq!(
        events,
        [json!({ "action": "deleteUser", "target_account": "zeb-account" })]
    );
    let told = format!(
        "SELECT COUNT(*) AS n FROM audit_event WHERE target_id = '{}'",
        zeb.id
    );
    assert!(world.count(&told).await > 5);
    // Gone for everybody, at once.
    assert!(!zeb.is_signed_in().await);
    log_in(&world, "zeb-account", "Green-Whale-42")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let input = json!({
        "challenge": challenge.text("login.challenge"),
        "newPassword": PASSWORD, "newPasswordConfirmation": PASSWORD,
    });
    world
        .nobody()
        .mutate("completeLogin", input, "step")
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    let seen = format!(
        "{{ user(id: \"{0}\") {{ id }} node(id: \"{0}\") {{ id }} }}",
        zeb.id
    );
    assert_eq!(
        root.ask(&seen).await.ok().body["data"],
        json!({ "user": null, "node": null })
    );
    does(&root, "deleteUser", &zeb.id).await.refused("NOT_FOUND");
    let members = format!("{{ team(id: \"{}\") {{ memberCount }} }}", blue.id);
    assert_eq!(*root.ask(&members).await.at("team.memberCount"), 1);
    // Their invitations are gone with them, and their names are free.
    let lia = world.member("lia").await;
    lia.mutate("joinTeam", json!({ "code": code }), "")
        .await
        .failed(&["INVALID_INVITATION code"]);
    world.pass(TimeDelta::seconds(61));
    let again = world.mail.all().len();
    let new = world
        .nobody()
        .mutate(
            "sendVerificationCode",
            json!({ "email": "zeb-account@example.com", "purpose": "REGISTER" }),
            "",
        )
        .await;
    new.ok();
    let code = loop {
        let letter = world.mail.to("zeb-account@example.com").await;
        if letter.subject == "Your verification code" && world.mail.all().len() > again {
            break letter.code(6);
        }
    };
    let input = json!({
        "name": "newcomer", "account": "zeb-account", "email": "zeb-account@example.com",
        "verificationCode": code, "password": PASSWORD, "passwordConfirmation": PASSWORD,
    });
    let made = world.nobody().mutate("register", input, "user { id }").await.ok();
    assert_ne!(made.text("register.user.id"), zeb.id);
}

async fn a_deleted_platform_admin_leaves_their_teams(world: World) {
    let root = world.super_admin().await;
    let pat = world.platform_admin("pat").await;
    let input = json!({
        "name": "Blue", "type": "SUPERAPP",
        "newAdmin": { "name": "mia", "account": "mia", "generatePassword": true },
    });
    let team = pat
        .mutate("createTeam", input, "team { id createdBy { account } }")
        .await
        .ok();
    assert_eq!(team.text("createTeam.team.createdBy.account"), "pat");
    does(&root, "deleteUser", &pat.id).await.ok();
    let document = format!(
        "{{ team(id: \"{}\") {{ name createdBy {{ account }} }} }}",
        team.text("createTeam.team.id")
    );
    assert_eq!(
        root.ask(&document).await.ok().body["data"]["team"],
        json!({ "name": "Blue", "createdBy": null })
    );
}

async fn the_only_active_admin_of_a_team_stays(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let input = json!({ "name": "Green One", "type": "SUPERAPP", "adminIds": [blue.admin.id] });
    root.mutate("createTeam", input, "team { id }").await.ok();
    blue.with(&world, "plain", "Developer").await;
    let second = blue.with(&world, "second", "Administrator").await;
    does(&root, "disableUser", &second.id).await.ok();
    let before = world.rows_everywhere().await;
    let stays = async |names: &[&str]| {
        for field in ["deleteUser", "disableUser"] {
            let answer = does(&root, field, &blue.admin.id)
                .await
                .failed(&["LAST_TEAM_ADMIN userId"]);
            let message = answer.text(&format!("{field}.userErrors.0.message"));
            for name in ["Blue", "Green One"] {
                assert_eq!(message.contains(name), names.contains(&name), "{message}");
            }
        }
        assert_eq!(status_of(&root, &blue.admin.id).await, "ACTIVE");
        assert!(blue.admin.is_signed_in().await);
    };
    // The second one is disabled, and so is none.
    stays(&["Blue", "Green One"]).await;
    assert_eq!(world.rows_everywhere().await, before);
    does(&root, "enableUser", &second.id).await.ok();
    stays(&["Green One"]).await;
    let input = json!({ "name": "Red", "type": "SUPERAPP", "adminIds": [second.id] });
    root.mutate("createTeam", input, "").await.ok();
    let teams = root
        .ask("{ teams(filter: { search: \"green\" }) { nodes { id } } }")
        .await
        .ok();
    let input = json!({
        "teamId": teams.text("teams.nodes.0.id"), "adminIds": [blue.admin.id, second.id],
    });
    root.mutate("updateTeam", input, "").await.ok();
    does(&root, "disableUser", &blue.admin.id).await.ok();
    // Now the second one is the last.
    does(&root, "deleteUser", &second.id)
        .await
        .failed(&["LAST_TEAM_ADMIN userId"]);
    does(&root, "deleteUser", &blue.admin.id).await.ok();
}

async fn a_disabled_user_is_out_until_enabled(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let phone = Actor::log_in(&world, "mia", PASSWORD).await;
    let answer = does(&root, "disableUser", &mia.id).await.ok();
    assert_eq!(answer.text("disableUser.user.status"), "DISABLED");
    assert!(!mia.is_signed_in().await && !phone.is_signed_in().await);
    let refresh = json!({ "refreshToken": mia.refresh_token });
    world
        .nobody()
        .mutate("refreshSession", refresh, "")
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    for login in ["mia", "mia@example.com"] {
        log_in(&world, login, PASSWORD)
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    // Once more is harmless.
    does(&root, "disableUser", &mia.id).await.ok();
    assert_eq!(status_of(&root, &mia.id).await, "DISABLED");
    let answer = does(&root, "enableUser", &mia.id).await.ok();
    assert_eq!(answer.text("enableUser.user.status"), "ACTIVE");
    does(&root, "enableUser", &mia.id).await.ok();
    assert!(!mia.is_signed_in().await);
    log_in(&world, "mia", PASSWORD).await.ok();
}

async fn a_reset_password_lifts_the_lock_and_ends_the_sessions(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    for _ in 0..5 {
        log_in(&world, "mia", "Wrong-Whale-42").await;
    }
    assert_eq!(status_of(&root, &mia.id).await, "LOCKED");
    assert_eq!(
        world.mail.to("mia@example.com").await.subject,
        "Your account is locked for a while"
    );
    let input = json!({ "userId": mia.id, "generatePassword": true });
    let selection = "generatedPassword user { status mustChangePassword }";
    let answer = root.mutate("resetUserPassword", input, selection).await.ok();
    assert_eq!(
        *answer.at("resetUserPassword.user"),
        json!({ "status": "ACTIVE", "mustChangePassword": true })
    );
    let password = answer.text("resetUserPassword.generatedPassword");
    assert!(!mia.is_signed_in().await);
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Your password was reset");
    assert!(!letter.text.contains(&password));
    log_in(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let waiting = log_in(&world, "mia", &password).await.ok();
    assert_eq!(waiting.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    // A reset ends the login that waits, too.
    let input = json!({ "userId": mia.id, "password": "Red-Whale-42" });
    let answer = root.mutate("resetUserPassword", input, selection).await.ok();
    assert!(answer.at("resetUserPassword.generatedPassword").is_null());
    let input = json!({
        "challenge": waiting.text("login.challenge"),
        "newPassword": "Green-Whale-42", "newPasswordConfirmation": "Green-Whale-42",
    });
    world
        .nobody()
        .mutate("completeLogin", input, "step")
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    assert_eq!(
        log_in(&world, "mia", "Red-Whale-42")
            .await
            .ok()
            .text("login.step"),
        "PASSWORD_CHANGE_REQUIRED"
    );
}

async fn staff_lift_a_lock_and_the_failures_with_it(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let mia = world.registered("mia", None).await;
    for _ in 0..5 {
        log_in(&world, "mia", "Wrong-Whale-42").await;
    }
    assert_eq!(status_of(&root, &mia.id).await, "LOCKED");
    log_in(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // Not by herself, though she is still signed in elsewhere, and not by a fellow.
    let nia = world.member("nia").await;
    for member in [&mia, &nia] {
        world
            .unchanged_by(does(member, "unlockUser", &mia.id))
            .await
            .refused("FORBIDDEN");
    }
    let answer = does(&pam, "unlockUser", &mia.id).await.ok();
    assert_eq!(answer.text("unlockUser.user.status"), "ACTIVE");
    assert_eq!(status_of(&root, &mia.id).await, "ACTIVE");
    // The failures are forgotten: four more do not lock, and once they are forgotten again, not four more either.
    for _ in 0..2 {
        for _ in 0..4 {
            log_in(&world, "mia", "Wrong-Whale-42").await;
        }
        does(&pam, "unlockUser", &mia.id).await.ok();
    }
    log_in(&world, "mia", PASSWORD).await.ok();
    // Of an account that is not locked it changes nothing.
    world.unchanged_by(does(&root, "unlockUser", &mia.id)).await.ok();
    let changes = world
        .rows("SELECT changes FROM audit_event WHERE action = 'unlockUser' AND outcome = 'SUCCEEDED' ORDER BY id")
        .await;
    assert_eq!(changes.len(), 4);
    assert!(changes[0].to_string().contains("LOCKED"), "{changes:?}");
    assert!(
        changes[1..].iter().all(|row| !row.to_string().contains("LOCKED")),
        "{changes:?}"
    );
    // Staff's own lock is lifted by the super admin alone, and a disabled account stays disabled.
    for _ in 0..5 {
        log_in(&world, "pam", "Wrong-Whale-42").await;
    }
    let pia = world.platform_admin("pia").await;
    for (who, code) in [(&pia, "FORBIDDEN"), (&pam, "FORBIDDEN")] {
        world
            .unchanged_by(does(who, "unlockUser", &pam.id))
            .await
            .refused(code);
    }
    does(&root, "disableUser", &pam.id).await.ok();
    let answer = does(&root, "unlockUser", &pam.id).await.ok();
    assert_eq!(answer.text("unlockUser.user.status"), "DISABLED");
    let answer = does(&root, "enableUser", &pam.id).await.ok();
    assert_eq!(answer.text("enableUser.user.status"), "ACTIVE");
}

async fn staff_unbind_an_email_by_rank(world: World) {
    let root = world.super_admin().await;
    let pam = world.platform_admin("pam").await;
    let mia = world.registered("mia", None).await;
    let unbind = async |who: &Actor, id: &str| {
        let selection = "user { email proposedEmail }";
        who.mutate("unbindUserEmail", json!({ "userId": id }), selection)
            .await
    };
    world
        .unchanged_by(unbind(&pam, &root.id))
        .await
        .refused("FORBIDDEN");
    world
        .unchanged_by(unbind(&mia, &mia.id))
        .await
        .refused("FORBIDDEN");
    for staff in [&pam, &root] {
        world
            .unchanged_by(unbind(staff, &staff.id))
            .await
            .failed(&["USE_OWN_ACCOUNT userId"]);
    }
    // An address that is only proposed is not bound, and waits on.
    let input = json!({ "userId": mia.id, "email": "next@example.com" });
    root.mutate("updateUser", input, "").await.ok();
    let answer = unbind(&pam, &mia.id).await.ok();
    assert_eq!(
        *answer.at("unbindUserEmail.user"),
        json!({ "email": null, "proposedEmail": "next@example.com" })
    );
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Your address was taken from your account");
    log_in(&world, "mia@example.com", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    log_in(&world, "mia", PASSWORD).await.ok();
    assert!(mia.is_signed_in().await);
    world
        .unchanged_by(unbind(&root, &mia.id))
        .await
        .failed(&["NOT_BOUND userId"]);
    // It is free for somebody else.
    world.pass(chrono::TimeDelta::seconds(61));
    let input = json!({ "email": "mia@example.com", "purpose": "REGISTER" });
    world
        .nobody()
        .mutate("sendVerificationCode", input, "")
        .await
        .ok();
    assert_eq!(
        world.mail.to("mia@example.com").await.subject,
        "Your verification code"
    );
    // Where account and address are one, the account goes on logging in.
    let input =
        json!({ "name": "nia", "account": "nia@example.com", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "").await.ok();
    let nia = Actor::log_in(&world, "nia@example.com", PASSWORD).await;
    let input = json!({ "email": "nia@example.com", "purpose": "BIND_EMAIL" });
    nia.mutate("sendVerificationCode", input, "").await.ok();
    let code = world.mail.to("nia@example.com").await.code(6);
    let password = format!("{PASSWORD}2");
    let input = json!({ "email": "nia@example.com", "verificationCode": code, "password": password });
    nia.mutate("bindEmail", input, "").await.ok();
    unbind(&pam, &nia.id).await.ok();
    log_in(&world, "nia@example.com", &password).await.ok();
}

async fn a_typed_reset_password_is_held_against_the_policy(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let before = world.rows_everywhere().await;
    for (typed, generate, error) in [
        (json!(null), json!(null), "REQUIRED password"),
        (json!("Red-Whale-42"), json!(true), "INVALID password"),
        (json!("short"), json!(null), "TOO_SHORT password"),
        (
            json!("My-mia-Whale-42"),
            json!(null),
            "PASSWORD_TOO_WEAK password",
        ),
        (json!(PASSWORD), json!(null), "PASSWORD_REUSED password"),
    ] {
        let input = json!({ "userId": mia.id, "password": typed, "generatePassword": generate });
        root.mutate("resetUserPassword", input, "generatedPassword user { id }")
            .await
            .failed(&[error]);
    }
    assert_eq!(world.rows_everywhere().await, before);
    assert!(mia.is_signed_in().await);
}

async fn another_account_type_ends_the_sessions(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let membership = blue.add(&mia, "Developer").await;
    let retype = async |account_type: &str| {
        let input = json!({ "userId": mia.id, "accountType": account_type });
        root.mutate("updateUser", input, "user { accountType }").await
    };
    let before = world.rows_everywhere().await;
    retype("PLATFORM_ADMIN")
        .await
        .failed(&["HAS_MEMBERSHIPS accountType"]);
    assert_eq!(world.rows_everywhere().await, before);
    assert!(mia.is_signed_in().await);
    // The type that it is already changes nothing.
    retype("MEMBER").await.ok();
    assert!(mia.is_signed_in().await);
    let input = json!({ "membershipId": membership });
    blue.admin.mutate("removeTeamMember", input, "").await.ok();
    let answer = retype("PLATFORM_ADMIN").await.ok();
    assert_eq!(answer.text("updateUser.user.accountType"), "PLATFORM_ADMIN");
    assert!(!mia.is_signed_in().await);
    let mia = Actor::log_in(&world, "mia", &format!("{PASSWORD}2")).await;
    assert!(mia.menus().await.contains(&"USER_MANAGEMENT".to_owned()));
    let input =
        json!({ "teamId": blue.id, "members": [{ "userId": mia.id, "roleId": blue.role("Developer") }] });
    blue.admin
        .mutate("addTeamMembers", input, "")
        .await
        .failed(&["STAFF_CANNOT_JOIN members.0.userId"]);
    retype("MEMBER").await.ok();
    assert!(!mia.is_signed_in().await);
    let mia = Actor::log_in(&world, "mia", &format!("{PASSWORD}2")).await;
    assert_eq!(mia.menus().await, ["ACCOUNT"]);
}

/// The accounts that a list of users holds, in the order of accounts.
async fn accounts(root: &Actor, filter: Value) -> Vec<String> {
    let document = "query($filter: UserFilter) {
        users(first: 100, filter: $filter, orderBy: { field: ACCOUNT, direction: ASC }) {
            totalCount
            nodes { account }
        }
    }";
    let answer = root.ask_with(document, json!({ "filter": filter })).await.ok();
    let accounts = answer.texts("users.nodes.*.account");
    assert_eq!(*answer.at("users.totalCount"), accounts.len());
    accounts
}

async fn users_are_filtered(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let green = world.superapp_team("Green").await;
    let pat = world.platform_admin("pat").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    green.add(&mia, "Operator").await;
    let nia = blue.with(&world, "nia", "Developer").await;
    world.member("lia").await;
    does(&root, "disableUser", &nia.id).await.ok();
    for _ in 0..5 {
        log_in(&world, "mia", "Wrong-Whale-42").await;
    }
    let everybody = ["Blue-admin", "Green-admin", "lia", "mia", "nia", "pat", "root"];
    for everything in [
        json!(null),
        json!({}),
        json!({ "search": null, "accountType": null, "teamId": null, "status": null }),
        json!({ "search": "  " }),
    ] {
        assert_eq!(accounts(&root, everything).await, everybody);
    }
    for (filter, expected) in [
        (json!({ "accountType": "SUPER_ADMIN" }), vec!["root"]),
        (json!({ "accountType": "PLATFORM_ADMIN" }), vec!["pat"]),
        (
            json!({ "accountType": "MEMBER" }),
            vec!["Blue-admin", "Green-admin", "lia", "mia", "nia"],
        ),
        (json!({ "teamId": blue.id }), vec!["Blue-admin", "mia", "nia"]),
        (json!({ "teamId": green.id }), vec!["Green-admin", "mia"]),
        (json!({ "status": "DISABLED" }), vec!["nia"]),
        (json!({ "status": "LOCKED" }), vec!["mia"]),
        (
            json!({ "status": "ACTIVE" }),
            vec!["Blue-admin", "Green-admin", "lia", "pat", "root"],
        ),
        (
            json!({ "status": "ACTIVE", "accountType": "MEMBER" }),
            vec!["Blue-admin", "Green-admin", "lia"],
        ),
        (json!({ "search": "ia" }), vec!["lia", "mia", "nia"]),
        (json!({ "search": "ia", "teamId": blue.id }), vec!["mia", "nia"]),
        (
            json!({ "search": "ia", "teamId": blue.id, "status": "LOCKED" }),
            vec!["mia"],
        ),
        (
            json!({ "search": "ia", "teamId": blue.id, "status": "LOCKED", "accountType": "MEMBER" }),
            vec!["mia"],
        ),
        (json!({ "teamId": green.id, "status": "DISABLED" }), vec![]),
        (
            json!({ "accountType": "PLATFORM_ADMIN", "teamId": blue.id }),
            vec![],
        ),
        (
            json!({ "status": "ACTIVE", "teamId": blue.id }),
            vec!["Blue-admin"],
        ),
    ] {
        assert_eq!(accounts(&root, filter.clone()).await, expected, "{filter}");
    }
    // A user who is disabled while locked counts as disabled; a lock that is over as active.
    does(&root, "disableUser", &mia.id).await.ok();
    does(&root, "disableUser", &pat.id).await.ok();
    for (filter, expected) in [
        (json!({ "status": "DISABLED" }), vec!["mia", "nia", "pat"]),
        (
            json!({ "status": "ACTIVE" }),
            vec!["Blue-admin", "Green-admin", "lia", "root"],
        ),
        (
            json!({ "status": "ACTIVE", "accountType": "MEMBER" }),
            vec!["Blue-admin", "Green-admin", "lia"],
        ),
    ] {
        assert_eq!(accounts(&root, filter.clone()).await, expected, "{filter}");
    }
    does(&root, "enableUser", &mia.id).await.ok();
    world.pass(TimeDelta::minutes(16));
    let root = world.super_admin().await;
    assert_eq!(accounts(&root, json!({ "status": "LOCKED" })).await, [""; 0]);
    assert!(
        accounts(&root, json!({ "status": "ACTIVE" }))
            .await
            .contains(&"mia".to_owned())
    );
    root.ask("{ users(filter: { teamId: \"nonsense\" }) { totalCount } }")
        .await
        .refused("NOT_FOUND");
}

async fn a_search_takes_its_text_as_it_is(world: World) {
    let root = world.super_admin().await;
    for (name, account) in [
        ("张三丰", "zhang"),
        ("李四光", "a_b"),
        ("UPPER+lower", "axb"),
        ("a=b,c.d", "UP@per"),
    ] {
        let mut input = new_user(account);
        input["name"] = json!(name);
        create(&root, input).await.ok();
    }
    world.registered("mail", None).await;
    // A proposed address is not an email yet.
    let mut input = new_user("proposed");
    input["email"] = json!("mail-too@example.com");
    create(&root, input).await.ok();
    for (search, expected) in [
        ("%", vec![]),
        ("_", vec!["a_b"]),
        ("a_b", vec!["a_b"]),
        ("a%b", vec![]),
        ("!", vec![]),
        ("\\", vec![]),
        ("'", vec![]),
        ("*", vec![]),
        ("三", vec!["zhang"]),
        ("张三丰", vec!["zhang"]),
        ("UPPER", vec!["axb"]),
        ("upper+LOWER", vec!["axb"]),
        ("up@PER", vec!["UP@per"]),
        ("=B,", vec!["UP@per"]),
        ("MAIL@Example.COM", vec!["mail"]),
        ("@example", vec!["mail"]),
        ("mail-too", vec![]),
        (" a_b ", vec!["a_b"]),
        ("no such text", vec![]),
        ("\u{0}", vec![]),
        ("a\u{0}b", vec![]),
    ] {
        assert_eq!(
            accounts(&root, json!({ "search": search })).await,
            expected,
            "{search:?}"
        );
    }
    let long = json!({ "filter": { "search": "a".repeat(1025) } });
    let document = "query($filter: UserFilter) { users(filter: $filter) { totalCount } }";
    root.ask_with(document, long).await.refused("BAD_USER_INPUT");
    assert_eq!(
        accounts(&root, json!({ "search": "李".repeat(300) })).await,
        [""; 0]
    );
}

const LISTED: &str = "query($first: Int, $after: String, $last: Int, $before: String, $order: UserOrder) {
    users(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { id } }
        nodes { id name account createdAt lastLoginAt }
    }
}";

/// Thirty users in a world, with names that repeat, and some who logged in.
async fn crowd(world: &World) -> Actor {
    let root = world.super_admin().await;
    let names = [
        "米娅娅",
        "Mia",
        "mia",
        "MIA",
        "Zoe",
        "李四光",
        "a-b",
        "a_b",
        "A+b",
    ];
    for number in 0..29 {
        let account = format!("{}user{number}", if number % 3 == 0 { "U" } else { "u" });
        let mut input = new_user(&account);
        input["name"] = json!(names[number % names.len()]);
        if number % 4 == 1 {
            input.as_object_mut().unwrap().remove("generatePassword");
            input["password"] = json!(PASSWORD);
        }
        create(&root, input).await.ok();
        if number % 8 == 1 {
            Actor::log_in(world, &account, PASSWORD).await;
        }
    }
    root
}

/// Page sizes that look random and are the same in each run.
fn sizes(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        1 + (seed >> 33) % 7
    }
}

async fn users_are_ordered_and_paged_without_gaps(world: World) {
    let root = crowd(&world).await;
    let newest_first = root.ask_with(LISTED, json!({ "first": 100 })).await.ok();
    let mut seed = 0;
    for field in ["CREATED_AT", "NAME", "ACCOUNT", "LAST_LOGIN_AT"] {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "field": field, "direction": direction });
            let whole = root
                .ask_with(LISTED, json!({ "first": 100, "order": order }))
                .await
                .ok();
            let nodes = whole.at("users.nodes").as_array().unwrap().clone();
            assert_eq!(nodes.len(), 30);
            assert_eq!(*whole.at("users.totalCount"), 30);
            let key = |node: &Value| {
                let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
                let key = match field {
                    "CREATED_AT" => text("createdAt"),
                    "NAME" => text("name").to_lowercase(),
                    "ACCOUNT" => text("account").to_lowercase(),
                    _ => text("lastLoginAt"),
                };
                (key, text("id"))
            };
            let mut sorted = nodes.clone();
            sorted.sort_by_key(key);
            if direction == "DESC" {
                sorted.reverse();
            }
            assert_eq!(nodes, sorted, "{order}");
            if (field, direction) == ("CREATED_AT", "DESC") {
                assert_eq!(newest_first.raw, whole.raw);
            }
            for backwards in [false, true] {
                seed += 1;
                let paged = page_through(&root, &order, backwards, sizes(seed)).await;
                assert_eq!(paged, nodes, "{order}, backwards: {backwards}");
            }
        }
    }
    // Without a size a page has 20.
    let page = root.ask_with(LISTED, json!({})).await.ok();
    assert_eq!(page.at("users.nodes").as_array().unwrap().len(), 20);
    let none = root.ask_with(LISTED, json!({ "first": 0 })).await.ok();
    assert_eq!(
        *none.at("users.pageInfo"),
        json!({ "hasNextPage": true, "hasPreviousPage": false, "startCursor": null, "endCursor": null })
    );
    // Between two cursors.
    let whole = root.ask_with(LISTED, json!({ "first": 100 })).await.ok();
    let cursors = whole.texts("users.edges.*.cursor");
    let between = json!({ "first": 100, "after": cursors[4], "before": cursors[9] });
    let page = root.ask_with(LISTED, between).await.ok();
    assert_eq!(page.texts("users.edges.*.cursor"), cursors[5..9]);
    assert_eq!(page.at("users.pageInfo.hasPreviousPage"), true);
    assert_eq!(*page.at("users.totalCount"), 30);
}

/// All users of a list, page by page.
async fn page_through(
    root: &Actor,
    order: &Value,
    backwards: bool,
    mut size: impl FnMut() -> u64,
) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut cursor = Value::Null;
    for turn in 0..31 {
        let asked = size();
        let arguments = if backwards {
            json!({ "last": asked, "before": cursor, "order": order })
        } else {
            json!({ "first": asked, "after": cursor, "order": order })
        };
        let page = root.ask_with(LISTED, arguments).await.ok();
        let nodes = page.at("users.nodes").as_array().unwrap().clone();
        let cursors = page.texts("users.edges.*.cursor");
        let info = page.at("users.pageInfo");
        assert_eq!(*page.at("users.totalCount"), 30);
        assert_eq!(info["startCursor"], json!(cursors.first()));
        assert_eq!(info["endCursor"], json!(cursors.last()));
        let (ahead, behind) = if backwards {
            ("hasPreviousPage", "hasNextPage")
        } else {
            ("hasNextPage", "hasPreviousPage")
        };
        assert_eq!(info[behind], turn > 0);
        let (edge, more) = if backwards {
            found.splice(0..0, nodes.clone());
            (cursors.first(), &info[ahead])
        } else {
            found.extend(nodes.clone());
            (cursors.last(), &info[ahead])
        };
        assert_eq!(*more, found.len() < 30, "{} found", found.len());
        if *more == false {
            return found;
        }
        assert_eq!(nodes.len(), usize::try_from(asked).unwrap());
        cursor = json!(edge);
    }
    panic!("the pages do not end");
}

async fn a_page_goes_on_where_its_last_user_was_deleted(world: World) {
    let root = world.super_admin().await;
    for account in ["aaa", "bbb", "ccc", "ddd"] {
        create(&root, new_user(account)).await.ok();
    }
    let order = json!({ "field": "ACCOUNT", "direction": "ASC" });
    let page = root
        .ask_with(LISTED, json!({ "first": 2, "order": order }))
        .await
        .ok();
    does(&root, "deleteUser", &page.text("users.nodes.1.id"))
        .await
        .ok();
    create(&root, new_user("aab")).await.ok();
    let after = page.at("users.pageInfo.endCursor");
    let page = root
        .ask_with(LISTED, json!({ "first": 2, "after": after, "order": order }))
        .await
        .ok();
    assert_eq!(page.texts("users.nodes.*.account"), ["ccc", "ddd"]);
}

async fn a_bad_page_is_the_clients_mistake(world: World) {
    let root = world.super_admin().await;
    world.member("mia").await;
    let by_name = json!({ "field": "NAME", "direction": "ASC" });
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let forged = |key: Value| URL_SAFE_NO_PAD.encode(json!([key, id]).to_string());
    let page = root
        .ask_with(LISTED, json!({ "first": 1, "order": by_name }))
        .await
        .ok();
    let of_names = page.text("users.pageInfo.endCursor");
    let page = root.ask_with(LISTED, json!({ "first": 1 })).await.ok();
    let of_times = page.text("users.pageInfo.endCursor");
    for arguments in [
        json!({ "first": 1, "last": 1 }),
        json!({ "first": -1 }),
        json!({ "last": -1 }),
        json!({ "first": 101 }),
        json!({ "last": 101 }),
        json!({ "first": 2_147_483_647 }),
        json!({ "after": "" }),
        json!({ "after": "nonsense" }),
        json!({ "before": "bm9uc2Vuc2U" }),
        json!({ "after": "米" }),
        json!({ "after": "x".repeat(5000) }),
        json!({ "after": of_names }),
        json!({ "last": 1, "before": of_times, "order": by_name }),
        json!({ "after": format!("{of_times}=") }),
        json!({ "after": URL_SAFE_NO_PAD.encode(json!([1.5, id]).to_string()) }),
        json!({ "after": URL_SAFE_NO_PAD.encode(json!([1, "no id"]).to_string()) }),
        // Times and texts that a database cannot hold.
        json!({ "after": forged(json!(i64::MAX)) }),
        json!({ "after": forged(json!(i64::MIN)) }),
        json!({ "after": forged(json!(-300_000_000_000_000_000_i64)) }),
        json!({ "after": forged(json!("a\u{0}b")), "order": by_name }),
    ] {
        let answer = root.ask_with(LISTED, arguments.clone()).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{arguments}: {}", answer.body);
        assert!(answer.body["data"]["users"].is_null());
    }
    // A page of what hangs on each user is held to the same.
    for arguments in [
        "first: 1, last: 1",
        "first: 101",
        "last: -1",
        "after: \"nonsense\"",
    ] {
        let document = format!(
            "{{ users(first: 1) {{ nodes {{ id memberships({arguments}) {{ nodes {{ id }} }} }} }} }}"
        );
        let answer = root.ask(&document).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{arguments}: {}", answer.body);
    }
    // A time that lies outside of all that is stored is no mistake.
    let page = json!({ "after": forged(json!(0)), "order": { "field": "CREATED_AT", "direction": "ASC" } });
    let page = root.ask_with(LISTED, page).await.ok();
    assert_eq!(page.texts("users.nodes.*.account"), ["root", "mia"]);
}

#[allow(clippy::too_many_lines)] // A table of selections.
async fn memberships_of_a_list_are_those_of_each_user(world: World) {
    let root = world.super_admin().await;
    let blue = world.superapp_team("Blue").await;
    let green = world.mini_program_team("Green", &blue).await;
    let red = world.superapp_team("Red").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    green.add(&mia, "Reviewer").await;
    red.add(&mia, "Administrator").await;
    let nia = red.with(&world, "nia", "Operator").await;
    blue.add(&nia, "Member manager").await;
    world.member("lia").await;
    let of_mia = format!(
        "{{ user(id: \"{}\") {{ memberships(first: 1) {{ pageInfo {{ endCursor }} }} }} }}",
        mia.id
    );
    let cursor = root
        .ask(&of_mia)
        .await
        .ok()
        .text("user.memberships.pageInfo.endCursor");
    let all = root
        .ask("{ users(orderBy: { field: ACCOUNT, direction: ASC }) { nodes { id } } }")
        .await
        .ok();
    let ids = all.texts("users.nodes.*.id");
    assert_eq!(ids.len(), 7);
    let page = "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { id } }
        nodes { id joinedAt user { account email } team { name admins { account } memberCount } role { name permissions } } }";
    let slim = "{ pageInfo { hasNextPage hasPreviousPage } nodes { team { name } role { name } } }";
    let selections = [
        format!("memberships {page}"),
        format!("memberships {slim}"),
        format!("memberships(first: 1) {slim}"),
        format!("memberships(last: 2) {slim}"),
        format!("memberships(first: 0) {slim}"),
        format!("memberships(first: null, last: 1) {slim}"),
        format!("memberships(first: 2, after: \"{cursor}\") {slim}"),
        format!("memberships(last: 5, before: \"{cursor}\") {slim}"),
        format!("mine: memberships(first: 2) {slim}"),
        format!("one: memberships(first: 1) {slim} two: memberships(first: 2) {slim}"),
        format!("one: memberships(first: 2) {slim} two: memberships(first: 2) {{ nodes {{ id }} }}"),
        format!("one: memberships(first: 1) {slim} last: memberships(last: 1) {page}"),
        format!("memberships(first: $size) {slim}"),
        format!("memberships(first: $nothing) {slim}"),
        format!("memberships(first: $preset) {slim}"),
        format!("memberships(last: $size, before: $nowhere) {page}"),
        "...Seats".to_owned(),
        format!("...Seats memberships(first: 2) {slim}"),
        format!("... on User {{ memberships(first: 1) {slim} }} ... on Node {{ id }}"),
        format!("memberships(first: 1) {slim} memberships(first: 1) {{ totalCount nodes {{ id }} }}"),
        format!(
            "one: memberships(first: 1) @skip(if: $yes) {slim} two: memberships(first: 2) @include(if: $yes) {slim}"
        ),
        format!("memberships(first: 1) @include(if: $no) {slim} name"),
        format!("...Seats @skip(if: $yes) other: memberships(last: 1) @skip(if: $no) {slim}"),
        "memberships(first: 2) { nodes @include(if: $no) { id } edges @skip(if: $no) { node { role { name } } } }"
            .to_owned(),
    ];
    let variables =
        "$size: Int, $nothing: Int, $preset: Int = 2, $nowhere: String, $yes: Boolean!, $no: Boolean!";
    let fragment = format!("fragment Seats on User {{ seats: memberships(last: 2) {slim} }}");
    for selection in selections {
        let values = json!({ "size": 2, "nowhere": null, "yes": true, "no": false });
        // Variables and fragments that a selection leaves unused are no valid document.
        let rest = "unused: users(first: $size, after: $nowhere, before: $nowhere) @include(if: $no) { nodes { ...Seats } }
            third: users(first: $nothing) @skip(if: $yes) { totalCount }
            fourth: users(first: $preset) @skip(if: $yes) { totalCount }";
        let ask = async |field: &str| {
            let document = format!("query({variables}) {{ {field} {rest} }} {fragment}");
            root.ask_with(&document, values.clone()).await.ok()
        };
        let alone: Vec<String> = ids
            .iter()
            .enumerate()
            .map(|(place, id)| format!("u{place}: user(id: \"{id}\") {{ id {selection} }}"))
            .collect();
        let alone = ask(&alone.join(" ")).await;
        let alone: Vec<&Value> = (0..ids.len())
            .map(|place| alone.at(&format!("u{place}")))
            .collect();
        let in_order = "orderBy: { field: ACCOUNT, direction: ASC }";
        let more = format!("edges {{ node {{ id memberships(first: 1) {slim} }} }}");
        for (field, path) in [
            (
                format!("users(first: 50, {in_order}) {{ nodes {{ id {selection} }} }}"),
                "users.nodes",
            ),
            (
                format!("users(last: 50, {in_order}) {{ edges {{ node {{ id {selection} }} }} }}"),
                "users.edges",
            ),
            (
                format!("users({in_order}) {{ nodes {{ id {selection} }} {more} }}"),
                "users.nodes",
            ),
        ] {
            let list = ask(&field).await;
            let users = list.at(path).as_array().unwrap().iter();
            let users: Vec<&Value> = users.map(|user| user.get("node").unwrap_or(user)).collect();
            assert_eq!(users, alone, "{selection}");
        }
    }
}

async fn who_is_out_of_sight_is_not_there(world: World) {
    let root = world.super_admin().await;
    let pat = world.platform_admin("pat").await;
    let blue = world.superapp_team("Blue").await;
    let green = world.mini_program_team("Green", &blue).await;
    let red = world.superapp_team("Red").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let gus = green.with(&world, "gus", "Developer").await;
    let lia = world.member("lia").await;
    let everybody = [
        &root,
        &pat,
        &blue.admin,
        &green.admin,
        &red.admin,
        &mia,
        &gus,
        &lia,
    ];
    let sees = async |who: &Actor| {
        let mut seen = Vec::new();
        for other in everybody {
            let document = format!(
                "{{ user(id: \"{0}\") {{ account }} node(id: \"{0}\") {{ ... on User {{ account }} }} nodes(ids: [\"{0}\"]) {{ ... on User {{ account }} }} }}",
                other.id
            );
            let data = &who.ask(&document).await.ok().body["data"];
            assert_eq!(data["user"], data["node"]);
            assert_eq!(data["user"], data["nodes"][0]);
            if data["user"].is_object() {
                assert_eq!(data["user"]["account"], other.account);
                seen.push(other.account.as_str());
            }
        }
        seen
    };
    let all = [
        "root",
        "pat",
        "Blue-admin",
        "Green-admin",
        "Red-admin",
        "mia",
        "gus",
        "lia",
    ];
    assert_eq!(sees(&root).await, all);
    assert_eq!(sees(&pat).await, all);
    assert_eq!(sees(&world.nobody()).await, [""; 0]);
    assert_eq!(sees(&lia).await, ["lia"]);
    assert_eq!(sees(&mia).await, ["Blue-admin", "mia"]);
    assert_eq!(sees(&gus).await, ["Green-admin", "gus"]);
    assert_eq!(sees(&green.admin).await, ["Green-admin", "gus"]);
    // A superapp team's admins see the admins of the teams that are bound to it, and no more of these.
    assert_eq!(sees(&blue.admin).await, ["Blue-admin", "Green-admin", "mia"]);
    assert_eq!(sees(&red.admin).await, ["Red-admin"]);
    // Who is seen shows name, account and type; the rest is between them and the staff.
    let fields = [
        "status",
        "email",
        "proposedEmail",
        "locale",
        "mustChangePassword",
        "lastLoginAt",
        "memberships { totalCount }",
    ];
    for field in fields {
        let document = format!("{{ user(id: \"{}\") {{ name {field} }} }}", blue.admin.id);
        let answer = mia.ask(&document).await.refused("FORBIDDEN");
        assert_eq!(answer.text("user.name"), "Blue-admin");
        let name = field.split(' ').next().unwrap();
        assert!(answer.body["data"]["user"][name].is_null());
        assert_eq!(
            answer.body["errors"][0]["extensions"]["requires"],
            json!(["SELF", "SUPER_ADMIN", "PLATFORM_ADMIN"])
        );
        blue.admin.ask(&document).await.ok();
        pat.ask(&document).await.ok();
    }
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    world
        .nobody()
        .ask("{ users { totalCount } }")
        .await
        .refused("UNAUTHENTICATED");
}

async fn nodes_come_in_the_order_of_their_ids(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let root = world.super_admin().await;
    let membership = blue.membership_of(&mia).await;
    let (head, tail) = mia.id.split_at(6);
    let ids = json!([
        mia.id,
        blue.id,
        "nonsense",
        mia.id,
        root.id,
        blue.role("Developer"),
        membership,
        "",
        format!("user_{}", &blue.id[5..]),
        mia.id.to_uppercase(),
        format!("{head}{tail}0"),
        "user_",
        "x".repeat(10_000),
        "user_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "米_01h455vb4pex5vsknk084sn02q",
        "\u{0}",
    ]);
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let answer = mia.ask_with(document, json!({ "ids": ids })).await.ok();
    let kinds = answer.texts("nodes.*.__typename");
    assert_eq!(
        kinds[..7],
        ["User", "Team", "null", "User", "null", "Role", "Membership"]
    );
    assert!(kinds[7..].iter().all(|kind| kind == "null"), "{kinds:?}");
    assert_eq!(answer.text("nodes.0.id"), mia.id);
    assert_eq!(answer.text("nodes.6.id"), membership);
    // Of a field that asks for one kind, an id of another is none.
    for id in [&blue.id, &membership, "nonsense", ""] {
        let document = "query($id: ID!) { user(id: $id) { id } }";
        let answer = root.ask_with(document, json!({ "id": id })).await.ok();
        assert!(answer.at("user").is_null());
    }
    let most = vec![&mia.id; 100];
    let answer = mia.ask_with(document, json!({ "ids": most })).await.ok();
    assert_eq!(answer.at("nodes").as_array().unwrap().len(), 100);
    let many = vec![&mia.id; 101];
    let answer = mia.ask_with(document, json!({ "ids": many })).await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"]);
    let none = mia.ask_with(document, json!({ "ids": [] })).await.ok();
    assert_eq!(*none.at("nodes"), json!([]));
}
