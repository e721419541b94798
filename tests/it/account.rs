//! What people do to their own account.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_profile_is_changed_by_its_owner,
    a_changed_profile_is_answered_as_it_is,
    nobody_changes_a_profile_without_signing_in,
    a_new_password_ends_all_other_sessions,
    the_last_five_passwords_are_refused,
    a_new_password_has_to_meet_the_policy,
    wrong_current_passwords_count_for_the_session,
    a_proposed_email_is_nothing_until_its_owner_binds_it,
    a_proposed_email_is_told_of_its_account_once,
    a_proposed_email_can_be_bound_with_a_code_asked_for_anew,
    binding_another_email_frees_the_old_one_and_tells_both,
    an_email_is_bound_only_with_the_code_and_the_password,
    an_email_of_somebody_else_is_not_bound,
    an_email_is_unbound_by_its_owner_unless_they_registered_with_one,
);

/// The password of [`World::member`], who had to change the first one.
fn password() -> String {
    format!("{PASSWORD}2")
}

async fn change(who: &Actor, current: &str, new: &str) -> Answer {
    let input = json!({ "currentPassword": current, "newPassword": new, "newPasswordConfirmation": new });
    who.mutate("changePassword", input, "").await
}

async fn bind(who: &Actor, email: &str, code: &str, password: &str) -> Answer {
    let input = json!({ "email": email, "verificationCode": code, "password": password });
    who.mutate("bindEmail", input, "user { email proposedEmail }")
        .await
}

async fn code_to_bind(world: &World, who: &Actor, email: &str) -> String {
    let input = json!({ "email": email, "purpose": "BIND_EMAIL" });
    who.mutate("sendVerificationCode", input, "").await.ok();
    world.mail.to(email).await.code(6)
}

async fn log_in(world: &World, login: &str, password: &str) -> Answer {
    let input = json!({ "login": login, "password": password });
    world
        .nobody()
        .mutate(
            "login",
            input,
            "step user { account } tokens { accessToken refreshToken }",
        )
        .await
}

async fn a_profile_is_changed_by_its_owner(world: World) {
    let mia = world.member("mia").await;
    let change = async |input: Value| {
        mia.mutate("updateProfile", input, "user { name locale account }")
            .await
            .ok()
    };
    let answer = change(json!({ "name": "米娅娅", "locale": "ZH_CN" })).await;
    assert_eq!(
        *answer.at("updateProfile.user"),
        json!({ "name": "米娅娅", "locale": "ZH_CN", "account": "mia" })
    );
    // What is left out stays, and so does what is null.
    change(json!({})).await;
    change(json!({ "name": null, "locale": null })).await;
    change(json!({ "locale": "EN" })).await;
    let answer = change(json!({ "name": "Mia2" })).await;
    assert_eq!(
        *answer.at("updateProfile.user"),
        json!({ "name": "Mia2", "locale": "EN", "account": "mia" })
    );
    let viewer = mia.ask("{ viewer { user { name locale } } }").await.ok();
    assert_eq!(
        *viewer.at("viewer.user"),
        json!({ "name": "Mia2", "locale": "EN" })
    );
    // Names are not unique.
    let nia = world.member("nia").await;
    nia.mutate("updateProfile", json!({ "name": "Mia2" }), "")
        .await
        .ok();
    // A bad name changes nothing, the language neither.
    let bad = json!({ "name": "M", "locale": "ZH_CN" });
    mia.mutate("updateProfile", bad, "user { id }")
        .await
        .failed(&["TOO_SHORT name"]);
    let viewer = mia.ask("{ viewer { user { name locale } } }").await.ok();
    assert_eq!(
        *viewer.at("viewer.user"),
        json!({ "name": "Mia2", "locale": "EN" })
    );
    assert_eq!(world.letters().await, 0);
}

