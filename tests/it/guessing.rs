//! What guessers get: how many guesses, from where, and what that costs the owner.

use chrono::TimeDelta;
use futures::future::join_all;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    two_hundred_parallel_guesses_get_five_checks,
    a_login_that_names_nobody_is_counted_alike,
    a_known_device_goes_on_while_strangers_lock_the_account,
    a_known_device_has_no_more_tries_than_the_policy_says,
    a_device_token_is_good_for_its_user_and_its_time,
    a_session_has_tries_of_its_own,
    the_owner_hears_of_failures_and_of_new_devices,
    a_source_that_guesses_everywhere_is_slowed_down,
    staff_and_a_new_password_lift_a_lock,
    a_known_device_is_let_in_again_with_the_account,
);

const WRONG: &str = "Wrong-Whale-42";

async fn login(by: &Actor, account: &str, password: &str, device: Option<&str>) -> Answer {
    let input = json!({ "login": account, "password": password, "deviceToken": device });
    let selection = "step deviceToken failedAttempts previousLoginAt tokens { accessToken refreshToken }";
    by.mutate("login", input, selection).await
}

async fn lock(world: &World, account: &str) {
    for _ in 0..5 {
        login(&world.nobody(), account, WRONG, None)
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    login(&world.nobody(), account, PASSWORD, None)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
}

async fn two_hundred_parallel_guesses_get_five_checks(world: World) {
    world.registered("mia", None).await;
    let before = world.app.hasher.checked();
    let from_anywhere = world.nobody();
    let guesses = (0..200).map(|_| login(&from_anywhere, "mia", WRONG, None));
    for answer in join_all(guesses).await {
        // Those who find the hashing queue or the source's count full are told to come back.
        assert!(answer.user_errors() == ["INVALID_CREDENTIALS"] || answer.codes() == ["RATE_LIMITED"]);
    }
    assert_eq!(world.app.hasher.checked() - before, 5);
    let locked = "SELECT COUNT(*) AS n FROM \"user\" WHERE account = 'mia' AND locked_until IS NOT NULL";
    assert_eq!(world.count(locked).await, 1);
    let letters = || {
        let letters = world.mail.all();
        letters
            .into_iter()
            .filter(|mail| mail.subject.contains("locked"))
            .count()
    };
    world.mail.to("mia@example.com").await;
    assert_eq!(letters(), 1);
}

async fn a_login_that_names_nobody_is_counted_alike(world: World) {
    let nobody = world.nobody();
    for _ in 0..7 {
        login(&nobody, "nobody at all", WRONG, None)
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    let count = "SELECT CAST(count AS BIGINT) AS n FROM counter WHERE subject LIKE 'failures:%'";
    assert_eq!(world.count(count).await, 5);
    assert_eq!(world.tables_with("nobody at all").await, Vec::<String>::new());
}

async fn a_known_device_goes_on_while_strangers_lock_the_account(world: World) {
    let mia = world.registered("mia", None).await;
    let first = login(&mia, "mia", PASSWORD, None).await.ok();
    let device = first.text("login.deviceToken");
    lock(&world, "mia").await;
    let again = login(&world.nobody(), "MIA@example.com", PASSWORD, Some(&device))
        .await
        .ok();
    assert_eq!(again.text("login.step"), "DONE");
    assert_eq!(again.at("login.failedAttempts"), 5);
    // The lock stands for everybody else.
    login(&world.nobody(), "mia", PASSWORD, None)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // The token that it gave names the same device.
    let device = again.text("login.deviceToken");
    login(&world.nobody(), "mia", PASSWORD, Some(&device)).await.ok();
}

async fn a_known_device_has_no_more_tries_than_the_policy_says(world: World) {
    let mia = world.registered("mia", None).await;
    let device = login(&mia, "mia", PASSWORD, None)
        .await
        .ok()
        .text("login.deviceToken");
    let before = world.app.hasher.checked();
    let nobody = world.nobody();
    let guesses = (0..40).map(|_| login(&nobody, "mia", WRONG, Some(&device)));
    for answer in join_all(guesses).await {
        assert!(answer.user_errors() == ["INVALID_CREDENTIALS"] || answer.codes() == ["RATE_LIMITED"]);
    }
    assert_eq!(world.app.hasher.checked() - before, 5);
    login(&world.nobody(), "mia", PASSWORD, Some(&device))
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // Whoever has the token has locked that device, and not the account.
    login(&world.nobody(), "mia", PASSWORD, None).await.ok();
}

async fn a_device_token_is_good_for_its_user_and_its_time(world: World) {
    let (mia, nia) = (
        world.registered("mia", None).await,
        world.registered("nia", None).await,
    );
    let device = login(&mia, "mia", PASSWORD, None)
        .await
        .ok()
        .text("login.deviceToken");
    lock(&world, "nia").await;
    let nobody = world.nobody();
    for token in [device.as_str(), "nonsense", ""] {
        login(&nobody, "nia", PASSWORD, Some(token))
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    // It signs nobody in, and is no token of another kind.
    let stranger = Actor {
        token: Some(device.clone()),
        ..nia.clone()
    };
    assert!(!stranger.is_signed_in().await);
    nobody
        .mutate("refreshSession", json!({ "refreshToken": device }), "")
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    world.pass(TimeDelta::days(181));
    lock(&world, "mia").await;
    login(&nobody, "mia", PASSWORD, Some(&device))
        .await
        .failed(&["INVALID_CREDENTIALS"]);
}

async fn a_session_has_tries_of_its_own(world: World) {
    let mia = world.registered("mia", None).await;
    lock(&world, "mia").await;
    let change = async |current: &str| {
        let input = json!({ "currentPassword": current, "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43" });
        mia.mutate("changePassword", input, "").await
    };
    let before = world.app.hasher.checked();
    for _ in 0..5 {
        change(WRONG)
            .await
            .failed(&["INCORRECT_PASSWORD currentPassword"]);
    }
    change(PASSWORD).await.refused("RATE_LIMITED");
    assert_eq!(world.app.hasher.checked() - before, 5);
    world.pass(TimeDelta::minutes(14));
    change(PASSWORD).await.refused("RATE_LIMITED");
    world.pass(TimeDelta::minutes(2));
    // The access token has expired meanwhile.
    let input = json!({ "refreshToken": mia.refresh_token });
    let answer = world
        .nobody()
        .mutate("refreshSession", input, "tokens { accessToken refreshToken }")
        .await
        .ok();
    let mia = mia.with_tokens(&answer, "refreshSession.tokens");
    let input = json!({ "currentPassword": PASSWORD, "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43" });
    mia.mutate("changePassword", input, "").await.ok();
}

async fn the_owner_hears_of_failures_and_of_new_devices(world: World) {
    world.registered("mia", None).await;
    let browser = Actor {
        client: reqwest::Client::builder()
            .user_agent("A browser")
            .build()
            .unwrap(),
        ..world.nobody()
    };
    let first = login(&world.nobody(), "mia", PASSWORD, None).await.ok();
    assert!(first.at("login.previousLoginAt").is_null());
    for _ in 0..3 {
        login(&browser, "mia", WRONG, None).await;
    }
    let second = login(&world.nobody(), "mia", PASSWORD, None).await.ok();
    assert_eq!(second.at("login.failedAttempts"), 3);
    assert!(second.at("login.previousLoginAt").is_string());
    let third = login(&world.nobody(), "mia", PASSWORD, None).await.ok();
    assert_eq!(third.at("login.failedAttempts"), 0);
    // One letter for a kind of device, however often a client without a token logs in by it.
    let elsewhere = login(&browser, "mia", PASSWORD, None).await.ok();
    login(&browser, "mia", PASSWORD, None).await.ok();
    let device = elsewhere.text("login.deviceToken");
    let other = Actor {
        client: reqwest::Client::builder()
            .user_agent("Another browser")
            .build()
            .unwrap(),
        ..world.nobody()
    };
    // And none for one that is known, whatever it calls itself.
    login(&other, "mia", PASSWORD, Some(&device)).await.ok();
    login(&other, "mia", PASSWORD, None).await.ok();
    // The browser and the other browser; she has registered by the tests' own client.
    for _ in 0..2 {
        world.mail.to("mia@example.com").await;
    }
    assert_eq!(world.letters().await, 3, "with that of the registration");
}

async fn a_source_that_guesses_everywhere_is_slowed_down(world: World) {
    let mia = world.registered("mia", None).await;
    let device = login(&mia, "mia", PASSWORD, None)
        .await
        .ok()
        .text("login.deviceToken");
    let nobody = world.nobody();
    let mut refused = 0;
    for n in 0..101 {
        let answer = login(&nobody, &format!("user{n}"), "", None).await;
        refused += usize::from(answer.codes() == ["RATE_LIMITED"]);
    }
    assert_eq!(refused, 1);
    let answer = login(&nobody, "mia", PASSWORD, None)
        .await
        .refused("RATE_LIMITED");
    let retry_after = answer.body["errors"][0]["extensions"]["retryAfter"]
        .as_u64()
        .unwrap();
    assert!((1..=15 * 60).contains(&retry_after), "{retry_after}");
    login(&nobody, "mia", PASSWORD, Some(&device)).await.ok();
    world.pass(TimeDelta::minutes(15));
    login(&nobody, "mia", PASSWORD, None).await.ok();
}

async fn staff_and_a_new_password_lift_a_lock(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    lock(&world, "mia").await;
    root.mutate("unlockUser", json!({ "userId": mia.id }), "user { id }")
        .await
        .ok();
    login(&world.nobody(), "mia", PASSWORD, None).await.ok();
    lock(&world, "mia").await;
    let input = json!({ "userId": mia.id, "password": "Red-Whale-43" });
    root.mutate("resetUserPassword", input, "user { status }")
        .await
        .ok();
    let answer = login(&world.nobody(), "mia", "Red-Whale-43", None).await.ok();
    assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
}

/// The owner mistypes at home, where they are known.
async fn a_known_device_is_let_in_again_with_the_account(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let device = login(&mia, "mia", PASSWORD, None)
        .await
        .ok()
        .text("login.deviceToken");
    let at_home = async |password: &str| login(&world.nobody(), "mia", password, Some(&device)).await;
    let lock_out = async |password: &str| {
        for _ in 0..5 {
            at_home(WRONG).await.failed(&["INVALID_CREDENTIALS"]);
        }
        at_home(password).await.failed(&["INVALID_CREDENTIALS"]);
    };
    lock_out(PASSWORD).await;
    root.mutate("unlockUser", json!({ "userId": mia.id }), "user { id }")
        .await
        .ok();
    at_home(PASSWORD).await.ok();
    lock_out(PASSWORD).await;
    world.pass(chrono::TimeDelta::minutes(2));
    let email = "mia@example.com";
    world
        .nobody()
        .mutate("requestPasswordReset", json!({ "email": email }), "")
        .await
        .ok();
    let code = world.mail.to(email).await.code(6);
    let input = json!({
        "email": email, "code": code, "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43",
    });
    world.nobody().mutate("resetPassword", input, "").await.ok();
    at_home("Red-Whale-43").await.ok();
    // Another's failures are none of theirs.
    let nia = world.registered("nia", None).await;
    lock(&world, "nia").await;
    root.mutate("unlockUser", json!({ "userId": mia.id }), "user { id }")
        .await
        .ok();
    login(&world.nobody(), &nia.account, PASSWORD, None)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
}
