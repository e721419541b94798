//! The password policy: who changes it, and what follows from it.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    staff_change_what_is_given,
    a_number_out_of_range_changes_nothing,
    each_setting_has_its_effect_on_new_passwords,
    a_password_expires,
    a_lock_follows_the_policy,
    a_form_is_told_how_good_a_password_is,
    parallel_changes_lose_nothing,
);

const POLICY: &str = "passwordPolicy { minimumLength maximumLength characterClasses allowsAccountOrName refusesCommon \
    refusesPrevious expiresAfterDays changeAfterReset lockAfterFailures failureWindowMinutes lockMinutes rules }";

async fn change(by: &Actor, input: Value) -> Answer {
    by.mutate("updatePasswordPolicy", input, POLICY).await
}

async fn current(world: &World) -> Value {
    let question = format!("{{ registrationSettings {{ {POLICY} }} }}");
    let answer = world.nobody().ask(&question).await.ok();
    answer.at("registrationSettings.passwordPolicy").clone()
}

/// What becomes of a new user's password.
async fn flaws(root: &Actor, password: &str) -> Vec<String> {
    let input = json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": password });
    let answer = root.mutate("createUser", input, "user { id }").await;
    if answer.user_errors().is_empty() {
        let input = json!({ "userId": answer.text("createUser.user.id") });
        root.mutate("deleteUser", input, "").await.ok();
    }
    answer.user_errors()
}

async fn staff_change_what_is_given(world: World) {
    let (root, pia) = (world.super_admin().await, world.platform_admin("pia").await);
    let mia = world.member("mia").await;
    let before = current(&world).await;
    assert_eq!(before["minimumLength"], 8);
    assert_eq!(before["rules"].as_array().unwrap().len(), 5);
    let answer = change(&pia, json!({ "minimumLength": 12, "allowsAccountOrName": true }))
        .await
        .ok();
    let after = answer.at("updatePasswordPolicy.passwordPolicy").clone();
    assert_eq!(current(&world).await, after);
    assert_eq!(after["minimumLength"], 12);
    assert_eq!(after["allowsAccountOrName"], true);
    assert_eq!(after["characterClasses"], before["characterClasses"]);
    assert_eq!(after["rules"].as_array().unwrap().len(), 4);
    change(&mia, json!({ "minimumLength": 8 }))
        .await
        .refused("FORBIDDEN");
    change(&world.nobody(), json!({ "minimumLength": 8 }))
        .await
        .refused("UNAUTHENTICATED");
    // An explicit null is as good as left out.
    change(&root, json!({ "minimumLength": null, "lockMinutes": 30 }))
        .await
        .ok();
    assert_eq!(current(&world).await["minimumLength"], 12);
    let changes = world
        .rows("SELECT changes FROM audit_event WHERE action = 'updatePasswordPolicy' AND outcome = 'SUCCEEDED' ORDER BY id")
        .await;
    assert!(
        changes[0]["changes"].to_string().contains("allowsAccountOrName"),
        "{changes:?}"
    );
    assert!(
        !changes[0]["changes"].to_string().contains("lockMinutes"),
        "{changes:?}"
    );
}

async fn a_number_out_of_range_changes_nothing(world: World) {
    let root = world.super_admin().await;
    let ranges = [
        ("minimumLength", 8, 64),
        ("maximumLength", 64, 256),
        ("characterClasses", 1, 4),
        ("refusesPrevious", 0, 24),
        ("expiresAfterDays", 0, 365),
        ("lockAfterFailures", 3, 20),
        ("failureWindowMinutes", 1, 60),
        ("lockMinutes", 1, 1440),
    ];
    let before = current(&world).await;
    for (field, least, most) in ranges {
        for bad in [least - 1, most + 1, i32::MIN, i32::MAX] {
            change(&root, json!({ field: bad, "changeAfterReset": false }))
                .await
                .failed(&[&format!("INVALID {field}")]);
        }
    }
    // All that is bad is told together.
    change(&root, json!({ "minimumLength": 1, "lockMinutes": 0 }))
        .await
        .failed(&["INVALID minimumLength", "INVALID lockMinutes"]);
    assert_eq!(current(&world).await, before);
    for (field, least, most) in ranges {
        for good in [most, least] {
            change(&root, json!({ field: good })).await.ok();
            assert_eq!(current(&world).await[field], good);
        }
    }
}

