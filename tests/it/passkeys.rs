//! Passkeys: added, named and removed, and what they log in.

use chrono::TimeDelta;
use futures::future::join_all;
use rollcall::platform::reset_super_admin::reset_super_admin;
use rollcall::platform::sweep::sweep;

use crate::support::actor::PASSWORD;
use crate::support::passkey::{self, Passkey, add, origin, start};
use crate::support::process::Node;
use crate::support::*;

on_each_database!(
    a_passkey_is_added_and_logs_in_alone,
    a_login_with_the_password_asks_for_it,
    it_stands_in_for_a_dynamic_code,
    only_the_answer_that_was_asked_for_logs_in,
    of_many_with_one_answer_one_logs_in,
    only_what_was_asked_for_is_added,
    a_copied_passkey_is_refused,
    who_may_not_log_in_does_not_by_a_passkey,
    a_lock_keeps_nobody_out_who_has_a_passkey,
    wrong_answers_count_like_wrong_codes,
    a_new_password_is_still_asked_for,
    a_login_from_a_new_device_is_told,
    passkeys_are_named_and_removed,
    there_are_ten_at_most,
    staff_remove_the_passkeys_of_who_lost_the_device,
    what_is_over_is_swept_out_and_goes_with_the_user,
    the_super_admins_way_back_removes_passkeys,
);

mod nodes {
    on_each_server!(an_answer_that_one_node_took_is_nothing_to_another);

    use super::*;

    async fn an_answer_that_one_node_took_is_nothing_to_another(store: Store) {
        super::an_answer_works_on_one_node(store).await;
    }
}

