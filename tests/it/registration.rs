//! Registering with a mailed code.

use chrono::TimeDelta;
use reqwest::header::HeaderMap;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    an_address_gets_the_same_answer_whether_or_not_it_is_known,
    a_new_code_waits_a_minute_and_voids_the_one_before,
    an_address_gets_ten_codes_a_day,
    a_source_asks_for_ten_codes_a_day,
    a_code_holds_for_ten_minutes,
    a_code_works_once_also_for_many_at_once,
    a_code_bears_five_tries,
    parallel_guesses_get_five_tries_together,
    a_code_is_for_its_own_address_and_purpose,
    who_exists_is_told_only_after_a_valid_code,
    accounts_and_emails_share_one_namespace,
    all_that_is_wrong_is_told_together_and_costs_no_try,
    a_bad_invitation_fails_the_whole_and_costs_a_try,
    the_language_is_kept,
    who_registers_without_an_invitation_has_only_an_account,
    a_closed_registration_lets_nobody_in,
);

const WRONG: &str = "The code is not the one that was mailed, so one that cannot be is typed: 00000x";

async fn send(who: &Actor, email: &str, purpose: &str) -> Answer {
    let input = json!({ "email": email, "purpose": purpose });
    who.mutate("sendVerificationCode", input, "resendAfter").await
}

/// Asks for a code to register with, and reads it from the letter.
async fn code_for(world: &World, email: &str) -> String {
    send(&world.nobody(), email, "REGISTER").await.ok();
    world.mail.to(email).await.code(6)
}

/// What somebody types who registers as `account`.
fn form(account: &str, email: &str, code: &str) -> Value {
    json!({
        "name": account, "account": account, "email": email, "verificationCode": code,
        "password": PASSWORD, "passwordConfirmation": PASSWORD,
    })
}

async fn register(world: &World, input: Value) -> Answer {
    let selection = "user { id account } tokens { accessToken refreshToken }";
    world.nobody().mutate("register", input, selection).await
}

/// A code of six digits that is not this one.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Nobody, who comes from this address by way of a proxy.
fn from(world: &World, source: &str) -> Actor {
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", source.parse().unwrap());
    let client = reqwest::Client::builder().user_agent("tests");
    Actor {
        client: client.default_headers(headers).build().unwrap(),
        ..world.nobody()
    }
}

#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(answer.codes(), ["RATE_LIMITED"], "{}", answer.body);
    answer.body["errors"][0]["extensions"]["retryAfter"]
        .as_u64()
        .unwrap()
}

async fn an_address_gets_the_same_answer_whether_or_not_it_is_known(world: World) {
    let mia = world.registered("mia", None).await;
    let root = world.super_admin().await;
    let ops =
        json!({ "name": "ops", "account": "ops@example.com", "accountType": "MEMBER", "password": PASSWORD });
    root.mutate("createUser", ops, "").await.ok();
    world.pass(TimeDelta::seconds(61));
    let unknown = send(&world.nobody(), "new@example.com", "REGISTER").await.ok();
    assert_eq!(unknown.at("sendVerificationCode.resendAfter"), 60);
    world.mail.to("new@example.com").await.code(6);
    // The address that is bound, in whatever case, and the one that is somebody's account.
    for known in ["MIA@Example.com", "ops@example.com"] {
        let answer = send(&world.nobody(), known, "REGISTER").await;
        assert_eq!(answer.raw, unknown.raw);
        let letter = world.mail.to(known).await;
        assert_eq!(letter.subject, "You have an account already");
        assert!(!letter.has_code(), "{}", letter.text);
    }
    // The same for who is signed in and wants to bind an address.
    world.pass(TimeDelta::seconds(61));
    let nia = world.member("nia").await;
    let answer = send(&nia, "mia@example.com", "BIND_EMAIL").await;
    assert_eq!(answer.raw, unknown.raw);
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "You have an account already");
    assert!(!letter.has_code(), "{}", letter.text);
    // And the refusals do not tell either.
    let known = send(&world.nobody(), "mia@example.com", "REGISTER").await;
    let unknown = send(&world.nobody(), "new@example.com", "REGISTER").await;
    assert_eq!(known.codes(), ["RATE_LIMITED"]);
    unknown.ok();
    assert!(mia.is_signed_in().await);
}

