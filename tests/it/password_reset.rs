//! A new password for who has forgotten the old one.

use chrono::TimeDelta;
use futures::future::join_all;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_mailed_code_sets_a_new_password,
    an_address_of_nobody_gets_the_same_answer_and_no_letter,
    a_code_has_five_tries_and_one_use,
    a_reset_opens_a_locked_account_and_keeps_the_second_factor,
    the_new_password_is_held_against_the_policy,
    a_code_for_another_thing_is_none,
    a_disabled_user_resets_nothing,
);

const NEW: &str = "Red-Whale-43";

async fn ask(world: &World, email: &str) -> Answer {
    let input = json!({ "email": email });
    world
        .nobody()
        .mutate("requestPasswordReset", input, "resendAfter")
        .await
}

async fn reset(world: &World, email: &str, code: &str, password: &str) -> Answer {
    let input = json!({
        "email": email, "code": code, "newPassword": password, "newPasswordConfirmation": password,
    });
    world.nobody().mutate("resetPassword", input, "").await
}

async fn login(world: &World, password: &str) -> Answer {
    let input = json!({ "login": "mia", "password": password });
    world.nobody().mutate("login", input, "step").await
}

/// The code that was mailed to mia; other letters may have come before.
async fn code(world: &World) -> String {
    // A minute after the code before.
    world.pass(TimeDelta::seconds(61));
    ask(world, "MIA@example.com").await.ok();
    loop {
        let mail = world.mail.to("mia@example.com").await;
        if mail.subject.contains("Reset") {
            return mail.code(6);
        }
    }
}

async fn a_mailed_code_sets_a_new_password(world: World) {
    let mia = world.registered("mia", None).await;
    world.pass(TimeDelta::seconds(61));
    let answer = ask(&world, "Mia@Example.com").await.ok();
    assert_eq!(answer.at("requestPasswordReset.resendAfter"), 60);
    let mail = world.mail.to("mia@example.com").await;
    let code = mail.code(6);
    assert!(!mail.subject.contains(&code));
    reset(&world, "mia@example.com", &code, NEW).await.ok();
    // All sessions are over, and the old password with them.
    assert!(!mia.is_signed_in().await);
    login(&world, PASSWORD).await.failed(&["INVALID_CREDENTIALS"]);
    assert_eq!(login(&world, NEW).await.ok().text("login.step"), "DONE");
    world.mail.to("mia@example.com").await;
    reset(&world, "mia@example.com", &code, "Gold-Whale-44")
        .await
        .failed(&["INVALID_CODE code"]);
}

async fn an_address_of_nobody_gets_the_same_answer_and_no_letter(world: World) {
    world.registered("mia", None).await;
    // An account that looks like an address is none, and a proposed one is not bound.
    let root = world.super_admin().await;
    let input = json!({
        "name": "nia", "account": "nia@example.com", "accountType": "MEMBER", "password": PASSWORD,
        "email": "proposed@example.com",
    });
    root.mutate("createUser", input, "user { id }").await.ok();
    world.mail.to("proposed@example.com").await;
    world.pass(TimeDelta::seconds(61));
    let known = ask(&world, "mia@example.com").await.ok();
    for email in ["nobody@example.com", "nia@example.com", "proposed@example.com"] {
        assert_eq!(ask(&world, email).await.ok().body, known.body);
        reset(&world, email, "000000", NEW)
            .await
            .failed(&["INVALID_CODE code"]);
    }
    ask(&world, "no address").await.failed(&["INVALID email"]);
    ask(&world, "nobody@example.com").await.refused("RATE_LIMITED");
    // What comes after them in the outbox arrives, and they never do.
    world.mail.to("mia@example.com").await;
    let input = json!({ "email": "last@example.com", "purpose": "REGISTER" });
    world
        .nobody()
        .mutate("sendVerificationCode", input, "")
        .await
        .ok();
    world.mail.to("last@example.com").await;
    let to: Vec<String> = world.mail.all().into_iter().map(|mail| mail.to).collect();
    assert!(!to.contains(&"nobody@example.com".to_owned()) && !to.contains(&"nia@example.com".to_owned()));
}

