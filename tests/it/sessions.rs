//! Logging in, going on and signing out.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_login_gives_tokens_that_work,
    a_login_asks_the_database_little,
    every_failure_is_the_same,
    five_failures_lock_the_account_for_a_while,
    parallel_guesses_are_all_counted,
    a_generated_password_has_to_be_changed_first,
    a_refresh_token_works_once,
    an_old_refresh_token_ends_the_session,
    a_session_ends_after_30_days_at_the_latest,
    signing_out_holds_at_once,
    a_wrong_token_is_401_whatever_is_asked,
    the_fifty_first_session_ends_the_one_used_longest_ago,
    what_has_expired_is_swept_out,
    who_signs_in_or_joins_sees_the_answer_as_who_they_are,
);

const TOKENS: &str = "tokens { accessToken refreshToken expiresAt refreshExpiresAt }";

async fn login(world: &World, login: &str, password: &str) -> Answer {
    let selection = format!("step challenge {TOKENS} user {{ account }}");
    world
        .nobody()
        .mutate(
            "login",
            json!({ "login": login, "password": password }),
            &selection,
        )
        .await
}

async fn a_login_asks_the_database_little(world: World) {
    world.member("mia").await;
    let password = format!("{PASSWORD}2");
    let statements = world.statements_of(login(&world, "mia", &password)).await;
    // Two rates, the policy, who it is, the try; then the user's row, how they stand, the device, what was taken of the rate,
    // all that is written, and who now asks. MySQL takes of a rate in three statements, and only PostgreSQL writes all of it
    // in one.
    let most = match world.store {
        Store::Postgres => 11,
        Store::Sqlite => 15,
        Store::MariaDb => 23,
    };
    assert!(statements.len() <= most, "{}: {statements:#?}", statements.len());
}

async fn refresh(world: &World, token: &str) -> Answer {
    world
        .nobody()
        .mutate("refreshSession", json!({ "refreshToken": token }), TOKENS)
        .await
}

async fn a_login_gives_tokens_that_work(world: World) {
    world.member("mia").await;
    let answer = login(&world, "MIA", &format!("{PASSWORD}2")).await.ok();
    assert_eq!(answer.text("login.step"), "DONE");
    let mia = world.nobody().with_tokens(&answer, "login.tokens");
    let viewer = mia
        .ask("{ viewer { user { account lastLoginAt } session { isCurrent userAgent address } } }")
        .await
        .ok();
    assert_eq!(viewer.text("viewer.user.account"), "mia");
    assert_eq!(viewer.text("viewer.session.userAgent"), "tests");
    assert_eq!(viewer.text("viewer.session.address"), "127.0.0.1");
    assert_eq!(viewer.at("viewer.session.isCurrent"), true);
    assert!(viewer.at("viewer.user.lastLoginAt").is_string());
}