async fn each_setting_has_its_effect_on_new_passwords(world: World) {
    let root = world.super_admin().await;
    assert_eq!(flaws(&root, "Blue-Whale-42").await, [""; 0]);
    change(&root, json!({ "minimumLength": 14 })).await.ok();
    assert_eq!(flaws(&root, "Blue-Whale-42").await, ["TOO_SHORT password"]);
    change(&root, json!({ "minimumLength": 8, "maximumLength": 64 }))
        .await
        .ok();
    assert_eq!(flaws(&root, &"Ab1-".repeat(17)).await, ["TOO_LONG password"]);
    change(&root, json!({ "characterClasses": 4 })).await.ok();
    assert_eq!(flaws(&root, "Bluewhale42").await, ["PASSWORD_TOO_WEAK password"]);
    change(&root, json!({ "characterClasses": 1 })).await.ok();
    assert_eq!(flaws(&root, "of whales and of tea").await, [""; 0]);
    assert_eq!(flaws(&root, "Blue-NIA-42").await, ["PASSWORD_TOO_WEAK password"]);
    change(&root, json!({ "allowsAccountOrName": true })).await.ok();
    assert_eq!(flaws(&root, "Blue-NIA-42").await, [""; 0]);
    assert_eq!(flaws(&root, "P@ssw0rd").await, ["PASSWORD_TOO_WEAK password"]);
    change(&root, json!({ "refusesCommon": false })).await.ok();
    assert_eq!(flaws(&root, "P@ssw0rd").await, [""; 0]);
    // The last ones: one more than are refused may come back.
    let mia = world.registered("mia", None).await;
    let next = async |current: &str, new: &str| {
        let input = json!({ "currentPassword": current, "newPassword": new, "newPasswordConfirmation": new });
        mia.mutate("changePassword", input, "").await
    };
    change(&root, json!({ "refusesPrevious": 2 })).await.ok();
    next(PASSWORD, "Red-Whale-43").await.ok();
    next("Red-Whale-43", PASSWORD)
        .await
        .failed(&["PASSWORD_REUSED newPassword"]);
    next("Red-Whale-43", "Gold-Whale-44").await.ok();
    next("Gold-Whale-44", PASSWORD).await.ok();
    change(&root, json!({ "refusesPrevious": 0 })).await.ok();
    next(PASSWORD, PASSWORD).await.ok();
    // A password that staff set need not be changed any more.
    change(&root, json!({ "changeAfterReset": false })).await.ok();
    let input = json!({ "userId": mia.id, "password": "Green-Whale-45" });
    root.mutate("resetUserPassword", input, "user { id }").await.ok();
    let input = json!({ "login": "mia", "password": "Green-Whale-45" });
    let answer = world.nobody().mutate("login", input, "step").await.ok();
    assert_eq!(answer.text("login.step"), "DONE");
}

async fn a_password_expires(world: World) {
    let root = world.super_admin().await;
    world.registered("mia", None).await;
    change(&root, json!({ "expiresAfterDays": 90 })).await.ok();
    let login = async || {
        let input = json!({ "login": "mia", "password": PASSWORD });
        let answer = world.nobody().mutate("login", input, "step").await.ok();
        answer.text("login.step")
    };
    world.pass(TimeDelta::days(89));
    assert_eq!(login().await, "DONE");
    world.pass(TimeDelta::days(1));
    assert_eq!(login().await, "PASSWORD_CHANGE_REQUIRED");
    // The super admin's has expired too, and is changed at the login.
    let root = world.super_admin().await;
    change(&root, json!({ "expiresAfterDays": 0 })).await.ok();
    assert_eq!(login().await, "DONE");
}

async fn a_lock_follows_the_policy(world: World) {
    let root = world.super_admin().await;
    world.registered("mia", None).await;
    change(
        &root,
        json!({ "lockAfterFailures": 3, "failureWindowMinutes": 2, "lockMinutes": 60 }),
    )
    .await
    .ok();
    let login = async |password: &str| {
        let input = json!({ "login": "mia", "password": password });
        world.nobody().mutate("login", input, "step").await
    };
    for _ in 0..2 {
        login("Wrong-Whale-42").await;
    }
    // The window is over before the third.
    world.pass(TimeDelta::minutes(3));
    for _ in 0..2 {
        login("Wrong-Whale-42").await;
    }
    login(PASSWORD).await.ok();
    for _ in 0..3 {
        login("Wrong-Whale-42").await;
    }
    login(PASSWORD).await.failed(&["INVALID_CREDENTIALS"]);
    world.pass(TimeDelta::minutes(59));
    login(PASSWORD).await.failed(&["INVALID_CREDENTIALS"]);
    world.pass(TimeDelta::minutes(2));
    login(PASSWORD).await.ok();
}

async fn a_form_is_told_how_good_a_password_is(world: World) {
    let ask = async |password: &str| {
        let document = "query($password: String!) { passwordStrength(password: $password, account: \"mia\") \
            { score isAllowed flaws { code message } warning suggestions } }";
        let answer = world
            .nobody()
            .ask_with(document, json!({ "password": password }))
            .await
            .ok();
        answer.at("passwordStrength").clone()
    };
    let common = ask("Passw0rd").await;
    assert_eq!(common["isAllowed"], false);
    assert!(
        common["score"].as_i64().unwrap() <= 1 && common["warning"].is_string(),
        "{common}"
    );
    let own = ask("Mia-and-whales-42").await;
    assert_eq!(own["flaws"][0]["code"], "PASSWORD_TOO_WEAK");
    let good = ask("Blue-Whale-42-and-tea").await;
    assert_eq!(good["isAllowed"], true);
    assert!(good["score"].as_i64().unwrap() >= 3, "{good}");
    for odd in ["", "\u{0}", &"x".repeat(10_000)] {
        assert_eq!(ask(odd).await["isAllowed"], false, "{:?}", odd.len());
    }
}

async fn parallel_changes_lose_nothing(world: World) {
    let root = world.super_admin().await;
    let changes = [
        json!({ "minimumLength": 10 }),
        json!({ "maximumLength": 200 }),
        json!({ "lockMinutes": 7 }),
        json!({ "refusesCommon": false }),
    ];
    for answer in futures::future::join_all(changes.map(|input| change(&root, input))).await {
        answer.ok();
    }
    let policy = current(&world).await;
    assert_eq!(policy["minimumLength"], 10);
    assert_eq!(policy["maximumLength"], 200);
    assert_eq!(policy["lockMinutes"], 7);
    assert_eq!(policy["refusesCommon"], false);
}