async fn a_new_code_waits_a_minute_and_voids_the_one_before(world: World) {
    let first = code_for(&world, "mia@example.com").await;
    let before = world.rows_everywhere().await;
    world.pass(TimeDelta::seconds(30));
    for same in ["mia@example.com", "MIA@EXAMPLE.COM"] {
        let seconds = retry_after(&send(&world.nobody(), same, "REGISTER").await);
        assert!((28..=31).contains(&seconds), "{seconds}");
    }
    assert_eq!(world.rows_everywhere().await, before);
    world.pass(TimeDelta::seconds(31));
    let second = code_for(&world, "mia@example.com").await;
    if first != second {
        register(&world, form("mia", "mia@example.com", &first))
            .await
            .failed(&["INVALID_CODE verificationCode"]);
    }
    register(&world, form("mia", "mia@example.com", &second))
        .await
        .ok();
}

async fn an_address_gets_ten_codes_a_day(world: World) {
    let world = World::with(world.store, &["--trusted-proxies", "127.0.0.0/8"]).await;
    for source in 1..=10 {
        let who = from(&world, &format!("192.0.2.{source}"));
        send(&who, "mia@example.com", "REGISTER").await.ok();
        world.pass(TimeDelta::seconds(61));
    }
    let before = world.rows_everywhere().await;
    let who = from(&world, "192.0.2.11");
    let seconds = retry_after(&send(&who, "Mia@example.com", "REGISTER").await);
    let day = 24 * 60 * 60;
    assert!((day - 11 * 61..day).contains(&seconds), "{seconds}");
    assert_eq!(world.rows_everywhere().await, before);
    // Another address has its own ten.
    send(&who, "nia@example.com", "REGISTER").await.ok();
    world.pass(TimeDelta::hours(24));
    send(&who, "mia@example.com", "REGISTER").await.ok();
}

async fn a_source_asks_for_ten_codes_a_day(world: World) {
    let world = World::with(world.store, &["--trusted-proxies", "127.0.0.0/8"]).await;
    let who = from(&world, "192.0.2.1");
    for number in 1..=10 {
        send(&who, &format!("mia{number}@example.com"), "REGISTER")
            .await
            .ok();
    }
    let before = world.rows_everywhere().await;
    let seconds = retry_after(&send(&who, "mia11@example.com", "REGISTER").await);
    assert!(seconds > 60, "{seconds}");
    assert_eq!(world.rows_everywhere().await, before);
    send(&from(&world, "192.0.2.2"), "mia12@example.com", "REGISTER")
        .await
        .ok();
    world.pass(TimeDelta::hours(24));
    send(&who, "mia11@example.com", "REGISTER").await.ok();
}

