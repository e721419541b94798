//! Dynamic codes and recovery codes.

use chrono::TimeDelta;
use futures::future::join_all;

use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::*;

on_each_database!(
    a_device_is_enrolled_and_its_codes_are_asked_for,
    a_code_works_once_and_drifts_by_one_step,
    a_recovery_code_works_once,
    wrong_codes_lock_the_account_and_the_right_password_does_not_forget_them,
    codes_are_switched_off_with_password_and_code,
    staff_switch_off_the_codes_of_who_lost_the_device,
    an_enrolment_takes_the_password_or_a_challenge,
    a_second_factor_comes_before_a_new_password,
    a_deleted_users_secret_is_gone,
);

mod required {
    //! With `ROLLCALL_REQUIRE_STAFF_TOTP`.

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn staff_enrol_within_the_login_where_it_is_required() {
        let world = World::with(Store::Sqlite, &["--require-staff-totp", "true"]).await;
        super::staff_enrol_within_the_login(world).await;
    }
}

const LOGIN: &str = "step challenge tokens { accessToken refreshToken } user { id account totpEnabled }";

/// Somebody's password that was made by staff, and changed at the first login.
fn changed() -> String {
    format!("{PASSWORD}2")
}

async fn login(world: &World, account: &str, password: &str) -> Answer {
    let input = json!({ "login": account, "password": password });
    world.nobody().mutate("login", input, LOGIN).await
}

async fn complete(world: &World, challenge: &str, more: Value) -> Answer {
    let mut input = json!({ "challenge": challenge });
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    world.nobody().mutate("completeLogin", input, LOGIN).await
}

async fn challenge(world: &World, account: &str, password: &str) -> String {
    let answer = login(world, account, password).await.ok();
    assert_eq!(answer.text("login.step"), "TOTP_REQUIRED");
    assert!(answer.at("login.tokens").is_null() && answer.at("login.user").is_null());
    answer.text("login.challenge")
}

/// Enrols a device; answers it and the recovery codes.
pub async fn enrol(world: &World, who: &Actor, password: &str) -> (Authenticator, Vec<String>) {
    let selection = "secret otpauthUri qrCodeSvg";
    let enrolment = who
        .mutate("enrollTotp", json!({ "password": password }), selection)
        .await
        .ok();
    let uri = enrolment.text("enrollTotp.otpauthUri");
    assert!(uri.contains(&enrolment.text("enrollTotp.secret")));
    assert!(enrolment.text("enrollTotp.qrCodeSvg").contains("<svg"));
    let device = Authenticator::scan(&uri);
    world.begin_step();
    let confirmed = who
        .mutate(
            "confirmTotp",
            json!({ "code": device.code(&world.app) }),
            "recoveryCodes",
        )
        .await
        .ok();
    let codes = serde_json::from_value::<Vec<String>>(confirmed.at("confirmTotp.recoveryCodes").clone());
    // The code that confirmed it is used.
    world.pass(TimeDelta::seconds(30));
    (device, codes.unwrap())
}

async fn is_on(who: &Actor) -> Value {
    let answer = who.ask("{ viewer { user { totpEnabled } } }").await.ok();
    answer.at("viewer.user.totpEnabled").clone()
}