/// It is not read once more: PostgreSQL is asked who it is, with the row as it was, and then writes all in one statement.
async fn a_changed_profile_is_answered_as_it_is(world: World) {
    let mia = world.registered("mia", None).await;
    let nia = world.member("nia").await;
    let root = world.super_admin().await;
    let pat = world.platform_admin("pat").await;
    let blue = world.superapp_team("Blue").await;
    blue.add(&mia, "Developer").await;
    world.superapp_team("Green").await.add(&mia, "Operator").await;
    let fields = "id name account accountType status email proposedEmail locale mustChangePassword lastLoginAt createdAt";
    for (who, name) in [
        (&mia, "米娅娅"),
        (&nia, "Nia2"),
        (&pat, "Pat2"),
        (&root, "Root2"),
        (&root, "Root3"),
    ] {
        let input = json!({ "name": name, "locale": "ZH_CN" });
        let selection = format!("user {{ {fields} }}");
        let asked = who.mutate("updateProfile", input, &selection);
        let (answer, mut statements) = world.statements_behind(asked).await;
        let answer = answer.ok();
        // The letter about the registration may be on its way.
        statements.retain(|sql| !sql.contains("\"letter\""));
        let read = who
            .ask(&format!("{{ viewer {{ user {{ {fields} }} }} }}"))
            .await
            .ok();
        assert_eq!(answer.at("updateProfile.user"), read.at("viewer.user"));
        assert_eq!(read.text("viewer.user.name"), name);
        if world.store == Store::Postgres {
            assert_eq!(statements.len(), 2, "{statements:#?}");
        }
    }
    // The second change of a request is one of what the first has left.
    let twice = "mutation {
        first: updateProfile(input: { name: \"MiaOne\" }) { user { name locale } }
        second: updateProfile(input: { locale: EN }) { user { name locale } }
    }";
    let answer = mia.ask(twice).await.ok();
    assert_eq!(
        *answer.at("second.user"),
        json!({ "name": "MiaOne", "locale": "EN" })
    );
}

async fn nobody_changes_a_profile_without_signing_in(world: World) {
    let before = world.rows_everywhere().await;
    let nobody = world.nobody();
    nobody
        .mutate("updateProfile", json!({ "name": "Mia2" }), "")
        .await
        .refused("UNAUTHENTICATED");
    change(&nobody, PASSWORD, "Red-Whale-42")
        .await
        .refused("UNAUTHENTICATED");
    bind(&nobody, "mia@example.com", "123456", PASSWORD)
        .await
        .refused("UNAUTHENTICATED");
    assert_eq!(world.rows_everywhere().await, before);
}

async fn a_new_password_ends_all_other_sessions(world: World) {
    let mia = world.registered("mia", None).await;
    let phone = Actor::log_in(&world, "mia", PASSWORD).await;
    change(&mia, PASSWORD, "Red-Whale-42").await.ok();
    assert!(mia.is_signed_in().await);
    assert!(!phone.is_signed_in().await);
    let refresh = json!({ "refreshToken": phone.refresh_token });
    let nobody = world.nobody();
    nobody
        .mutate("refreshSession", refresh, "")
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    // The one that changed it goes on, also past its access token.
    let refresh = json!({ "refreshToken": mia.refresh_token });
    nobody.mutate("refreshSession", refresh, "").await.ok();
    log_in(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    assert_eq!(
        log_in(&world, "mia", "Red-Whale-42")
            .await
            .ok()
            .text("login.step"),
        "DONE"
    );
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Your password was changed");
    assert!(!letter.text.contains("Whale"));
    // What is wrong changes nothing, ends nothing and is not written about.
    let before = world.rows_everywhere().await;
    change(&mia, "Wrong-Whale-42", "Green-Whale-42")
        .await
        .failed(&["INCORRECT_PASSWORD currentPassword"]);
    change(&mia, "", "Green-Whale-42")
        .await
        .failed(&["INCORRECT_PASSWORD currentPassword"]);
    let input = json!({
        "currentPassword": "Red-Whale-42", "newPassword": "Green-Whale-42",
        "newPasswordConfirmation": "Green-Whale-43",
    });
    mia.mutate("changePassword", input, "")
        .await
        .failed(&["MISMATCH newPasswordConfirmation"]);
    assert_eq!(world.rows_everywhere().await, before);
    log_in(&world, "mia", "Red-Whale-42").await.ok();
}

async fn the_last_five_passwords_are_refused(world: World) {
    let mia = world.registered("mia", None).await;
    let passwords: Vec<String> = (0..6).map(|number| format!("Whale-{number}-Blue")).collect();
    let mut current = PASSWORD.to_owned();
    for (place, next) in passwords.iter().enumerate() {
        for used in passwords[..place].iter().rev().take(5) {
            change(&mia, &current, used)
                .await
                .failed(&["PASSWORD_REUSED newPassword"]);
        }
        change(&mia, &current, next).await.ok();
        current.clone_from(next);
    }
    // One that lies further back is free again; nothing older than needed is kept.
    let history = "SELECT COUNT(*) AS n FROM password_history";
    assert!(world.count(history).await <= 5);
    let before = world.rows_everywhere().await;
    for used in passwords[1..].iter().rev() {
        change(&mia, &current, used)
            .await
            .failed(&["PASSWORD_REUSED newPassword"]);
    }
    // The same password in another normal form is the same.
    assert_eq!(world.rows_everywhere().await, before);
    change(&mia, &current, PASSWORD).await.ok();
}

async fn a_new_password_has_to_meet_the_policy(world: World) {
    let mia = world.registered("mia", None).await;
    let before = world.rows_everywhere().await;
    for (bad, error) in [
        ("", "REQUIRED newPassword"),
        ("Ab1-xyz", "TOO_SHORT newPassword"),
        (&"Ab1-".repeat(33), "TOO_LONG newPassword"),
        (&"Ab1-".repeat(5000), "TOO_LONG newPassword"),
        ("blue-whale-sings", "PASSWORD_TOO_WEAK newPassword"),
        ("Blue-MIA-42", "PASSWORD_TOO_WEAK newPassword"),
        ("P@ssw0rd", "PASSWORD_TOO_WEAK newPassword"),
    ] {
        change(&mia, PASSWORD, bad).await.failed(&[error]);
    }
    assert_eq!(world.rows_everywhere().await, before);
    // The longest and a Chinese one do; typed in another normal form it is the same password.
    change(&mia, PASSWORD, &"Ab1-".repeat(32)).await.ok();
    change(&mia, &"Ab1-".repeat(32), "Cafe\u{301}-蓝鲸-42").await.ok();
    change(&mia, "Café-蓝鲸-42", "Café-蓝鲸-42")
        .await
        .failed(&["PASSWORD_REUSED newPassword"]);
    log_in(&world, "mia", "Café-蓝鲸-42").await.ok();
}

async fn wrong_current_passwords_count_for_the_session(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let code = code_to_bind(&world, &mia, "new@example.com").await;
    for _ in 0..2 {
        change(&mia, "Wrong-Whale-42", "Red-Whale-42")
            .await
            .failed(&["INCORRECT_PASSWORD currentPassword"]);
        bind(&mia, "new@example.com", &code, "Wrong-Whale-42")
            .await
            .failed(&["INCORRECT_PASSWORD password"]);
    }
    change(&mia, "Wrong-Whale-42", "Red-Whale-42")
        .await
        .failed(&["INCORRECT_PASSWORD currentPassword"]);
    let before = world.rows_everywhere().await;
    // The right password helps no more than a wrong one, and does not show by another answer.
    for current in [PASSWORD, "Wrong-Whale-42"] {
        let answer = change(&mia, current, "Red-Whale-42")
            .await
            .refused("RATE_LIMITED");
        let seconds = answer.body["errors"][0]["extensions"]["retryAfter"]
            .as_u64()
            .unwrap();
        assert!((1..=900).contains(&seconds), "{seconds}");
    }
    assert_eq!(world.rows_everywhere().await, before);
    // Who is signed in goes on meanwhile, and whoever has found the session keeps nobody out of the account.
    assert!(mia.is_signed_in().await);
    let status = format!("{{ user(id: \"{}\") {{ status }} }}", mia.id);
    assert_eq!(root.ask(&status).await.text("user.status"), "ACTIVE");
    let elsewhere = Actor::log_in(&world, "mia", PASSWORD).await;
    change(&elsewhere, PASSWORD, "Red-Whale-42").await.ok();
}

async fn a_proposed_email_is_nothing_until_its_owner_binds_it(world: World) {
    let root = world.super_admin().await;
    let input = json!({
        "name": "mia", "account": "mia", "accountType": "MEMBER", "password": PASSWORD,
        "email": "Mia@example.com",
    });
    let made = root
        .mutate("createUser", input, "user { id email proposedEmail }")
        .await
        .ok();
    assert!(made.at("createUser.user.email").is_null());
    assert_eq!(made.text("createUser.user.proposedEmail"), "Mia@example.com");
    let letter = world.mail.to("Mia@example.com").await;
    assert_eq!(letter.subject, "An account was made for you");
    assert!(letter.text.contains("\nAccount: mia\n"), "{}", letter.text);
    let code = letter.code(6);
    let mia = Actor::log_in(&world, "mia", PASSWORD).await;
    // It does not log in, and reserves nothing: somebody else may take it as an account.
    log_in(&world, "mia@example.com", &password())
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let nia = world.member("nia").await;
    let update = json!({ "userId": nia.id, "email": "mia@example.com" });
    let proposed = root
        .mutate("updateUser", update, "user { email proposedEmail }")
        .await
        .ok();
    assert_eq!(
        *proposed.at("updateUser.user"),
        json!({ "email": null, "proposedEmail": "mia@example.com" })
    );
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Confirm your address");
    let nias = letter.code(6);
    // Nor is a letter about the account sent there.
    let letters = world.letters().await;
    change(&mia, &password(), "Red-Whale-42").await.ok();
    assert_eq!(world.letters().await, letters);
    // The first who binds it has it; the code of the letter is enough, and each has their own.
    bind(&nia, "mia@example.com", &code, &password())
        .await
        .failed(&["INVALID_CODE verificationCode"]);
    let bound = bind(&mia, "mia@example.com", &code, "Red-Whale-42").await.ok();
    assert_eq!(
        *bound.at("bindEmail.user"),
        json!({ "email": "mia@example.com", "proposedEmail": null })
    );
    let before = world.rows_everywhere().await;
    bind(&nia, "mia@example.com", &nias, &password())
        .await
        .failed(&["TAKEN email"]);
    assert_eq!(world.rows_everywhere().await, before);
    let answer = log_in(&world, "MIA@example.com", "Red-Whale-42").await.ok();
    assert_eq!(answer.text("login.user.account"), "mia");
}

async fn a_proposed_email_is_told_of_its_account_once(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let update = json!({ "userId": mia.id, "email": "mia@example.com" });
    root.mutate("updateUser", update, "").await.ok();
    let code = world.mail.to("mia@example.com").await.code(6);
    let letters = world.letters().await;
    // Of two admins one is new: only theirs is an account that was made.
    let newcomer = json!({
        "name": "nia", "account": "nia", "email": "nia@example.com", "generatePassword": true,
    });
    let input = json!({ "name": "Green", "type": "SUPERAPP", "adminIds": [mia.id], "newAdmin": newcomer });
    root.mutate("createTeam", input, "").await.ok();
    let letter = world.mail.to("nia@example.com").await;
    assert_eq!(letter.subject, "An account was made for you");
    assert_eq!(world.letters().await, letters + 1);
    bind(&mia, "mia@example.com", &code, &password()).await.ok();
}

async fn a_proposed_email_can_be_bound_with_a_code_asked_for_anew(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let update = json!({ "userId": mia.id, "email": "new@example.com" });
    root.mutate("updateUser", update, "").await.ok();
    let old = world.mail.to("new@example.com").await.code(6);
    world.pass(TimeDelta::minutes(10) + TimeDelta::seconds(1));
    bind(&mia, "new@example.com", &old, PASSWORD)
        .await
        .failed(&["CODE_EXPIRED verificationCode"]);
    // The bound one goes on until then.
    log_in(&world, "mia@example.com", PASSWORD).await.ok();
    let code = code_to_bind(&world, &mia, "new@example.com").await;
    // Binding another address than the proposed one leaves the proposal as it is.
    let other = code_to_bind(&world, &mia, "other@example.com").await;
    let bound = bind(&mia, "other@example.com", &other, PASSWORD).await.ok();
    assert_eq!(
        *bound.at("bindEmail.user"),
        json!({ "email": "other@example.com", "proposedEmail": "new@example.com" })
    );
    let bound = bind(&mia, "new@example.com", &code, PASSWORD).await.ok();
    assert_eq!(
        *bound.at("bindEmail.user"),
        json!({ "email": "new@example.com", "proposedEmail": null })
    );
}

async fn binding_another_email_frees_the_old_one_and_tells_both(world: World) {
    let mia = world.registered("mia", None).await;
    let code = code_to_bind(&world, &mia, "new@example.com").await;
    bind(&mia, "new@example.com", &code, PASSWORD).await.ok();
    for (address, subject, fact) in [
        (
            "new@example.com",
            "An address was bound to your account",
            "Bound address",
        ),
        (
            "mia@example.com",
            "Your address was replaced by another",
            "New address",
        ),
    ] {
        let letter = world.mail.to(address).await;
        assert_eq!(letter.subject, subject);
        assert_eq!(letter.fact(fact), "new@example.com");
        assert_eq!(letter.fact("Account"), "mia");
    }
    log_in(&world, "new@example.com", PASSWORD).await.ok();
    log_in(&world, "mia", PASSWORD).await.ok();
    log_in(&world, "mia@example.com", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // The old one is free for anyone, as an email and as an account.
    let root = world.super_admin().await;
    let input =
        json!({ "name": "nia", "account": "mia@example.com", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "").await.ok();
    // Another spelling of the bound address is the same, and bound already.
    world.pass(TimeDelta::seconds(61));
    let code = code_to_bind(&world, &mia, "NEW@example.com").await;
    let before = world.rows_everywhere().await;
    bind(&mia, "NEW@example.com", &code, PASSWORD)
        .await
        .failed(&["ALREADY_BOUND email"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn an_email_is_bound_only_with_the_code_and_the_password(world: World) {
    let mia = world.registered("mia", None).await;
    let code = code_to_bind(&world, &mia, "new@example.com").await;
    let before = world.rows_everywhere().await;
    bind(&mia, "new@example.com", &code, "Wrong-Whale-42")
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    let number: u32 = code.parse().unwrap();
    let wrong = format!("{:06}", (number + 1) % 1_000_000);
    for wrong in [wrong.as_str(), "", "code"] {
        bind(&mia, "new@example.com", wrong, PASSWORD)
            .await
            .failed(&["INVALID_CODE verificationCode"]);
    }
    bind(&mia, "other@example.com", &code, PASSWORD)
        .await
        .failed(&["INVALID_CODE verificationCode"]);
    bind(&mia, "no address", &code, PASSWORD)
        .await
        .failed(&["INVALID email"]);
    assert_eq!(world.rows_everywhere().await, before);
    // The code works once.
    bind(&mia, "new@example.com", &code, PASSWORD).await.ok();
    bind(&mia, "new@example.com", &code, PASSWORD)
        .await
        .failed(&["INVALID_CODE verificationCode"]);
}

async fn an_email_of_somebody_else_is_not_bound(world: World) {
    world.registered("mia", None).await;
    let nia = world.registered("nia", None).await;
    // The code for a free address, which somebody takes as their account before it is used.
    let code = code_to_bind(&world, &nia, "new@example.com").await;
    let root = world.super_admin().await;
    let input =
        json!({ "name": "lia", "account": "New@Example.com", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "").await.ok();
    let before = world.rows_everywhere().await;
    bind(&nia, "new@example.com", &code, PASSWORD)
        .await
        .failed(&["TAKEN email"]);
    // Staff can propose an address that is somebody's; its owner alone reads the code, and it is not bound.
    let letters = before.last().unwrap().1;
    let update = json!({ "userId": nia.id, "email": "mia@example.com" });
    root.mutate("updateUser", update, "").await.ok();
    assert_eq!(world.letters().await, letters + 1);
    let code = loop {
        let letter = world.mail.to("mia@example.com").await;
        if letter.subject == "Confirm your address" {
            break letter.code(6);
        }
    };
    bind(&nia, "mia@example.com", &code, PASSWORD)
        .await
        .failed(&["TAKEN email"]);
    let answer = log_in(&world, "mia@example.com", PASSWORD).await.ok();
    assert_eq!(answer.text("login.user.account"), "mia");
    log_in(&world, "nia@example.com", PASSWORD).await.ok();
}

async fn an_email_is_unbound_by_its_owner_unless_they_registered_with_one(world: World) {
    let unbind = async |who: &Actor, password: &str| {
        let input = json!({ "password": password });
        who.mutate("unbindEmail", input, "user { email }").await
    };
    let mia = world.member("mia").await;
    world
        .unchanged_by(unbind(&mia, &password()))
        .await
        .failed(&["NOT_BOUND"]);
    let code = code_to_bind(&world, &mia, "mia@example.com").await;
    bind(&mia, "mia@example.com", &code, &password()).await.ok();
    world.mail.to("mia@example.com").await;
    world
        .unchanged_by(unbind(&mia, "Wrong-Whale-42"))
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    let answer = unbind(&mia, &password()).await.ok();
    assert!(answer.at("unbindEmail.user.email").is_null());
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Your address was taken from your account");
    log_in(&world, "mia@example.com", &password())
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    log_in(&world, "mia", &password()).await.ok();

    // Who registered with an address changes it and does not drop it, not even the second one; staff can take it away.
    let nia = world.registered("nia", None).await;
    world
        .unchanged_by(unbind(&nia, PASSWORD))
        .await
        .failed(&["REQUIRED"]);
    let code = code_to_bind(&world, &nia, "nia@example.org").await;
    bind(&nia, "nia@example.org", &code, PASSWORD).await.ok();
    world
        .unchanged_by(unbind(&nia, PASSWORD))
        .await
        .failed(&["REQUIRED"]);
    world
        .unchanged_by(
            world
                .nobody()
                .mutate("unbindEmail", json!({ "password": PASSWORD }), ""),
        )
        .await
        .refused("UNAUTHENTICATED");
}