async fn a_code_holds_for_ten_minutes(world: World) {
    let late = code_for(&world, "late@example.com").await;
    let soon = code_for(&world, "soon@example.com").await;
    world.pass(TimeDelta::minutes(9) + TimeDelta::seconds(50));
    register(&world, form("soon", "soon@example.com", &soon))
        .await
        .ok();
    world.pass(TimeDelta::seconds(11));
    let before = world.rows_everywhere().await;
    register(&world, form("late", "late@example.com", &late))
        .await
        .failed(&["CODE_EXPIRED verificationCode"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn a_code_works_once_also_for_many_at_once(world: World) {
    let code = code_for(&world, "mia@example.com").await;
    let many = (0..8).map(|place| register(&world, form(&format!("mia{place}"), "mia@example.com", &code)));
    let answers = futures::future::join_all(many).await;
    let done = answers
        .iter()
        .filter(|answer| answer.codes().is_empty() && answer.user_errors().is_empty());
    assert_eq!(done.count(), 1);
    for answer in &answers {
        assert!(
            matches!(
                &answer.user_errors()[..],
                [] | [_] if answer.codes().is_empty() || answer.codes() == ["RATE_LIMITED"]
            ),
            "{}",
            answer.body
        );
        assert!(!answer.user_errors().contains(&"TAKEN email".to_owned()));
    }
    let users = "SELECT COUNT(*) AS n FROM \"user\" WHERE email = 'mia@example.com'";
    assert_eq!(world.count(users).await, 1);
    let before = world.rows_everywhere().await;
    register(&world, form("another", "mia@example.com", &code))
        .await
        .failed(&["INVALID_CODE verificationCode"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn a_code_bears_five_tries(world: World) {
    let code = code_for(&world, "mia@example.com").await;
    let wrong = [&other_than(&code), "", "12345", "1234567", WRONG];
    for wrong in &wrong[..4] {
        register(&world, form("mia", "mia@example.com", wrong))
            .await
            .failed(&["INVALID_CODE verificationCode"]);
    }
    register(&world, form("mia", "mia@example.com", &code)).await.ok();
    let code = code_for(&world, "nia@example.com").await;
    let before = world.rows_everywhere().await;
    for wrong in wrong {
        let answer = register(&world, form("nia", "nia@example.com", wrong)).await;
        assert_eq!(answer.user_errors(), ["INVALID_CODE verificationCode"]);
    }
    register(&world, form("nia", "nia@example.com", &code))
        .await
        .failed(&["CODE_EXPIRED verificationCode"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn parallel_guesses_get_five_tries_together(world: World) {
    let code = code_for(&world, "mia@example.com").await;
    let wrong = other_than(&code);
    let before = world.rows_everywhere().await;
    let guesses = (0..12).map(|_| register(&world, form("mia", "mia@example.com", &wrong)));
    let mut told: Vec<String> = futures::future::join_all(guesses)
        .await
        .iter()
        .flat_map(Answer::user_errors)
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            vec!["CODE_EXPIRED verificationCode"; 7],
            vec!["INVALID_CODE verificationCode"; 5]
        ]
        .concat()
    );
    register(&world, form("mia", "mia@example.com", &code))
        .await
        .failed(&["CODE_EXPIRED verificationCode"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn a_code_is_for_its_own_address_and_purpose(world: World) {
    let nia = world.member("nia").await;
    let mias = code_for(&world, "mia@example.com").await;
    send(&nia, "nia@example.com", "BIND_EMAIL").await.ok();
    let binding = world.mail.to("nia@example.com").await.code(6);
    let before = world.rows_everywhere().await;
    for (email, code) in [("zoe@example.com", &mias), ("nia@example.com", &binding)] {
        register(&world, form("zoe", email, code))
            .await
            .failed(&["INVALID_CODE verificationCode"]);
    }
    // A code to register binds nothing; one to bind, nothing to somebody else.
    let lia = world.member("lia").await;
    for (who, email, code) in [
        (&nia, "mia@example.com", &mias),
        (&lia, "nia@example.com", &binding),
    ] {
        let password = format!("{PASSWORD}2");
        let input = json!({ "email": email, "verificationCode": code, "password": password });
        who.mutate("bindEmail", input, "user { email }")
            .await
            .failed(&["INVALID_CODE verificationCode"]);
    }
    let emails = "SELECT COUNT(*) AS n FROM \"user\" WHERE email IS NOT NULL";
    assert_eq!(world.count(emails).await, 0);
    assert_eq!(world.letters().await, before.last().unwrap().1);
    send(&world.nobody(), "zoe@example.com", "BIND_EMAIL")
        .await
        .refused("UNAUTHENTICATED");
}

async fn who_exists_is_told_only_after_a_valid_code(world: World) {
    world.registered("mia", None).await;
    let code = code_for(&world, "nia@example.com").await;
    let before = world.rows_everywhere().await;
    for taken in ["mia", "MIA", "Mia@Example.com"] {
        let mut input = form("nia", "nia@example.com", &other_than(&code));
        input["account"] = json!(taken);
        register(&world, input)
            .await
            .failed(&["INVALID_CODE verificationCode"]);
    }
    let mut input = form("nia", "nia@example.com", &code);
    input["account"] = json!("mIa");
    register(&world, input).await.failed(&["TAKEN account"]);
    assert_eq!(world.rows_everywhere().await, before);
    // The code was not spent, so another account is at hand.
    register(&world, form("nia", "nia@example.com", &code)).await.ok();

    // An address that became somebody's since its code was mailed.
    let code = code_for(&world, "late@example.com").await;
    let late = json!({ "name": "late", "account": "LATE@example.com", "accountType": "MEMBER", "password": PASSWORD });
    let root = world.super_admin().await;
    root.mutate("createUser", late, "").await.ok();
    let before = world.rows_everywhere().await;
    register(&world, form("zoe", "late@example.com", &other_than(&code)))
        .await
        .failed(&["INVALID_CODE verificationCode"]);
    register(&world, form("zoe", "late@example.com", &code))
        .await
        .failed(&["TAKEN email"]);
    assert_eq!(world.rows_everywhere().await, before);
}

async fn accounts_and_emails_share_one_namespace(world: World) {
    let root = world.super_admin().await;
    world.registered("mia", None).await;
    let before = world.rows_everywhere().await;
    for taken in ["mia@example.com", "MIA@Example.COM", "mia", "MIA", "ROOT"] {
        let input =
            json!({ "name": "somebody", "account": taken, "accountType": "MEMBER", "password": PASSWORD });
        root.mutate("createUser", input, "user { id }")
            .await
            .failed(&["TAKEN account"]);
    }
    assert_eq!(world.rows_everywhere().await, before);
    // One's own account may be one's own address.
    let code = code_for(&world, "eve@example.com").await;
    register(&world, form("EVE@example.com", "eve@Example.com", &code))
        .await
        .ok();
    let eve = Actor::log_in(&world, "eve@example.com", PASSWORD).await;
    assert_eq!(eve.account, "EVE@example.com");
    let logins = "SELECT COUNT(*) AS n FROM login_name WHERE login = 'eve@example.com'";
    assert_eq!(world.count(logins).await, 1);
}

async fn all_that_is_wrong_is_told_together_and_costs_no_try(world: World) {
    let code = code_for(&world, "mia@example.com").await;
    let before = world.rows_everywhere().await;
    let bad = json!({
        "name": "mi", "account": "m i a", "email": "mia", "verificationCode": code,
        "password": "short", "passwordConfirmation": "other",
    });
    let expected = [
        "TOO_SHORT name",
        "INVALID account",
        "MISMATCH passwordConfirmation",
        "TOO_SHORT password",
        "INVALID email",
    ];
    for _ in 0..6 {
        let answer = register(&world, bad.clone()).await.failed(&expected);
        assert!(answer.at("register.user").is_null() && answer.at("register.tokens").is_null());
    }
    let mut mismatch = form("mia", "mia@example.com", &code);
    mismatch["passwordConfirmation"] = json!("Blue-Whale-43");
    for _ in 0..6 {
        register(&world, mismatch.clone())
            .await
            .failed(&["MISMATCH passwordConfirmation"]);
    }
    assert_eq!(world.rows_everywhere().await, before);
    // Not one of the five tries is gone. Blanks around a pasted code do no harm.
    let tries = "SELECT CAST(tries AS BIGINT) AS n FROM verification_code";
    assert_eq!(world.count(tries).await, 0);
    register(&world, form("mia", "mia@example.com", &format!(" {code}\n")))
        .await
        .ok();
}

async fn a_bad_invitation_fails_the_whole_and_costs_a_try(world: World) {
    let blue = world.superapp_team("Blue").await;
    let invitation = blue.invite("Developer").await;
    let code = code_for(&world, "mia@example.com").await;
    let before = world.rows_everywhere().await;
    let mut input = form("mia", "mia@example.com", &code);
    let number: u32 = invitation.parse().unwrap();
    for bad in [
        "",
        "123",
        "not a code",
        &format!("{:08}", (number + 1) % 100_000_000),
    ] {
        input["invitationCode"] = json!(bad);
        let answer = register(&world, input.clone()).await;
        answer.failed(&["INVALID_INVITATION invitationCode"]);
    }
    assert_eq!(world.rows_everywhere().await, before);
    // Four of five tries are gone; the fifth is right.
    input["invitationCode"] = json!(invitation);
    let answer = register(&world, input).await.ok();
    let mia = world.nobody().with_tokens(&answer, "register.tokens");
    let seats = mia
        .ask("{ viewer { memberships { nodes { team { name } role { name } } } } }")
        .await
        .ok();
    assert_eq!(
        *seats.at("viewer.memberships.nodes"),
        json!([{ "team": { "name": "Blue" }, "role": { "name": "Developer" } }])
    );
    let code = code_for(&world, "nia@example.com").await;
    let mut input = form("nia", "nia@example.com", &code);
    input["invitationCode"] = json!("00000000");
    for _ in 0..5 {
        register(&world, input.clone()).await;
    }
    input["invitationCode"] = json!(blue.invite("Developer").await);
    register(&world, input)
        .await
        .failed(&["CODE_EXPIRED verificationCode"]);
}

async fn the_language_is_kept(world: World) {
    for (account, locale, kept) in [
        ("mia", json!("ZH_CN"), "ZH_CN"),
        ("nia", json!("EN"), "EN"),
        ("lia", json!(null), "EN"),
    ] {
        let email = format!("{account}@example.com");
        let code = code_for(&world, &email).await;
        let mut input = form(account, &email, &code);
        input["locale"] = locale;
        let answer = register(&world, input).await.ok();
        let who = world.nobody().with_tokens(&answer, "register.tokens");
        let viewer = who.ask("{ viewer { user { locale } } }").await.ok();
        assert_eq!(viewer.text("viewer.user.locale"), kept);
    }
}

async fn who_registers_without_an_invitation_has_only_an_account(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = world.registered("mia", None).await;
    assert_eq!(mia.menus().await, ["ACCOUNT"]);
    let document = "query($team: ID!, $user: ID!) {
        viewer {
            user { account name accountType email status mustChangePassword }
            memberships { totalCount nodes { id } }
            can(permission: DATA_DASHBOARD, teamId: $team)
        }
        team(id: $team) { id }
        user(id: $user) { id }
        teams { totalCount nodes { id } }
    }";
    let variables = json!({ "team": blue.id, "user": blue.admin.id });
    let answer = mia.ask_with(document, variables).await.ok();
    assert_eq!(
        answer.body["data"],
        json!({
            "viewer": {
                "user": {
                    "account": "mia", "name": "mia", "accountType": "MEMBER", "email": "mia@example.com",
                    "status": "ACTIVE", "mustChangePassword": false,
                },
                "memberships": { "totalCount": 0, "nodes": [] },
                "can": false,
            },
            "team": null,
            "user": null,
            "teams": { "totalCount": 0, "nodes": [] },
        })
    );
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    let before = world.rows_everywhere().await;
    let user = json!({ "name": "nia", "account": "nia", "accountType": "MEMBER", "password": PASSWORD });
    mia.mutate("createUser", user, "").await.refused("FORBIDDEN");
    let invitation = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", invitation, "")
        .await
        .refused("FORBIDDEN");
    mia.mutate("leaveTeam", json!({ "teamId": blue.id }), "")
        .await
        .refused("FORBIDDEN");
    assert_eq!(world.rows_everywhere().await, before);
}

async fn a_closed_registration_lets_nobody_in(world: World) {
    let world = World::with(world.store, &["--registration", "closed"]).await;
    let settings = world.nobody().ask("{ registrationSettings { open } }").await.ok();
    assert_eq!(settings.at("registrationSettings.open"), false);
    let before = world.rows_everywhere().await;
    let requires = json!(["SUPER_ADMIN", "PLATFORM_ADMIN"]);
    for answer in [
        send(&world.nobody(), "mia@example.com", "REGISTER").await,
        register(&world, form("mia", "mia@example.com", "123456")).await,
    ] {
        let answer = answer.refused("FORBIDDEN");
        assert_eq!(answer.body["errors"][0]["extensions"]["requires"], requires);
    }
    assert_eq!(world.rows_everywhere().await, before);
    // Those who have an account bind their address all the same.
    let nia = world.member("nia").await;
    send(&nia, "nia@example.com", "BIND_EMAIL").await.ok();
    world.mail.to("nia@example.com").await.code(6);
}