async fn a_device_is_enrolled_and_its_codes_are_asked_for(world: World) {
    let mia = world.registered("mia", None).await;
    assert_eq!(is_on(&mia).await, false);
    let enrolment = mia
        .mutate("enrollTotp", json!({ "password": PASSWORD }), "otpauthUri")
        .await
        .ok();
    let device = Authenticator::scan(&enrolment.text("enrollTotp.otpauthUri"));
    // As long as no code has shown that the device has the secret, nothing asks for one.
    assert_eq!(is_on(&mia).await, false);
    assert_eq!(
        login(&world, "mia", PASSWORD).await.ok().text("login.step"),
        "DONE"
    );
    let wrong = json!({ "code": device.wrong_code(&world.app) });
    mia.mutate("confirmTotp", wrong, "")
        .await
        .failed(&["INVALID_CODE code"]);
    let right = json!({ "code": device.code(&world.app) });
    let confirmed = mia
        .mutate("confirmTotp", right.clone(), "recoveryCodes login { step }")
        .await
        .ok();
    assert_eq!(
        confirmed
            .at("confirmTotp.recoveryCodes")
            .as_array()
            .unwrap()
            .len(),
        10
    );
    assert!(confirmed.at("confirmTotp.login").is_null());
    assert_eq!(is_on(&mia).await, true);
    mia.mutate("confirmTotp", right, "").await.failed(&["NOT_BOUND"]);
    mia.mutate("enrollTotp", json!({ "password": PASSWORD }), "secret")
        .await
        .failed(&["ALREADY_BOUND"]);
    world.mail.to("mia@example.com").await;

    world.pass(TimeDelta::seconds(30));
    let challenge = challenge(&world, "mia", PASSWORD).await;
    complete(&world, &challenge, json!({}))
        .await
        .failed(&["REQUIRED totpCode"]);
    let done = complete(&world, &challenge, json!({ "totpCode": device.code(&world.app) }))
        .await
        .ok();
    assert_eq!(done.text("completeLogin.step"), "DONE");
    assert_eq!(done.at("completeLogin.user.totpEnabled"), true);
    let again = world.nobody().with_tokens(&done, "completeLogin.tokens");
    assert!(again.is_signed_in().await);
    // The challenge is over with the login.
    world.pass(TimeDelta::seconds(30));
    complete(&world, &challenge, json!({ "totpCode": device.code(&world.app) }))
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
}

async fn a_code_works_once_and_drifts_by_one_step(world: World) {
    let mia = world.member("mia").await;
    let (device, _) = enrol(&world, &mia, &changed()).await;
    let refused = ["INVALID_CREDENTIALS totpCode"];
    let try_code = async |code: &str| {
        let challenge = challenge(&world, "mia", &changed()).await;
        complete(&world, &challenge, json!({ "totpCode": code })).await
    };
    for steps in [-3, 3] {
        world.begin_step();
        try_code(&device.code_at(&world.app, steps))
            .await
            .failed(&refused);
    }
    world.begin_step();
    try_code(&device.code_at(&world.app, -1)).await.ok();
    world.begin_step();
    let (now, next) = (device.code(&world.app), device.code_at(&world.app, 1));
    try_code(&next).await.ok();
    try_code(&next).await.failed(&refused);
    // What came before a used one is over too.
    try_code(&now).await.failed(&refused);
    // Of many who bring the same at the same moment one goes on.
    world.pass(TimeDelta::seconds(90));
    let challenge = challenge(&world, "mia", &changed()).await;
    world.begin_step();
    let code = json!({ "totpCode": device.code(&world.app) });
    let many = (0..4).map(|_| complete(&world, &challenge, code.clone()));
    let done = join_all(many).await;
    let done = done
        .iter()
        .filter(|answer| answer.user_errors().is_empty())
        .count();
    assert_eq!(done, 1);
}

async fn a_recovery_code_works_once(world: World) {
    let mia = world.registered("mia", None).await;
    let (_, codes) = enrol(&world, &mia, PASSWORD).await;
    world.mail.to("mia@example.com").await;
    let use_code = async |code: &str| {
        let challenge = challenge(&world, "mia", PASSWORD).await;
        complete(&world, &challenge, json!({ "recoveryCode": code })).await
    };
    let typed = codes[0].to_uppercase().replace('-', " ");
    use_code(&typed).await.ok();
    world.mail.to("mia@example.com").await;
    use_code(&codes[0])
        .await
        .failed(&["INVALID_CREDENTIALS recoveryCode"]);
    use_code(&codes[9]).await.ok();
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM recovery_code").await, 8);
    // They are stored as hashes alone.
    for code in &codes {
        assert_eq!(world.tables_with(code).await, Vec::<String>::new());
        assert_eq!(
            world.tables_with(&code.replace('-', "")).await,
            Vec::<String>::new()
        );
    }
}