mod settings {
    //! With settings of their own.

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn staff_add_one_within_the_login_where_a_second_factor_is_required() {
        let world = World::with(Store::Sqlite, &["--require-staff-totp", "true"]).await;
        super::staff_add_one_within_the_login(world).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_console_beneath_the_public_name_asks_for_passkeys_too() {
        let flags = [
            "--public-url",
            "https://rollcall.example.com/api",
            "--allowed-origins",
            "https://console.rollcall.example.com,https://example.com",
        ];
        let world = World::with(Store::Sqlite, &flags).await;
        super::pages_that_may_ask(world).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn there_are_none_where_the_public_url_has_no_name() {
        let world = World::with(Store::Sqlite, &["--public-url", "https://192.0.2.7"]).await;
        let mia = world.member("mia").await;
        mia.mutate("addPasskey", json!({ "password": changed() }), "options")
            .await
            .refused("BAD_USER_INPUT");
        mia.ask("mutation { startPasskeyLogin { challenge } }")
            .await
            .refused("BAD_USER_INPUT");
        // Whoever had one from before, by another public URL, still gets in with a code.
        let (device, _) = crate::totp::enrol(&world, &mia, &changed()).await;
        insert_passkey(&world, &mia).await;
        let answer = log_in(&world, "mia", &changed()).await.ok();
        assert_eq!(answer.text("login.step"), "TOTP_REQUIRED");
        assert!(answer.at("login.passkeyOptions").is_null());
        let code = json!({ "totpCode": device.code(&world.app) });
        complete(&world, &answer.text("login.challenge"), code).await.ok();
    }
}

mod browser {
    //! In Chromium, which plays the authenticator, on the program itself as it is after a first start.

    use std::time::Duration;

    use crate::support::browser::walk;
    use crate::support::process::Node;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_browser_adds_a_passkey_and_logs_in_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::start(folder.path(), &[]).await;
        let arguments = [&node.url, folder.path().to_str().unwrap()];
        walk("passkeys.mjs", arguments, Duration::from_mins(3)).await;
    }
}

const LOGIN: &str = "step challenge passkeyOptions deviceToken tokens { accessToken refreshToken } \
                     user { id status passkeys { name lastUsedAt } }";

/// Somebody's password that was made by staff, and changed at the first login.
fn changed() -> String {
    format!("{PASSWORD}2")
}

async fn log_in(world: &World, account: &str, password: &str) -> Answer {
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

async fn finish(world: &World, challenge: &str, answer: Value) -> Answer {
    let input = json!({ "challenge": challenge, "passkey": answer });
    world.nobody().mutate("finishPasskeyLogin", input, LOGIN).await
}

/// Logs in by the passkey alone.
async fn log_in_by(world: &World, passkey: &Passkey) -> Answer {
    let (options, challenge) = start(&world.nobody()).await;
    finish(world, &challenge, passkey.sign(&options)).await
}

async fn passkeys(who: &Actor) -> Vec<String> {
    let answer = who.ask("{ viewer { user { passkeys { name } } } }").await.ok();
    answer.texts("viewer.user.passkeys.*.name")
}

/// A passkey that was added by another public URL.
async fn insert_passkey(world: &World, who: &Actor) {
    use rollcall::base::id::{Id, PasskeyId, UserId};
    use rollcall::entity::passkey;
    use sea_orm::{EntityTrait, IntoActiveModel};
    let row = passkey::Model {
        id: PasskeyId::new(world.app.now()),
        user_id: UserId::parse(&who.id).unwrap(),
        name: "Old".to_owned(),
        credential_hash: "0".repeat(64),
        user_handle: PasskeyId::new(world.app.now()).0,
        credential: "{}".to_owned(),
        created_at: world.app.now(),
        last_used_at: None,
    };
    let insert = passkey::Entity::insert(row.into_active_model());
    insert
        .exec_without_returning(world.app.database.writer())
        .await
        .unwrap();
}

async fn a_passkey_is_added_and_logs_in_alone(world: World) {
    let mia = world.registered("mia", None).await;
    let ask = async |by: &Actor, input: Value| by.mutate("addPasskey", input, "options").await;
    ask(&mia, json!({})).await.failed(&["REQUIRED password"]);
    ask(&mia, json!({ "password": "Not-This-One-7" }))
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    ask(&world.nobody(), json!({ "password": PASSWORD }))
        .await
        .refused("UNAUTHENTICATED");
    ask(&world.nobody(), json!({ "challenge": "nonsense" }))
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);

    let options = passkey::options(&mia, PASSWORD).await;
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], "mia");
    assert_eq!(options["excludeCredentials"], json!([]));
    assert_eq!(passkeys(&mia).await, [""; 0]);
    let (phone, made) = Passkey::make(&options, &origin(&world));
    // What stays on the phone says nothing of what the API calls the user.
    let id = world
        .rows("SELECT id AS n FROM \"user\" WHERE account = 'mia'")
        .await;
    assert!(
        !id[0]["n"]
            .to_string()
            .contains(&rollcall::secret::keys::hex(&phone.user))
    );
    let input = json!({ "name": "Mia's phone", "passkey": made });
    world
        .nobody()
        .mutate("confirmPasskey", input.clone(), "")
        .await
        .refused("UNAUTHENTICATED");
    let selection = "passkey { id name createdAt lastUsedAt } login { step }";
    let added = mia.mutate("confirmPasskey", input.clone(), selection).await.ok();
    assert_eq!(added.text("confirmPasskey.passkey.name"), "Mia's phone");
    assert!(added.at("confirmPasskey.passkey.lastUsedAt").is_null());
    assert!(added.at("confirmPasskey.login").is_null());
    let letter = world.mail.to("mia@example.com").await;
    assert!(letter.subject.contains("added"), "{}", letter.subject);
    assert!(letter.text.contains("Mia's phone"));
    mia.mutate("confirmPasskey", input, "")
        .await
        .failed(&["NOT_BOUND"]);

    let done = log_in_by(&world, &phone).await.ok();
    assert_eq!(done.text("finishPasskeyLogin.step"), "DONE");
    assert_eq!(done.text("finishPasskeyLogin.user.id"), mia.id);
    assert!(
        done.at("finishPasskeyLogin.user.passkeys.0.lastUsedAt")
            .is_string()
    );
    let again = world.nobody().with_tokens(&done, "finishPasskeyLogin.tokens");
    assert!(again.is_signed_in().await);
    // It is a node: its owner's, and platform staff's to see.
    let id = added.text("confirmPasskey.passkey.id");
    let document = "query($id: ID!) { node(id: $id) { ... on Passkey { name } } }";
    let (nia, pia) = (world.member("nia").await, world.platform_admin("pia").await);
    for (who, sees) in [(&mia, true), (&pia, true), (&nia, false)] {
        let answer = who.ask_with(document, json!({ "id": id })).await.ok();
        assert_eq!(answer.at("node").is_object(), sees, "{}", who.account);
    }
}