async fn every_failure_is_the_same(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let wrong = login(&world, "mia", "Wrong-Whale-42")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let unknown = login(&world, "nobody", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let empty = login(&world, "", "").await;
    root.mutate("disableUser", json!({ "userId": mia.id }), "user { status }")
        .await
        .ok();
    let disabled = login(&world, "mia", &format!("{PASSWORD}2")).await;
    for answer in [unknown, empty, disabled] {
        assert_eq!(answer.body, wrong.body);
    }
    // The event keeps the user that the failure was for; one for nobody is only counted.
    let events = world.rows("SELECT target_account, actor_account FROM audit_event WHERE action = 'login' AND outcome = 'FAILED'").await;
    assert_eq!(
        events,
        vec![json!({ "target_account": "mia", "actor_account": null }); 2]
    );
    assert_eq!(
        world
            .count("SELECT SUM(count) AS n FROM audit_refusal WHERE action = 'login'")
            .await,
        2
    );
}

async fn five_failures_lock_the_account_for_a_while(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    for _ in 0..5 {
        login(&world, "mia", "Wrong-Whale-42")
            .await
            .failed(&["INVALID_CREDENTIALS"]);
    }
    login(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let status = format!("{{ user(id: \"{}\") {{ status }} }}", mia.id);
    assert_eq!(root.ask(&status).await.text("user.status"), "LOCKED");
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "Your account is locked for a while");
    // Who is signed in goes on.
    assert!(mia.is_signed_in().await);
    world.pass(TimeDelta::minutes(14));
    login(&world, "mia", PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    world.pass(TimeDelta::minutes(2));
    login(&world, "mia", PASSWORD).await.ok();
    // A success takes the count back.
    for _ in 0..4 {
        login(&world, "mia", "Wrong-Whale-42").await;
    }
    login(&world, "mia", PASSWORD).await.ok();
    login(&world, "mia", "Wrong-Whale-42").await;
    login(&world, "mia", PASSWORD).await.ok();
}

async fn parallel_guesses_are_all_counted(world: World) {
    world.member("mia").await;
    let before = world.app.hasher.checked();
    let guesses = (0..20).map(|_| login(&world, "mia", "Wrong-Whale-42"));
    for answer in futures::future::join_all(guesses).await {
        // Those who find the hashing queue full are told to come back; none learns more.
        assert!(answer.user_errors() == ["INVALID_CREDENTIALS"] || answer.codes() == ["RATE_LIMITED"]);
    }
    assert_eq!(world.app.hasher.checked() - before, 5);
    login(&world, "mia", &format!("{PASSWORD}2"))
        .await
        .failed(&["INVALID_CREDENTIALS"]);
}

async fn a_generated_password_has_to_be_changed_first(world: World) {
    let root = world.super_admin().await;
    let input = json!({ "name": "mia", "account": "mia", "accountType": "MEMBER", "generatePassword": true });
    let made = root
        .mutate(
            "createUser",
            input,
            "generatedPassword user { mustChangePassword }",
        )
        .await
        .ok();
    let password = made.text("createUser.generatedPassword");
    assert_eq!(password.len(), 16);
    let answer = login(&world, "mia", &password).await.ok();
    assert_eq!(answer.text("login.step"), "PASSWORD_CHANGE_REQUIRED");
    assert!(answer.at("login.tokens").is_null() && answer.at("login.user").is_null());
    let challenge = answer.text("login.challenge");
    let complete = |challenge: &str, new: &str, again: &str| {
        let input = json!({ "challenge": challenge, "newPassword": new, "newPasswordConfirmation": again });
        let nobody = world.nobody();
        async move {
            nobody
                .mutate("completeLogin", input, &format!("step {TOKENS}"))
                .await
        }
    };
    complete(&challenge, "short", "other")
        .await
        .failed(&["MISMATCH newPasswordConfirmation", "TOO_SHORT newPassword"]);
    complete(&challenge, &password, &password)
        .await
        .failed(&["PASSWORD_REUSED newPassword"]);
    complete("nonsense", PASSWORD, PASSWORD)
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    let input = json!({ "challenge": challenge });
    let missing = world.nobody().mutate("completeLogin", input, "step").await;
    missing.failed(&["REQUIRED newPassword", "REQUIRED newPasswordConfirmation"]);
    complete(&challenge, PASSWORD, PASSWORD).await.ok();
    complete(&challenge, "Other-Whale-42", "Other-Whale-42")
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
    assert_eq!(
        login(&world, "mia", PASSWORD).await.ok().text("login.step"),
        "DONE"
    );
    // A challenge does not outlive its ten minutes.
    let input = json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "").await.ok();
    let challenge = login(&world, "nia", PASSWORD).await.ok().text("login.challenge");
    world.pass(TimeDelta::minutes(11));
    complete(&challenge, "Other-Whale-42", "Other-Whale-42")
        .await
        .failed(&["INVALID_CREDENTIALS challenge"]);
}

async fn a_refresh_token_works_once(world: World) {
    let mia = world.member("mia").await;
    let first = mia.refresh_token.clone().unwrap();
    let answer = refresh(&world, &first).await.ok();
    let second = answer.text("refreshSession.tokens.refreshToken");
    assert_ne!(first, second);
    // A client that sent its request twice is refused, and goes on with what it has.
    refresh(&world, &first)
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    assert!(
        mia.with_tokens(&answer, "refreshSession.tokens")
            .is_signed_in()
            .await
    );
    refresh(&world, &second).await.ok();
    refresh(&world, "nonsense")
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    world
        .nobody()
        .mutate("refreshSession", json!({ "refreshToken": null }), "")
        .await
        .failed(&["REQUIRED refreshToken"]);
    // An access token expires, a refresh token gives the next one.
    world.pass(TimeDelta::minutes(16));
    assert!(!mia.is_signed_in().await);
}

async fn an_old_refresh_token_ends_the_session(world: World) {
    let mia = world.member("mia").await;
    let first = mia.refresh_token.clone().unwrap();
    let second = refresh(&world, &first)
        .await
        .ok()
        .text("refreshSession.tokens.refreshToken");
    world.pass(TimeDelta::seconds(11));
    let third = refresh(&world, &second).await.ok();
    refresh(&world, &first)
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    assert!(
        !mia.with_tokens(&third, "refreshSession.tokens")
            .is_signed_in()
            .await
    );
    refresh(&world, &third.text("refreshSession.tokens.refreshToken"))
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    let events = world.count("SELECT COUNT(*) AS n FROM audit_event WHERE action = 'refreshSession' AND outcome = 'REFUSED' AND target_account = 'mia'").await;
    assert_eq!(events, 1);
    // Its owner finds it among what was done in their name, with where it came from.
    let mia = Actor::log_in(&world, "mia", &format!("{PASSWORD}2")).await;
    let log = "{ auditEvents(filter: { actions: [\"refreshSession\"] }) { nodes { \
        outcome actorAccount address userAgent changes { field before after } } } }";
    let log = mia.ask(log).await.ok();
    let event = log.at("auditEvents.nodes.0");
    let told = "ended: an old refresh token was used again";
    assert_eq!(
        event["changes"],
        json!([{ "field": "session", "before": "open", "after": told }])
    );
    assert_eq!(
        (&event["outcome"], &event["actorAccount"]),
        (&json!("REFUSED"), &json!("mia"))
    );
    assert_eq!(
        (&event["address"], &event["userAgent"]),
        (&json!("127.0.0.1"), &json!("tests"))
    );
}

async fn a_session_ends_after_30_days_at_the_latest(world: World) {
    let mia = world.member("mia").await;
    let mut token = mia.refresh_token.clone().unwrap();
    for _ in 0..4 {
        world.pass(TimeDelta::days(6));
        token = refresh(&world, &token)
            .await
            .ok()
            .text("refreshSession.tokens.refreshToken");
    }
    // Six more days would be the 30th: the last token holds until then and no longer.
    world.pass(TimeDelta::days(6) + TimeDelta::minutes(1));
    refresh(&world, &token)
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    // And one that was not used for 7 days is over.
    let nia = world.member("nia").await;
    world.pass(TimeDelta::days(7));
    refresh(&world, &nia.refresh_token.unwrap())
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
}

async fn signing_out_holds_at_once(world: World) {
    let mia = world.member("mia").await;
    let elsewhere = Actor::log_in(&world, "mia", &format!("{PASSWORD}2")).await;
    mia.ask("mutation { logout { userErrors { code } } }").await.ok();
    assert!(!mia.is_signed_in().await);
    refresh(&world, &mia.refresh_token.unwrap())
        .await
        .failed(&["INVALID_CREDENTIALS refreshToken"]);
    assert!(elsewhere.is_signed_in().await);
    // Who is not signed in has what they want.
    world
        .nobody()
        .ask("mutation { logout { userErrors { code } } }")
        .await
        .ok();
}

async fn a_wrong_token_is_401_whatever_is_asked(world: World) {
    let mut mia = world.member("mia").await;
    let good = mia.token.clone().unwrap();
    let tail: String = good.chars().rev().take(10).collect();
    for token in [
        "nonsense".to_owned(),
        String::new(),
        good.replace(&good[..10], "eyJhbGciOi"),
        format!("{good}{tail}"),
    ] {
        mia.token = Some(token);
        for document in ["{ registrationSettings { open } }", "{ nothing }", "{"] {
            let answer = mia.ask(document).await;
            assert_eq!(answer.status, 401);
            assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
            assert!(answer.body.get("data").is_none());
        }
    }
}

async fn the_fifty_first_session_ends_the_one_used_longest_ago(world: World) {
    let mia = world.member("mia").await;
    world.pass(TimeDelta::seconds(1));
    let second = Actor::log_in(&world, "mia", &format!("{PASSWORD}2")).await;
    for _ in 0..48 {
        login(&world, "mia", &format!("{PASSWORD}2")).await.ok();
    }
    assert!(mia.is_signed_in().await);
    login(&world, "mia", &format!("{PASSWORD}2")).await.ok();
    assert!(!mia.is_signed_in().await);
    assert!(second.is_signed_in().await);
}

async fn what_has_expired_is_swept_out(world: World) {
    let root = world.super_admin().await;
    world.registered("mia", None).await;
    world
        .nobody()
        .mutate(
            "sendVerificationCode",
            json!({ "email": "nia@example.com", "purpose": "REGISTER" }),
            "",
        )
        .await
        .ok();
    world.mail.to("nia@example.com").await;
    let blue = world.superapp_team("Blue").await;
    blue.invite("Developer").await;
    let input = json!({ "name": "lia", "account": "lia", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", input, "").await.ok();
    assert_eq!(
        login(&world, "lia", PASSWORD).await.ok().text("login.step"),
        "PASSWORD_CHANGE_REQUIRED"
    );
    let left = async || {
        let mut left = Vec::new();
        for table in ["session", "login_challenge", "verification_code", "counter"] {
            left.push(world.count(&format!("SELECT COUNT(*) AS n FROM {table}")).await);
        }
        left.push(world.count("SELECT COUNT(code_hash) AS n FROM invitation").await);
        left
    };
    rollcall::platform::sweep::sweep(&world.app).await.unwrap();
    assert!(left().await.iter().all(|rows| *rows > 0), "{:?}", left().await);
    world.pass(TimeDelta::days(31));
    rollcall::platform::sweep::sweep(&world.app).await.unwrap();
    assert_eq!(left().await, [0; 5]);
}

async fn who_signs_in_or_joins_sees_the_answer_as_who_they_are(world: World) {
    let blue = world.superapp_team("Blue").await;
    world.registered("mia", None).await;
    let seen = "user { account email status memberships { totalCount } }";
    let input = json!({ "login": "mia@example.com", "password": PASSWORD });
    let answer = world.nobody().mutate("login", input, seen).await.ok();
    assert_eq!(answer.text("login.user.email"), "mia@example.com");
    let code = blue.invite("Developer").await;
    let email = "nia@example.com";
    world
        .nobody()
        .mutate(
            "sendVerificationCode",
            json!({ "email": email, "purpose": "REGISTER" }),
            "",
        )
        .await
        .ok();
    let input = json!({
        "name": "nia", "account": "nia", "email": email, "verificationCode": world.mail.to(email).await.code(6),
        "password": PASSWORD, "passwordConfirmation": PASSWORD, "invitationCode": code,
    });
    let answer = world.nobody().mutate("register", input, seen).await.ok();
    assert_eq!(answer.at("register.user.memberships.totalCount"), 1);
    // Who registers straight into a team is told of it, as who joins is.
    assert_eq!(
        world.mail.to(email).await.subject,
        "You are now a member of a team"
    );
    let mia = Actor::log_in(&world, "mia", PASSWORD).await;
    let seen =
        "membership { role { name } team { name memberCount viewerPermissions members { totalCount } } }";
    let answer = mia
        .mutate("joinTeam", json!({ "code": blue.invite("Operator").await }), seen)
        .await
        .ok();
    assert_eq!(answer.at("joinTeam.membership.team.members.totalCount"), 3);
    assert_eq!(
        answer
            .at("joinTeam.membership.team.viewerPermissions")
            .as_array()
            .unwrap()
            .len(),
        3
    );
    // What later mutations of the same document may do is a matter of who asked.
    let document = format!(
        "mutation {{ login(input: {{ login: \"mia\", password: \"{PASSWORD}\" }}) {{ step }} \
         updateProfile(input: {{ name: \"other\" }}) {{ user {{ name }} }} }}"
    );
    let answer = world.nobody().ask(&document).await;
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(answer.text("login.step"), "DONE");
}