async fn a_code_has_five_tries_and_one_use(world: World) {
    world.registered("mia", None).await;
    let right = code(&world).await;
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let guesses = (0..40).map(|_| reset(&world, "mia@example.com", wrong, NEW));
    let answers = join_all(guesses).await;
    let tried = answers
        .iter()
        .filter(|answer| answer.user_errors() == ["INVALID_CODE code"])
        .count();
    assert_eq!(tried, 5);
    reset(&world, "mia@example.com", &right, NEW)
        .await
        .failed(&["CODE_EXPIRED code"]);
    let right = code(&world).await;
    let uses = (0..4).map(|_| reset(&world, "mia@example.com", &right, NEW));
    let answers = join_all(uses).await;
    let done = answers
        .iter()
        .filter(|answer| answer.user_errors().is_empty() && answer.codes().is_empty())
        .count();
    assert_eq!(done, 1);
    let late = code(&world).await;
    world.pass(TimeDelta::minutes(10));
    reset(&world, "mia@example.com", &late, "Gold-Whale-44")
        .await
        .failed(&["CODE_EXPIRED code"]);
}

async fn a_reset_opens_a_locked_account_and_keeps_the_second_factor(world: World) {
    let mia = world.registered("mia", None).await;
    crate::totp::enrol(&world, &mia, PASSWORD).await;
    world.mail.to("mia@example.com").await;
    for _ in 0..5 {
        login(&world, "Wrong-Whale-42")
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    login(&world, PASSWORD).await.failed(&["INVALID_CREDENTIALS"]);
    world.mail.to("mia@example.com").await;
    let code = code(&world).await;
    reset(&world, "mia@example.com", &code, NEW).await.ok();
    assert_eq!(login(&world, NEW).await.ok().text("login.step"), "TOTP_REQUIRED");
}

async fn the_new_password_is_held_against_the_policy(world: World) {
    world.registered("mia", None).await;
    let code = code(&world).await;
    for (password, wanted) in [
        ("short", "TOO_SHORT newPassword"),
        ("P@ssw0rd", "PASSWORD_TOO_WEAK newPassword"),
        ("Blue-MIA-42", "PASSWORD_TOO_WEAK newPassword"),
        (PASSWORD, "PASSWORD_REUSED newPassword"),
    ] {
        reset(&world, "mia@example.com", &code, password)
            .await
            .failed(&[wanted]);
    }
    let input = json!({ "email": "mia@example.com", "code": code, "newPassword": NEW, "newPasswordConfirmation": "other" });
    world
        .nobody()
        .mutate("resetPassword", input, "")
        .await
        .failed(&["MISMATCH newPasswordConfirmation"]);
    reset(&world, "mia@example.com", &code, NEW).await.ok();
}

async fn a_code_for_another_thing_is_none(world: World) {
    let mia = world.registered("mia", None).await;
    let input = json!({ "email": "mia@example.com", "purpose": "BIND_EMAIL" });
    world.pass(TimeDelta::seconds(61));
    mia.mutate("sendVerificationCode", input, "").await.ok();
    let other = world.mail.to("mia@example.com").await.code(6);
    reset(&world, "mia@example.com", &other, NEW)
        .await
        .failed(&["INVALID_CODE code"]);
    let code = code(&world).await;
    let input = json!({ "email": "mia@example.com", "verificationCode": code, "password": PASSWORD });
    mia.mutate("bindEmail", input, "")
        .await
        .failed(&["INVALID_CODE verificationCode"]);
}

async fn a_disabled_user_resets_nothing(world: World) {
    let mia = world.registered("mia", None).await;
    let code = code(&world).await;
    let input = json!({ "userId": mia.id });
    world
        .super_admin()
        .await
        .mutate("disableUser", input, "user { id }")
        .await
        .ok();
    reset(&world, "mia@example.com", &code, NEW)
        .await
        .failed(&["INVALID_CODE code"]);
}