async fn a_login_with_the_password_asks_for_it(world: World) {
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    let (laptop, _) = add(&world, &mia, &changed(), "Laptop").await;
    // The devices know one user, not two.
    assert_eq!(phone.user, laptop.user);
    let answer = log_in(&world, "mia", &changed()).await.ok();
    assert_eq!(answer.text("login.step"), "PASSKEY_REQUIRED");
    assert!(answer.at("login.tokens").is_null() && answer.at("login.user").is_null());
    let (options, challenge) = (
        answer.at("login.passkeyOptions").clone(),
        answer.text("login.challenge"),
    );
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 2);
    // A code is nothing to this step.
    for input in [
        json!({}),
        json!({ "totpCode": "000000" }),
        json!({ "recoveryCode": "aaaaaa-aaaaaa" }),
    ] {
        complete(&world, &challenge, input)
            .await
            .failed(&["REQUIRED passkey"]);
    }
    let answer = json!({ "passkey": laptop.sign(&options) });
    let done = complete(&world, &challenge, answer.clone()).await.ok();
    assert_eq!(done.text("completeLogin.step"), "DONE");
    assert_eq!(done.text("completeLogin.user.id"), mia.id);
    complete(&world, &challenge, answer)
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    // An older key that does not tell the user's name is as good here, where the password has.
    let answer = log_in(&world, "mia", &changed()).await.ok();
    let mut signed = phone.sign(answer.at("login.passkeyOptions"));
    signed["response"].as_object_mut().unwrap().remove("userHandle");
    complete(
        &world,
        &answer.text("login.challenge"),
        json!({ "passkey": signed }),
    )
    .await
    .ok();
}

async fn it_stands_in_for_a_dynamic_code(world: World) {
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    let (device, codes) = crate::totp::enrol(&world, &mia, &changed()).await;
    let waiting = async || {
        let answer = log_in(&world, "mia", &changed()).await.ok();
        // Who knows of dynamic codes alone goes on as ever.
        assert_eq!(answer.text("login.step"), "TOTP_REQUIRED");
        (
            answer.at("login.passkeyOptions").clone(),
            answer.text("login.challenge"),
        )
    };
    let (options, challenge) = waiting().await;
    complete(&world, &challenge, json!({ "passkey": phone.sign(&options) }))
        .await
        .ok();
    let (_, challenge) = waiting().await;
    complete(&world, &challenge, json!({ "totpCode": device.code(&world.app) }))
        .await
        .ok();
    let (_, challenge) = waiting().await;
    complete(&world, &challenge, json!({ "recoveryCode": codes[0] }))
        .await
        .ok();
    // Alone it is two factors, and nothing else is asked for.
    let done = log_in_by(&world, &phone).await.ok();
    assert_eq!(done.text("finishPasskeyLogin.step"), "DONE");
}