async fn wrong_codes_lock_the_account_and_the_right_password_does_not_forget_them(world: World) {
    let mia = world.registered("mia", None).await;
    let (device, codes) = enrol(&world, &mia, PASSWORD).await;
    let refused = ["INVALID_CREDENTIALS totpCode"];
    for _ in 0..4 {
        // With the right password each time.
        let challenge = challenge(&world, "mia", PASSWORD).await;
        let wrong = json!({ "totpCode": device.wrong_code(&world.app) });
        complete(&world, &challenge, wrong).await.failed(&refused);
    }
    let challenge = challenge(&world, "mia", PASSWORD).await;
    complete(&world, &challenge, json!({ "recoveryCode": "aaaaaa-aaaaaa" }))
        .await
        .failed(&["INVALID_CREDENTIALS recoveryCode"]);
    // The fifth has locked the account: neither a right code nor a login goes on.
    let right = json!({ "totpCode": device.code(&world.app) });
    complete(&world, &challenge, right).await.failed(&refused);
    let right = json!({ "recoveryCode": codes[0] });
    complete(&world, &challenge, right)
        .await
        .failed(&["INVALID_CREDENTIALS recoveryCode"]);
    login(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let events = "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'completeLogin' AND outcome = 'FAILED' AND target_account = 'mia'";
    assert_eq!(world.count(events).await, 5);
    world.pass(TimeDelta::minutes(16));
    let answer = login(&world, "mia", PASSWORD).await.ok();
    let right = json!({ "totpCode": device.code(&world.app) });
    complete(&world, &answer.text("login.challenge"), right)
        .await
        .ok();
}

async fn codes_are_switched_off_with_password_and_code(world: World) {
    let mia = world.member("mia").await;
    let off = async |input: Value| mia.mutate("disableTotp", input, "user { totpEnabled }").await;
    let code = json!({ "password": changed(), "code": "000000" });
    off(code).await.failed(&["NOT_BOUND"]);
    let (device, codes) = enrol(&world, &mia, &changed()).await;
    let other = {
        let challenge = challenge(&world, "mia", &changed()).await;
        let done = complete(&world, &challenge, json!({ "totpCode": device.code(&world.app) })).await;
        world.nobody().with_tokens(&done.ok(), "completeLogin.tokens")
    };
    world.pass(TimeDelta::seconds(30));
    off(json!({ "password": changed() }))
        .await
        .failed(&["REQUIRED code"]);
    off(json!({ "password": "Not-This-One-7", "code": device.code(&world.app) }))
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    off(json!({ "password": changed(), "code": device.wrong_code(&world.app) }))
        .await
        .failed(&["INVALID_CODE code"]);
    off(json!({ "password": changed(), "recoveryCode": "aaaaaa-aaaaaa" }))
        .await
        .failed(&["INVALID_CODE recoveryCode"]);
    let done = off(json!({ "password": changed(), "recoveryCode": codes[3] }))
        .await
        .ok();
    assert_eq!(done.at("disableTotp.user.totpEnabled"), false);
    assert!(mia.is_signed_in().await && !other.is_signed_in().await);
    assert_eq!(
        login(&world, "mia", &changed()).await.ok().text("login.step"),
        "DONE"
    );
    // A wrong code counts, whatever comes with it: the session has no more tries than any other.
    let (device, _) = enrol(&world, &mia, &changed()).await;
    for _ in 0..5 {
        off(json!({ "password": changed(), "code": device.wrong_code(&world.app) }))
            .await
            .failed(&["INVALID_CODE code"]);
    }
    off(json!({ "password": changed(), "code": device.code(&world.app) }))
        .await
        .refused("RATE_LIMITED");
}

async fn staff_switch_off_the_codes_of_who_lost_the_device(world: World) {
    let (root, pia) = (world.super_admin().await, world.platform_admin("pia").await);
    let mia = world.registered("mia", None).await;
    enrol(&world, &mia, PASSWORD).await;
    enrol(&world, &pia, &changed()).await;
    let unbind = async |by: &Actor, whose: &Actor| {
        let input = json!({ "userId": whose.id });
        by.mutate("unbindUserTotp", input, "user { totpEnabled }").await
    };
    unbind(&mia, &pia).await.refused("FORBIDDEN");
    unbind(&pia, &root).await.refused("FORBIDDEN");
    unbind(&pia, &pia).await.failed(&["USE_OWN_ACCOUNT userId"]);
    let done = unbind(&pia, &mia).await.ok();
    assert_eq!(done.at("unbindUserTotp.user.totpEnabled"), false);
    unbind(&pia, &mia).await.failed(&["NOT_BOUND userId"]);
    // Their sessions are over, and the password is enough again.
    assert!(!mia.is_signed_in().await);
    assert_eq!(
        login(&world, "mia", PASSWORD).await.ok().text("login.step"),
        "DONE"
    );
    let told = world.mail.to("mia@example.com").await;
    let told_again = world.mail.to("mia@example.com").await;
    assert_ne!(told.subject, told_again.subject);
    unbind(&root, &pia).await.ok();
    assert!(!pia.is_signed_in().await);
}

async fn an_enrolment_takes_the_password_or_a_challenge(world: World) {
    let mia = world.member("mia").await;
    let ask = async |by: &Actor, input: Value| by.mutate("enrollTotp", input, "secret").await;
    ask(&mia, json!({})).await.failed(&["REQUIRED password"]);
    ask(&mia, json!({ "password": "Not-This-One-7" }))
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    ask(&world.nobody(), json!({ "password": changed() }))
        .await
        .refused("UNAUTHENTICATED");
    ask(&world.nobody(), json!({ "challenge": "nonsense" }))
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    world
        .nobody()
        .mutate("confirmTotp", json!({ "code": "000000" }), "")
        .await
        .refused("UNAUTHENTICATED");
    // A challenge that waits for a code enrols no other device.
    enrol(&world, &mia, &changed()).await;
    let challenge = challenge(&world, "mia", &changed()).await;
    ask(&world.nobody(), json!({ "challenge": challenge }))
        .await
        .failed(&["INVALID challenge"]);
    let input = json!({ "code": "000000", "challenge": challenge });
    world
        .nobody()
        .mutate("confirmTotp", input, "")
        .await
        .failed(&["INVALID challenge"]);
}

async fn a_second_factor_comes_before_a_new_password(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let (device, _) = enrol(&world, &mia, &changed()).await;
    let input = json!({ "userId": mia.id, "generatePassword": true });
    let reset = root
        .mutate("resetUserPassword", input, "generatedPassword")
        .await
        .ok();
    let password = reset.text("resetUserPassword.generatedPassword");
    let first = challenge(&world, "mia", &password).await;
    // The second step cannot be taken first.
    let new = json!({ "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43" });
    complete(&world, &first, new.clone())
        .await
        .failed(&["REQUIRED totpCode"]);
    let next = complete(&world, &first, json!({ "totpCode": device.code(&world.app) }))
        .await
        .ok();
    assert_eq!(next.text("completeLogin.step"), "PASSWORD_CHANGE_REQUIRED");
    assert!(next.at("completeLogin.tokens").is_null());
    let second = next.text("completeLogin.challenge");
    let done = complete(&world, &second, new).await.ok();
    assert_eq!(done.text("completeLogin.step"), "DONE");
}

async fn a_deleted_users_secret_is_gone(world: World) {
    let mia = world.member("mia").await;
    enrol(&world, &mia, &changed()).await;
    let input = json!({ "userId": mia.id });
    world
        .super_admin()
        .await
        .mutate("deleteUser", input, "deletedUserId")
        .await
        .ok();
    for table in ["totp", "recovery_code"] {
        let rows = format!("SELECT COUNT(*) AS n FROM {table}");
        assert_eq!(world.count(&rows).await, 0, "{table}");
    }
}

async fn staff_enrol_within_the_login(world: World) {
    let answer = login(&world, "root", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "TOTP_ENROLMENT_REQUIRED");
    let challenge = answer.text("login.challenge");
    complete(&world, &challenge, json!({ "totpCode": "000000" }))
        .await
        .failed(&["INVALID challenge"]);
    let nobody = world.nobody();
    let enrolment = nobody
        .mutate("enrollTotp", json!({ "challenge": challenge }), "otpauthUri")
        .await
        .ok();
    let device = Authenticator::scan(&enrolment.text("enrollTotp.otpauthUri"));
    let input = json!({ "code": device.code(&world.app), "challenge": challenge });
    let selection = format!("recoveryCodes login {{ {LOGIN} }}");
    let confirmed = nobody.mutate("confirmTotp", input, &selection).await.ok();
    assert_eq!(confirmed.text("confirmTotp.login.step"), "DONE");
    assert_eq!(confirmed.at("confirmTotp.login.user.totpEnabled"), true);
    let root = nobody.with_tokens(&confirmed, "confirmTotp.login.tokens");
    // Members log in as ever.
    let input = json!({ "name": "mia", "account": "mia", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "user { id }").await.ok();
    let answer = login(&world, "mia", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    // Who switches the codes off enrols again at the next login.
    world.pass(TimeDelta::seconds(30));
    let off = json!({ "password": PASSWORD, "code": device.code(&world.app) });
    root.mutate("disableTotp", off, "user { id }").await.ok();
    let answer = login(&world, "root", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "TOTP_ENROLMENT_REQUIRED");
}