/// Nobody is signed in, and all tables are as they were.
async fn assert_refused(world: &World, before: &[(String, i64)], answer: Answer) {
    answer.failed(&["INVALID_CREDENTIALS"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn only_the_answer_that_was_asked_for_logs_in(world: World) {
    let (mia, nia) = (world.member("mia").await, world.member("nia").await);
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    let (other, _) = add(&world, &nia, &changed(), "Other").await;
    let before = world.rows_everywhere().await;
    let (options, challenge) = start(&world.nobody()).await;
    let (elsewhere, _) = start(&world.nobody()).await;
    let like = |change: &dyn Fn(&mut Passkey)| {
        let mut passkey = phone.clone();
        change(&mut passkey);
        passkey.sign(&options)
    };
    let mut nameless = phone.sign(&options);
    nameless["response"].as_object_mut().unwrap().remove("userHandle");
    let mut forged = phone.sign(&options);
    forged["response"]["signature"] = other.sign(&options)["response"]["signature"].clone();
    let (_, made) = Passkey::make(&passkey::options(&nia, &changed()).await, &origin(&world));
    let before_enrolment = before;
    let before = world.rows_everywhere().await;
    assert_ne!(before, before_enrolment);
    let wrong = [
        // A page of somebody else, or of another port.
        like(&|it| "http://localhost.example.com".clone_into(&mut it.origin)),
        like(&|it| "http://localhost:1".clone_into(&mut it.origin)),
        like(&|it| "https://evil.example".clone_into(&mut it.origin)),
        // The phone did not look who holds it.
        like(&|it| it.verifies = false),
        // Of another challenge.
        phone.sign(&elsewhere),
        // It says that it is somebody else's, or nobody's.
        like(&|it| it.user.clone_from(&other.user)),
        nameless,
        // Signed by another key, or called by the name of another.
        forged,
        like(&|it| it.id.clone_from(&other.id)),
        like(&|it| it.id = vec![7; 32]),
        // What is no answer at all.
        made,
        json!({}),
        json!("text"),
        json!([1, 2]),
    ];
    for answer in wrong {
        assert_refused(&world, &before, finish(&world, &challenge, answer).await).await;
    }
    for challenge in ["", "nonsense", &"A".repeat(5000)] {
        let answer = finish(&world, challenge, phone.sign(&options)).await;
        assert_refused(&world, &before, answer).await;
    }
    // Wrong ones have not used it up; the right one does.
    finish(&world, &challenge, phone.sign(&options)).await.ok();
    finish(&world, &challenge, phone.sign(&options))
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    finish(&world, &challenge, other.sign(&options))
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // It is not waited for ever.
    let (options, challenge) = start(&world.nobody()).await;
    world.pass(TimeDelta::minutes(10));
    finish(&world, &challenge, phone.sign(&options))
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    // Failures are told to whom they were aimed at.
    let events = "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'finishPasskeyLogin' \
                  AND outcome = 'FAILED' AND target_account = 'mia'";
    assert!(world.count(events).await >= 8);
}

async fn of_many_with_one_answer_one_logs_in(world: World) {
    let (mia, nia) = (world.member("mia").await, world.member("nia").await);
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    let (other, _) = add(&world, &nia, &changed(), "Other").await;
    let sessions = "SELECT COUNT(*) AS n FROM session";
    let before = world.count(sessions).await;
    let (options, challenge) = start(&world.nobody()).await;
    // Of two users, too: the challenge is used, not the passkey.
    let answers = [phone.sign(&options), other.sign(&options)];
    let many = (0..16).map(|number| finish(&world, &challenge, answers[number % 2].clone()));
    let done = join_all(many).await;
    let done = done.iter().filter(|answer| answer.user_errors().is_empty());
    assert_eq!(done.count(), 1);
    assert_eq!(world.count(sessions).await, before + 1);
    // The same of a second factor.
    let answer = log_in(&world, "mia", &changed()).await.ok();
    let signed = json!({ "passkey": phone.sign(answer.at("login.passkeyOptions")) });
    let challenge = answer.text("login.challenge");
    let many = (0..4).map(|_| complete(&world, &challenge, signed.clone()));
    let done = join_all(many).await;
    let done = done.iter().filter(|answer| answer.user_errors().is_empty());
    assert_eq!(done.count(), 1);
    assert_eq!(world.count(sessions).await, before + 2);
}

async fn only_what_was_asked_for_is_added(world: World) {
    let (mia, nia) = (world.member("mia").await, world.member("nia").await);
    let page = &origin(&world);
    let confirm = async |by: &Actor, answer: Value| {
        let input = json!({ "name": "Phone", "passkey": answer });
        by.mutate("confirmPasskey", input, "passkey { id }").await
    };
    let options = passkey::options(&mia, &changed()).await;
    let (_, unverified) = Passkey::make_with(&options, page, false);
    let (_, elsewhere) = Passkey::make(&options, "https://evil.example");
    let (_, of_another) = Passkey::make(&passkey::options(&nia, &changed()).await, page);
    let (mut long, _) = Passkey::make(&options, page);
    long.id = vec![7; 1024];
    let wrong = [
        unverified,
        elsewhere,
        of_another,
        long.attestation(&options),
        json!({}),
    ];
    for answer in wrong {
        confirm(&mia, answer).await.failed(&["INVALID passkey"]);
    }
    // A second start takes the place of the first.
    let again = passkey::options(&mia, &changed()).await;
    let (phone, late) = Passkey::make(&options, page);
    confirm(&mia, late).await.failed(&["INVALID passkey"]);
    confirm(&mia, phone.attestation(&again)).await.ok();
    // Nobody adds one that is somebody's.
    let options = passkey::options(&nia, &changed()).await;
    confirm(&nia, phone.attestation(&options))
        .await
        .failed(&["ALREADY_BOUND passkey"]);
    world.pass(TimeDelta::minutes(10));
    let (_, late) = Passkey::make(&options, page);
    confirm(&nia, late).await.failed(&["NOT_BOUND"]);
    // The browser is told which are there already.
    let options = passkey::options(&mia, &changed()).await;
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
}

async fn a_copied_passkey_is_refused(world: World) {
    let mia = world.member("mia").await;
    let (mut phone, id) = add(&world, &mia, &changed(), "Phone").await;
    phone.counter = 7;
    log_in_by(&world, &phone).await.ok();
    let copies =
        "SELECT COUNT(*) AS n FROM audit_event WHERE outcome = 'FAILED' AND changes LIKE '%copy of it%'";
    for counter in [7, 6, 0] {
        phone.counter = counter;
        log_in_by(&world, &phone).await.failed(&["INVALID_CREDENTIALS"]);
    }
    assert_eq!(world.count(copies).await, 3);
    let rows = world
        .rows("SELECT changes AS n FROM audit_event WHERE changes LIKE '%copy of it%'")
        .await;
    assert!(rows[0]["n"].as_str().unwrap().contains(&id));
    let answer = log_in(&world, "mia", &changed()).await.ok();
    let signed = json!({ "passkey": phone.sign(answer.at("login.passkeyOptions")) });
    complete(&world, &answer.text("login.challenge"), signed)
        .await
        .failed(&["INVALID_CREDENTIALS passkey"]);
    assert_eq!(world.count(copies).await, 4);
    phone.counter = 8;
    log_in_by(&world, &phone).await.ok();
}

async fn who_may_not_log_in_does_not_by_a_passkey(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    let user = json!({ "userId": mia.id });
    root.mutate("disableUser", user.clone(), "").await.ok();
    log_in_by(&world, &phone).await.failed(&["INVALID_CREDENTIALS"]);
    root.mutate("enableUser", user.clone(), "").await.ok();
    log_in_by(&world, &phone).await.ok();
    root.mutate("deleteUser", user, "").await.ok();
    log_in_by(&world, &phone).await.failed(&["INVALID_CREDENTIALS"]);
}

async fn a_lock_keeps_nobody_out_who_has_a_passkey(world: World) {
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    for _ in 0..5 {
        log_in(&world, "mia", "Not-This-One-7")
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    log_in(&world, "mia", &changed())
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let done = log_in_by(&world, &phone).await.ok();
    assert_eq!(done.text("finishPasskeyLogin.step"), "DONE");
    // The lock is still there, for passwords.
    assert_eq!(done.text("finishPasskeyLogin.user.status"), "LOCKED");
    log_in(&world, "mia", &changed())
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let status = mia.ask("{ viewer { user { status } } }").await.ok();
    assert_eq!(status.text("viewer.user.status"), "LOCKED");
}

async fn wrong_answers_count_like_wrong_codes(world: World) {
    let mia = world.registered("mia", None).await;
    let (phone, _) = add(&world, &mia, PASSWORD, "Phone").await;
    let nia = world.member("nia").await;
    let (other, _) = add(&world, &nia, &changed(), "Other").await;
    let waiting = async || {
        let answer = log_in(&world, "mia", PASSWORD).await.ok();
        (
            answer.at("login.passkeyOptions").clone(),
            answer.text("login.challenge"),
        )
    };
    let refused = ["INVALID_CREDENTIALS passkey"];
    for number in 0..4 {
        // With the right password each time.
        let (options, challenge) = waiting().await;
        let mut unverified = phone.clone();
        unverified.verifies = false;
        // That of another user, an answer to nothing, and of one who did not look.
        let wrong = [other.sign(&options), json!({}), unverified.sign(&options)][number % 3].clone();
        complete(&world, &challenge, json!({ "passkey": wrong }))
            .await
            .failed(&refused);
    }
    let (options, challenge) = waiting().await;
    complete(&world, &challenge, json!({ "passkey": other.sign(&options) }))
        .await
        .failed(&refused);
    // The fifth has locked the account.
    complete(&world, &challenge, json!({ "passkey": phone.sign(&options) }))
        .await
        .failed(&refused);
    log_in(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    world.pass(TimeDelta::minutes(16));
    let (options, challenge) = waiting().await;
    complete(&world, &challenge, json!({ "passkey": phone.sign(&options) }))
        .await
        .ok();
}

async fn a_new_password_is_still_asked_for(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    let input = json!({ "userId": mia.id, "generatePassword": true });
    root.mutate("resetUserPassword", input, "").await.ok();
    let waits = log_in_by(&world, &phone).await.ok();
    assert_eq!(waits.text("finishPasskeyLogin.step"), "PASSWORD_CHANGE_REQUIRED");
    assert!(waits.at("finishPasskeyLogin.tokens").is_null());
    let new = json!({ "newPassword": "Red-Whale-43", "newPasswordConfirmation": "Red-Whale-43" });
    let challenge = waits.text("finishPasskeyLogin.challenge");
    let done = complete(&world, &challenge, new).await.ok();
    assert_eq!(done.text("completeLogin.step"), "DONE");
    let done = log_in_by(&world, &phone).await.ok();
    assert_eq!(done.text("finishPasskeyLogin.step"), "DONE");
}

async fn a_login_from_a_new_device_is_told(world: World) {
    let mia = world.registered("mia", None).await;
    let (phone, _) = add(&world, &mia, PASSWORD, "Phone").await;
    world.mail.to("mia@example.com").await;
    let log_in = async |agent: &str, device: Option<String>| {
        let (options, challenge) = start(&world.nobody()).await;
        let input = json!({ "challenge": challenge, "passkey": phone.sign(&options), "deviceToken": device });
        let document = "mutation($input: FinishPasskeyLoginInput!) { finishPasskeyLogin(input: $input) { deviceToken userErrors { code } } }";
        let response = reqwest::Client::new()
            .post(format!("{}/graphql", world.url))
            .header("user-agent", agent)
            .json(&json!({ "query": document, "variables": { "input": input } }))
            .send()
            .await
            .unwrap();
        let body: Value = response.json().await.unwrap();
        let token = body["data"]["finishPasskeyLogin"]["deviceToken"].as_str();
        token.expect("the login is done").to_owned()
    };
    let letters = world.letters().await;
    let device = log_in("Tricorder 1", None).await;
    let letter = world.mail.to("mia@example.com").await;
    assert!(letter.text.contains("Tricorder 1"), "{}", letter.text);
    // A device that is known is no news, whatever it calls itself.
    log_in("Tricorder 2", Some(device)).await;
    assert_eq!(world.letters().await, letters + 1);
}

async fn passkeys_are_named_and_removed(world: World) {
    let mia = world.registered("mia", None).await;
    let nia = world.member("nia").await;
    let (phone, id) = add(&world, &mia, PASSWORD, "Phone").await;
    let (laptop, _) = add(&world, &mia, PASSWORD, "Laptop").await;
    for _ in 0..2 {
        world.mail.to("mia@example.com").await;
    }
    let rename = async |by: &Actor, name: &str| {
        let input = json!({ "passkeyId": id, "name": name });
        by.mutate("renamePasskey", input, "passkey { name }").await
    };
    rename(&mia, "").await.failed(&["REQUIRED name"]);
    rename(&mia, "  ").await.failed(&["REQUIRED name"]);
    rename(&mia, &"x".repeat(51)).await.failed(&["TOO_LONG name"]);
    rename(&mia, "Ph\u{202e}one").await.failed(&["INVALID name"]);
    rename(&nia, "Mine").await.failed(&["NOT_BOUND passkeyId"]);
    rename(&world.nobody(), "Mine").await.refused("UNAUTHENTICATED");
    let named = rename(&mia, " 米娅的手机 ").await.ok();
    assert_eq!(named.text("renamePasskey.passkey.name"), "米娅的手机");
    assert_eq!(passkeys(&mia).await, ["米娅的手机", "Laptop"]);
    let bad = json!({ "name": "", "passkey": {} });
    mia.mutate("confirmPasskey", bad, "")
        .await
        .failed(&["REQUIRED name"]);

    let elsewhere = log_in_by(&world, &laptop).await.ok();
    let elsewhere = world
        .nobody()
        .with_tokens(&elsewhere, "finishPasskeyLogin.tokens");
    let remove = async |by: &Actor, password: &str| {
        let input = json!({ "passkeyId": id, "password": password });
        let selection = "removedPasskeyId user { passkeys { name } }";
        by.mutate("removePasskey", input, selection).await
    };
    remove(&nia, &changed()).await.failed(&["NOT_BOUND passkeyId"]);
    remove(&mia, "Not-This-One-7")
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    let done = remove(&mia, PASSWORD).await.ok();
    assert_eq!(done.text("removePasskey.removedPasskeyId"), id);
    assert_eq!(done.texts("removePasskey.user.passkeys.*.name"), ["Laptop"]);
    assert!(mia.is_signed_in().await && !elsewhere.is_signed_in().await);
    remove(&mia, PASSWORD).await.failed(&["NOT_BOUND passkeyId"]);
    log_in_by(&world, &phone).await.failed(&["INVALID_CREDENTIALS"]);
    let told = world.mail.to("mia@example.com").await;
    assert!(told.text.contains("米娅的手机"), "{}", told.text);
    // In a login that waits, it is nothing any more.
    let answer = log_in(&world, "mia", PASSWORD).await.ok();
    let signed = json!({ "passkey": phone.sign(answer.at("login.passkeyOptions")) });
    complete(&world, &answer.text("login.challenge"), signed)
        .await
        .failed(&["INVALID_CREDENTIALS passkey"]);
    // A name is personal: the log has it beside the event, and it goes with the user.
    assert_eq!(world.tables_with("米娅的手机").await, ["audit_personal"]);
}

async fn there_are_ten_at_most(world: World) {
    let mia = world.member("mia").await;
    for number in 0..10 {
        add(&world, &mia, &changed(), &format!("Phone {number}")).await;
    }
    mia.mutate("addPasskey", json!({ "password": changed() }), "options")
        .await
        .failed(&["LIMIT_REACHED"]);
    assert_eq!(passkeys(&mia).await.len(), 10);
}

async fn staff_remove_the_passkeys_of_who_lost_the_device(world: World) {
    let (root, pia) = (world.super_admin().await, world.platform_admin("pia").await);
    let mia = world.registered("mia", None).await;
    let (phone, _) = add(&world, &mia, PASSWORD, "Phone").await;
    add(&world, &mia, PASSWORD, "Laptop").await;
    add(&world, &pia, &changed(), "Phone").await;
    for _ in 0..2 {
        world.mail.to("mia@example.com").await;
    }
    let unbind = async |by: &Actor, whose: &Actor| {
        let input = json!({ "userId": whose.id });
        by.mutate("unbindUserPasskeys", input, "user { passkeys { id } }")
            .await
    };
    unbind(&mia, &pia).await.refused("FORBIDDEN");
    unbind(&pia, &root).await.refused("FORBIDDEN");
    unbind(&pia, &pia).await.failed(&["USE_OWN_ACCOUNT userId"]);
    let done = unbind(&pia, &mia).await.ok();
    assert_eq!(*done.at("unbindUserPasskeys.user.passkeys"), json!([]));
    unbind(&pia, &mia).await.failed(&["NOT_BOUND userId"]);
    // Their sessions are over, and the password is enough again.
    assert!(!mia.is_signed_in().await);
    let answer = log_in(&world, "mia", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "DONE");
    log_in_by(&world, &phone).await.failed(&["INVALID_CREDENTIALS"]);
    let mut told = String::new();
    for _ in 0..2 {
        let letter = world.mail.to("mia@example.com").await;
        assert!(letter.subject.contains("removed"), "{}", letter.subject);
        told += &letter.text;
    }
    assert!(told.contains("Phone") && told.contains("Laptop"));
    unbind(&root, &pia).await.ok();
    assert!(!pia.is_signed_in().await);
}

async fn what_is_over_is_swept_out_and_goes_with_the_user(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    log_in_by(&world, &phone).await.ok();
    passkey::options(&mia, &changed()).await;
    let count = async |table: &str| world.count(&format!("SELECT COUNT(*) AS n FROM {table}")).await;
    sweep(&world.app).await.unwrap();
    assert_eq!(count("passkey_enrolment").await, 1);
    assert_eq!(count("passkey_answer").await, 1);
    world.pass(TimeDelta::minutes(10));
    sweep(&world.app).await.unwrap();
    assert_eq!(count("passkey_enrolment").await, 0);
    assert_eq!(count("passkey_answer").await, 0);
    passkey::options(&mia, &changed()).await;
    let input = json!({ "userId": mia.id });
    root.mutate("deleteUser", input, "").await.ok();
    for table in ["passkey", "passkey_enrolment"] {
        assert_eq!(count(table).await, 0, "{table}");
    }
    assert_eq!(world.tables_with("Phone").await, [""; 0]);
}

async fn the_super_admins_way_back_removes_passkeys(world: World) {
    let root = world.super_admin().await;
    let (phone, _) = add(&world, &root, PASSWORD, "Phone").await;
    let (account, password) = reset_super_admin(&world.app).await.unwrap();
    log_in_by(&world, &phone).await.failed(&["INVALID_CREDENTIALS"]);
    let answer = log_in(&world, &account, password.expose()).await.ok();
    assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
}

async fn staff_add_one_within_the_login(world: World) {
    let answer = log_in(&world, "root", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "TOTP_ENROLMENT_REQUIRED");
    let challenge = answer.text("login.challenge");
    let nobody = world.nobody();
    let asked = nobody
        .mutate("addPasskey", json!({ "challenge": challenge }), "options")
        .await
        .ok();
    let (phone, made) = Passkey::make(asked.at("addPasskey.options"), &origin(&world));
    let input = json!({ "name": "Phone", "passkey": made, "challenge": challenge });
    let selection = format!("passkey {{ name }} login {{ {LOGIN} }}");
    let added = nobody.mutate("confirmPasskey", input, &selection).await.ok();
    assert_eq!(added.text("confirmPasskey.login.step"), "DONE");
    let root = nobody.with_tokens(&added, "confirmPasskey.login.tokens");
    assert_eq!(passkeys(&root).await, ["Phone"]);
    // It is the second factor that is required, with the password and alone.
    let answer = log_in(&world, "root", PASSWORD).await.ok();
    assert_eq!(answer.text("login.step"), "PASSKEY_REQUIRED");
    let signed = json!({ "passkey": phone.sign(answer.at("login.passkeyOptions")) });
    let done = complete(&world, &answer.text("login.challenge"), signed)
        .await
        .ok();
    assert_eq!(done.text("completeLogin.step"), "DONE");
    let done = log_in_by(&world, &phone).await.ok();
    assert_eq!(done.text("finishPasskeyLogin.step"), "DONE");
    // A challenge that waits for the passkey adds no other.
    let answer = log_in(&world, "root", PASSWORD).await.ok();
    let input = json!({ "challenge": answer.text("login.challenge") });
    nobody
        .mutate("addPasskey", input, "options")
        .await
        .failed(&["INVALID challenge"]);
}

async fn pages_that_may_ask(world: World) {
    let mia = world.member("mia").await;
    let options = passkey::options(&mia, &changed()).await;
    assert_eq!(options["rp"]["id"], "rollcall.example.com");
    let (phone, made) = Passkey::make(&options, "https://console.rollcall.example.com");
    let input = json!({ "name": "Phone", "passkey": made });
    mia.mutate("confirmPasskey", input, "").await.ok();
    for (page, may) in [
        ("https://rollcall.example.com", true),
        ("https://console.rollcall.example.com", true),
        ("http://rollcall.example.com", false),
        ("https://rollcall.example.com:8443", false),
        // Allowed to ask the API, but not beneath the name: no browser would sign for it.
        ("https://example.com", false),
        ("https://other.rollcall.example.com", false),
    ] {
        let mut phone = phone.clone();
        phone.origin = page.to_owned();
        let answer = log_in_by(&world, &phone).await;
        assert_eq!(answer.user_errors().is_empty(), may, "{page}");
    }
}

async fn an_answer_works_on_one_node(store: Store) {
    let world = World::new(store).await;
    let arguments = [
        "--database-url",
        &world.database_url,
        "--smtp-url",
        &world.mail.url,
        "--public-url",
        &world.url,
    ];
    let node = Node::start(world.folder.path(), &arguments).await;
    let mia = world.member("mia").await;
    let (phone, _) = add(&world, &mia, &changed(), "Phone").await;
    // Begun on one, finished on both at once.
    let (options, challenge) = start(&world.nobody()).await;
    let answer = phone.sign(&options);
    let input = json!({ "challenge": challenge, "passkey": answer });
    let (here, there) = (world.nobody(), world.nobody().at(&node.url));
    let many = (0..16).map(|number| {
        let nobody = if number % 2 == 0 { &here } else { &there };
        nobody.mutate("finishPasskeyLogin", input.clone(), "step")
    });
    let answers = join_all(many).await;
    let done = answers.iter().filter(|answer| answer.user_errors().is_empty());
    assert_eq!(done.count(), 1);
}
