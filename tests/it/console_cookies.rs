//! A console in a browser, on the server's own origin: its tokens are in cookies, and no other page has any use of them.

use chrono::TimeDelta;
use futures::future::join_all;
use reqwest::Method;
use reqwest::header::HeaderMap;

use crate::support::actor::PASSWORD;
use crate::support::authenticator::Authenticator;
use crate::support::console::{OWN_PAGE, Reply};
use crate::support::*;

on_each_database!(
    all_that_gives_tokens_gives_them_to_cookies_alone,
    a_session_goes_on_by_its_cookie,
    pages_that_refresh_at_once_all_go_on,
    what_was_copied_from_a_cookie_is_found_out,
    signing_out_ends_the_session_even_without_an_access_token,
);

const LOGIN: &str = "step challenge deviceToken tokens { accessToken refreshToken } user { account }";
const REFRESH: &str = "mutation { refreshSession(input: {}) { tokens { accessToken refreshToken } userErrors { code field } } }";
const VIEWER: &str = "{ viewer { user { account } } }";
const ALL: [&str; 3] = ["rollcall-access", "rollcall-device", "rollcall-refresh"];
const ACCESS: &str = ALL[0];
const REFRESH_COOKIE: &str = ALL[2];
/// What a console has of a session without its device.
const SESSION: [&str; 2] = [ACCESS, REFRESH_COOKIE];

async fn world(flags: &[&str]) -> World {
    World::with(Store::Sqlite, flags).await
}

async fn log_in(console: &Console, login: &str, password: &str) -> Reply {
    let input = json!({ "login": login, "password": password });
    console.mutate("login", input, LOGIN).await.ok()
}

/// A browser in which the super admin is signed in.
async fn signed_in(world: &World) -> Console {
    let console = Console::new(&world.url);
    log_in(&console, "root", PASSWORD).await;
    assert_eq!(console.account().await.as_deref(), Some("root"));
    console
}

/// Goes on only when the answer set these cookies, and had none of their values in its body.
#[track_caller]
fn assert_gave(console: &Console, reply: &Reply, names: &[&str], tokens: &str) {
    assert_eq!(reply.changed(), names, "{}", reply.answer.body);
    for name in names {
        let value = console.cookie(name);
        assert!(value.len() > 40 && !reply.answer.raw.contains(&value), "{name}");
    }
    assert!(reply.answer.at(tokens).is_null(), "{}", reply.answer.body);
    assert!(!reply.answer.raw.contains("eyJ"), "{}", reply.answer.raw);
}

async fn all_that_gives_tokens_gives_them_to_cookies_alone(world: World) {
    // A login, and a refresh.
    let console = Console::new(&world.url);
    let reply = log_in(&console, "root", PASSWORD).await;
    assert_gave(&console, &reply, &ALL, "login.tokens");
    assert_eq!(reply.answer.text("login.step"), "DONE");
    assert_eq!(reply.answer.text("login.user.account"), "root");
    assert!(reply.answer.at("login.deviceToken").is_null());
    let reply = console.ask(REFRESH).await.ok();
    assert_gave(&console, &reply, &SESSION, "refreshSession.tokens");
    // A login of two steps gives nothing at the first.
    let input = json!({ "name": "mia", "account": "mia", "accountType": "MEMBER", "password": PASSWORD });
    console.mutate("createUser", input, "").await.ok();
    let other = Console::new(&world.url);
    let reply = log_in(&other, "mia", PASSWORD).await;
    assert!(reply.set.is_empty(), "{:?}", reply.set);
    let input = json!({
        "challenge": reply.answer.text("login.challenge"),
        "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42",
    });
    let reply = other.mutate("completeLogin", input, LOGIN).await.ok();
    assert_gave(&other, &reply, &ALL, "completeLogin.tokens");
    assert!(reply.answer.at("completeLogin.deviceToken").is_null());
    // A registration.
    let console = Console::new(&world.url);
    let input = json!({ "email": "nia@example.com", "purpose": "REGISTER" });
    console.mutate("sendVerificationCode", input, "").await.ok();
    let input = json!({
        "name": "nia", "account": "nia", "email": "nia@example.com",
        "verificationCode": world.mail.to("nia@example.com").await.code(6),
        "password": PASSWORD, "passwordConfirmation": PASSWORD,
    });
    let selection = "user { account email } tokens { accessToken }";
    let reply = console.mutate("register", input, selection).await.ok();
    assert_gave(&console, &reply, &SESSION, "register.tokens");
    // The answer is for who they are now, as it is for others.
    assert_eq!(reply.answer.text("register.user.email"), "nia@example.com");
    assert_eq!(console.account().await.as_deref(), Some("nia"));
    // A change of the password goes on with the session that made it.
    let input = json!({
        "currentPassword": PASSWORD, "newPassword": "Red-Whale-42", "newPasswordConfirmation": "Red-Whale-42",
    });
    let reply = console.mutate("changePassword", input, "").await.ok();
    assert!(reply.set.is_empty(), "{:?}", reply.set);
    assert_eq!(console.account().await.as_deref(), Some("nia"));
    // Who fails is given nothing.
    let input = json!({ "login": "nia", "password": "Wrong-Whale-42" });
    let reply = Console::new(&world.url).mutate("login", input, LOGIN).await;
    assert!(reply.set.is_empty() && reply.answer.user_errors() == ["INVALID_CREDENTIALS"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_within_the_login_gives_its_tokens_to_cookies_alone() {
    let world = world(&["--require-staff-totp", "true"]).await;
    let console = Console::new(&world.url);
    let reply = log_in(&console, "root", PASSWORD).await;
    assert_eq!(reply.answer.text("login.step"), "TOTP_ENROLMENT_REQUIRED");
    let challenge = reply.answer.text("login.challenge");
    let input = json!({ "challenge": challenge });
    let reply = console.mutate("enrollTotp", input, "otpauthUri").await.ok();
    assert!(reply.set.is_empty());
    let device = Authenticator::scan(&reply.answer.text("enrollTotp.otpauthUri"));
    world.begin_step();
    let input = json!({ "challenge": challenge, "code": device.code(&world.app) });
    let selection = format!("recoveryCodes login {{ {LOGIN} }}");
    let reply = console.mutate("confirmTotp", input, &selection).await.ok();
    assert_gave(&console, &reply, &ALL, "confirmTotp.login.tokens");
    assert!(reply.answer.at("confirmTotp.login.deviceToken").is_null());
    assert_eq!(
        reply
            .answer
            .at("confirmTotp.recoveryCodes")
            .as_array()
            .unwrap()
            .len(),
        10
    );
    // And so does the next login, with a dynamic code.
    world.pass(TimeDelta::seconds(30));
    let console = Console::new(&world.url);
    let reply = log_in(&console, "root", PASSWORD).await;
    assert!(reply.set.is_empty());
    let input =
        json!({ "challenge": reply.answer.text("login.challenge"), "totpCode": device.code(&world.app) });
    let reply = console.mutate("completeLogin", input, LOGIN).await.ok();
    assert_gave(&console, &reply, &ALL, "completeLogin.tokens");
}

async fn a_session_goes_on_by_its_cookie(world: World) {
    let console = signed_in(&world).await;
    let id = |reply: &Reply| reply.answer.text("viewer.session.id");
    let session = "{ viewer { session { id isCurrent } } }";
    let before = id(&console.ask(session).await.ok());
    let old = console.cookies();
    // The browser drops the access token at its end; the refresh token gives the next one.
    world.pass(TimeDelta::minutes(16));
    console.drop_cookie(ACCESS);
    assert_eq!(console.account().await, None);
    console
        .ask("{ users { totalCount } }")
        .await
        .answer
        .refused("UNAUTHENTICATED");
    let reply = console.ask(REFRESH).await.ok();
    assert_gave(&console, &reply, &SESSION, "refreshSession.tokens");
    assert_eq!(id(&console.ask(session).await.ok()), before);
    for name in SESSION {
        assert_ne!(console.cookie(name), old[name], "{name}");
    }
    assert_eq!(console.cookie("rollcall-device"), old["rollcall-device"]);
    // A browser whose clock stands still shows an old one: it is told, and forgets that one alone.
    world.pass(TimeDelta::minutes(16));
    let reply = console.ask(REFRESH).await;
    assert_eq!(reply.answer.status, 401);
    reply.answer.clone().refused("UNAUTHENTICATED");
    assert_eq!(reply.changed(), ["-rollcall-access"]);
    console.ask(REFRESH).await.ok();
    assert_eq!(console.account().await.as_deref(), Some("root"));
    // Seven days without a use are the end of the refresh token.
    world.pass(TimeDelta::days(7) + TimeDelta::seconds(1));
    console.drop_cookie(ACCESS);
    let reply = console.ask(REFRESH).await;
    assert_eq!(reply.answer.user_errors(), ["INVALID_CREDENTIALS refreshToken"]);
    assert_eq!(reply.changed(), ["-rollcall-access", "-rollcall-refresh"]);
    assert_eq!(console.kept(), ["rollcall-device"]);
    let reply = console.ask(REFRESH).await;
    assert_eq!(reply.answer.user_errors(), ["REQUIRED refreshToken"]);
}

/// Sixteen pages of one browser refresh at the same moment, on all nodes: each goes on, the session has gone on by one
/// generation, and the browser keeps the one refresh token that there is now.
async fn refresh_at_once(world: &World, console: &Console, urls: &[&str]) {
    let generation = async || world.count("SELECT SUM(generation) AS n FROM session").await;
    let before = generation().await;
    let pages: Vec<Console> = (0..16).map(|n| console.another(urls[n % urls.len()])).collect();
    let replies = join_all(pages.iter().map(|page| page.ask(REFRESH))).await;
    assert_eq!(generation().await, before + 1);
    let mut rotated = Vec::new();
    for (page, reply) in pages.iter().zip(&replies) {
        assert!(
            reply.answer.codes().is_empty() && reply.answer.user_errors().is_empty(),
            "{}",
            reply.answer.body
        );
        assert!(!reply.answer.raw.contains("eyJ"), "{}", reply.answer.raw);
        assert_eq!(page.account().await.as_deref(), Some("root"));
        if reply.changed() == SESSION {
            rotated.push(page);
        } else {
            assert_eq!(reply.changed(), [ACCESS]);
            assert_eq!(page.cookie(REFRESH_COOKIE), console.cookie(REFRESH_COOKIE));
        }
    }
    assert_eq!(rotated.len(), 1);
    // All pages have the cookies of one browser; a page that was slow still goes on with the token of before.
    for name in SESSION {
        console.put_cookie(name, &rotated[0].cookie(name));
    }
    console.ask(REFRESH).await.ok();
    let late = pages
        .iter()
        .find(|page| page.cookie(REFRESH_COOKIE) != rotated[0].cookie(REFRESH_COOKIE));
    let reply = late.unwrap().ask(REFRESH).await.ok();
    assert_eq!(reply.changed(), [ACCESS]);
    assert_eq!(console.account().await.as_deref(), Some("root"));
    // Each has left its event.
    let events =
        "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'refreshSession' AND actor_account = 'root'";
    assert_eq!(world.count(events).await, 18);
}

async fn pages_that_refresh_at_once_all_go_on(world: World) {
    let console = signed_in(&world).await;
    refresh_at_once(&world, &console, &[&world.url]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_refresh_at_once_on_two_nodes_all_go_on() {
    let (world, node) = crate::nodes::two_nodes(Store::Postgres).await;
    let console = signed_in(&world).await;
    refresh_at_once(&world, &console, &[&world.url, &node.url]).await;
}

async fn what_was_copied_from_a_cookie_is_found_out(world: World) {
    let console = signed_in(&world).await;
    let thief = console.another(&world.url);
    console.ask(REFRESH).await.ok();
    // Soon after, an old one gives no refresh token, in whatever way it is shown.
    assert_eq!(thief.ask(REFRESH).await.ok().changed(), [ACCESS]);
    let input = json!({ "refreshToken": thief.cookie(REFRESH_COOKIE) });
    let refused = world.nobody().mutate("refreshSession", input, "").await;
    refused.failed(&["INVALID_CREDENTIALS refreshToken"]);
    world.pass(TimeDelta::seconds(11));
    thief.drop_cookie(ACCESS);
    let reply = thief.ask(REFRESH).await;
    assert_eq!(reply.answer.user_errors(), ["INVALID_CREDENTIALS refreshToken"]);
    assert_eq!(thief.kept(), ["rollcall-device"]);
    // The owner's session is over with it, and the browser forgets it.
    let reply = console.ask(VIEWER).await;
    assert_eq!(reply.answer.status, 401);
    assert_eq!(reply.changed(), ["-rollcall-access", "-rollcall-refresh"]);
    assert_eq!(console.kept(), ["rollcall-device"]);
    assert_eq!(console.account().await, None);
}

async fn signing_out_ends_the_session_even_without_an_access_token(world: World) {
    let logout = "mutation { logout { userErrors { code } } }";
    let sessions = async || world.count("SELECT COUNT(*) AS n FROM session").await;
    let console = signed_in(&world).await;
    let reply = console.ask(logout).await.ok();
    assert_eq!(reply.changed(), ["-rollcall-access", "-rollcall-refresh"]);
    assert_eq!(
        (console.kept(), sessions().await),
        (vec!["rollcall-device".to_owned()], 0)
    );
    // The access token has expired: the refresh token tells whose session ends.
    let console = signed_in(&world).await;
    world.pass(TimeDelta::minutes(16));
    console.drop_cookie(ACCESS);
    let other = console.another(&world.url);
    console.ask(logout).await.ok();
    assert_eq!(
        (console.kept(), sessions().await),
        (vec!["rollcall-device".to_owned()], 0)
    );
    let reply = other.ask(REFRESH).await;
    assert_eq!(reply.answer.user_errors(), ["INVALID_CREDENTIALS refreshToken"]);
    let events = "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'logout' AND actor_account = 'root'";
    assert_eq!(world.count(events).await, 2);
    // Who has nothing, or what is no token, has what they want.
    console.ask(logout).await.ok();
    console.put_cookie(REFRESH_COOKIE, "nonsense");
    let reply = console.ask(logout).await.ok();
    assert_eq!(reply.changed(), ["-rollcall-access", "-rollcall-refresh"]);
    // A token in the header's place shows no cookie: a session of a script is not ended by one of a browser.
    let console = signed_in(&world).await;
    world.nobody().ask(logout).await.ok();
    assert_eq!(console.account().await.as_deref(), Some("root"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_forgets_a_session_that_was_ended_elsewhere() {
    let world = world(&[]).await;
    let console = signed_in(&world).await;
    let root = world.super_admin().await;
    root.ask("mutation { revokeOtherSessions { count } }").await.ok();
    for document in [VIEWER, REFRESH, "mutation { logout { userErrors { code } } }"] {
        let page = console.another(&world.url);
        let reply = page.ask(document).await;
        assert_eq!(reply.answer.status, 401, "{document}");
        assert_eq!(reply.changed(), ["-rollcall-access", "-rollcall-refresh"]);
        assert_eq!(page.kept(), ["rollcall-device"]);
    }
    // What is no token is no session either.
    let console = Console::new(&world.url);
    console.put_cookie(ACCESS, "nonsense");
    let reply = console.ask(VIEWER).await;
    assert_eq!(
        (reply.answer.status.as_u16(), reply.changed()),
        (401, vec!["-rollcall-access".to_owned()])
    );
    assert_eq!(console.account().await, None);
}

/// The parts of a cookie's line after its value.
fn attributes(reply: &Reply) -> Vec<String> {
    let part = |line: &String| {
        let (name, rest) = line.split_once('=').unwrap();
        format!("{name}: {}", rest.split_once("; ").unwrap().1)
    };
    reply.set.iter().map(part).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_says_how_it_may_be_used() {
    let minutes = 15 * 60;
    let (week, half_year) = (7 * 24 * 3600, 180 * 24 * 3600);
    let strict = "HttpOnly; SameSite=Strict";
    for (flags, path, names, secure) in [
        (&[][..], "", ALL, ""),
        (
            &["--public-url", "http://rollcall.example/base/"][..],
            "/base",
            ALL,
            "",
        ),
        (
            &["--public-url", "https://rollcall.example"],
            "",
            [
                "__Host-rollcall-access",
                "__Secure-rollcall-device",
                "__Secure-rollcall-refresh",
            ],
            "; Secure",
        ),
        (
            &["--public-url", "https://example.com/rollcall"],
            "/rollcall",
            [
                "__Host-rollcall-access",
                "__Secure-rollcall-device",
                "__Secure-rollcall-refresh",
            ],
            "; Secure",
        ),
    ] {
        let world = world(flags).await;
        // The clock of the test stands still for as long as the login takes: it is moved alone.
        let console = Console::new(&world.url);
        let reply = log_in(&console, "root", PASSWORD).await;
        let [access, device, refresh] = names;
        let lives = |name: &str, life: i64| {
            let line = attributes(&reply)
                .into_iter()
                .find(|line| line.starts_with(name))
                .unwrap();
            let age = line
                .split_once("Max-Age=")
                .unwrap()
                .1
                .split(';')
                .next()
                .unwrap()
                .parse::<i64>()
                .unwrap();
            assert!((life - 60..=life).contains(&age), "{line}");
            age
        };
        let expected = [
            format!(
                "{access}: Path=/; Max-Age={}; {strict}{secure}",
                lives(access, minutes)
            ),
            format!(
                "{device}: Path={path}/graphql; Max-Age={}; {strict}{secure}",
                lives(device, half_year)
            ),
            format!(
                "{refresh}: Path={path}/graphql; Max-Age={}; {strict}{secure}",
                lives(refresh, week)
            ),
        ];
        assert_eq!(attributes(&reply), expected);
        // What is forgotten is so under the same name and path.
        let reply = console
            .ask("mutation { logout { userErrors { code } } }")
            .await
            .ok();
        assert_eq!(
            reply.set,
            [
                format!("{access}=; Path=/; Max-Age=0; {strict}{secure}"),
                format!("{refresh}=; Path={path}/graphql; Max-Age=0; {strict}{secure}"),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_another_page_is_refused_whatever_it_asks() {
    let world = world(&["--allowed-origins", "https://console.example"]).await;
    let console = signed_in(&world).await;
    let own = world.url.clone();
    let sent = |site: Option<&'static str>, origin: Option<&str>| -> Vec<(&'static str, String)> {
        let mut headers = vec![("x-rollcall-session", "cookie".to_owned())];
        headers.extend(site.map(|site| ("sec-fetch-site", site.to_owned())));
        headers.extend(origin.map(|origin| ("origin", origin.to_owned())));
        headers
    };
    let rename = "mutation { updateProfile(input: { name: \"Eve\" }) { user { name } } }";
    let before = world
        .rows("SELECT name, generation FROM \"user\" JOIN session ON user_id = \"user\".id")
        .await;
    for headers in [
        sent(Some("cross-site"), Some("https://evil.example")),
        sent(Some("same-site"), Some("https://neighbour.example")),
        // What the browser says of the page goes before the origin.
        sent(Some("same-site"), Some(&own)),
        sent(Some("none"), None),
        sent(None, Some("https://evil.example")),
        sent(None, Some("null")),
        // Whom CORS lets ask has tokens of their own.
        sent(Some("cross-site"), Some("https://console.example")),
        sent(None, Some("https://console.example")),
        // Not even who it was is told.
        sent(None, None),
    ] {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let input = json!({ "input": { "login": "root", "password": PASSWORD } });
        let login = "mutation($input: LoginInput!) { login(input: $input) { step } }";
        let replies = [
            console.ask_as(&headers, VIEWER, json!({})).await,
            console.ask_as(&headers, rename, json!({})).await,
            console.ask_as(&headers, REFRESH, json!({})).await,
            // Nobody is signed in as somebody else, either.
            console.ask_as(&headers, login, input).await,
            console.get_as(&headers, VIEWER).await,
        ];
        for reply in replies {
            assert_eq!(reply.answer.status, 403, "{headers:?} {}", reply.answer.body);
            assert!(reply.set.is_empty() && reply.answer.body.get("data").is_none());
            let error = &reply.answer.body["errors"][0];
            assert_eq!(
                error["extensions"],
                json!({ "code": "FORBIDDEN", "requires": [] })
            );
            assert!(
                error["message"].as_str().unwrap().contains("ROLLCALL_PUBLIC_URL"),
                "{error}"
            );
            assert!(reply.headers.get("access-control-allow-credentials").is_none());
        }
    }
    let after = world
        .rows("SELECT name, generation FROM \"user\" JOIN session ON user_id = \"user\".id")
        .await;
    assert_eq!(after, before);
    // A page of ours may ask, and a browser that does not say where a request is from tells its origin.
    for headers in [
        sent(Some("same-origin"), None),
        sent(Some("same-origin"), Some(&own)),
        sent(None, Some(&own)),
    ] {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let reply = console.ask_as(&headers, VIEWER, json!({})).await.ok();
        assert_eq!(reply.answer.text("viewer.user.account"), "root");
    }
    let reply = console.get_as(&OWN_PAGE, VIEWER).await.ok();
    assert_eq!(reply.answer.text("viewer.user.account"), "root");
}

/// What a page can send without asking first: forms, images, and `fetch` without headers of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_header_cookies_are_not_looked_at() {
    let world = world(&[]).await;
    let console = signed_in(&world).await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://neighbour.example"),
        ],
    ] {
        let reply = console.ask_as(headers, VIEWER, json!({})).await.ok();
        assert!(reply.answer.at("viewer").is_null() && reply.set.is_empty());
        let reply = console.get_as(headers, VIEWER).await.ok();
        assert!(reply.answer.at("viewer").is_null() && reply.set.is_empty());
        let reply = console.ask_as(headers, REFRESH, json!({})).await;
        assert_eq!(reply.answer.user_errors(), ["REQUIRED refreshToken"]);
        // A client that keeps its tokens itself is given them, beside the console.
        let input = json!({ "input": { "login": "root", "password": PASSWORD } });
        let login =
            "mutation($input: LoginInput!) { login(input: $input) { deviceToken tokens { accessToken } } }";
        let reply = console.ask_as(headers, login, input).await.ok();
        assert!(reply.set.is_empty() && reply.answer.at("login.tokens.accessToken").is_string());
        assert!(reply.answer.at("login.deviceToken").is_string());
    }
    // A form sends no JSON.
    let client = reqwest::Client::new();
    let form = |kind: &'static str| {
        let request = client.request(Method::POST, format!("{}/graphql", world.url));
        request
            .header("content-type", kind)
            .body(json!({ "query": VIEWER }).to_string())
    };
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        for headers in [&OWN_PAGE[..], &[("sec-fetch-site", "cross-site")]] {
            let reply = console.send(form(kind), headers).await;
            assert_eq!(reply.answer.status, 415, "{kind}");
        }
    }
    // A mutation comes by POST.
    let reply = console.get_as(&OWN_PAGE, REFRESH).await;
    assert_eq!((reply.answer.status.as_u16(), reply.set.len()), (405, 0));
    // What the header says is understood or refused.
    let headers = [
        ("x-rollcall-session", "cookies"),
        ("sec-fetch-site", "same-origin"),
    ];
    let reply = console.ask_as(&headers, VIEWER, json!({})).await;
    assert_eq!(reply.answer.status, 400);
    reply.answer.refused("BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_header_authorization_wins() {
    let world = world(&[]).await;
    let console = signed_in(&world).await;
    let mia = world.registered("mia", None).await;
    let bearer = format!("Bearer {}", mia.token.as_ref().unwrap());
    let headers = [OWN_PAGE[0], OWN_PAGE[1], ("authorization", bearer.as_str())];
    let reply = console.ask_as(&headers, VIEWER, json!({})).await.ok();
    assert_eq!(reply.answer.text("viewer.user.account"), "mia");
    // A header that is no good is no reason to look at the cookies.
    let headers = [OWN_PAGE[0], OWN_PAGE[1], ("authorization", "Bearer nonsense")];
    let reply = console.ask_as(&headers, VIEWER, json!({})).await;
    assert_eq!((reply.answer.status.as_u16(), reply.set.len()), (401, 0));
    // It ends its own session, and leaves the browser's as it is.
    let headers = [OWN_PAGE[0], OWN_PAGE[1], ("authorization", bearer.as_str())];
    let logout = "mutation { logout { userErrors { code } } }";
    let reply = console.ask_as(&headers, logout, json!({})).await.ok();
    assert!(reply.set.is_empty() && !mia.is_signed_in().await);
    assert_eq!(console.account().await.as_deref(), Some("root"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_has_logged_in_is_a_known_device() {
    let world = world(&[]).await;
    world.registered("mia", None).await;
    let console = Console::new(&world.url);
    log_in(&console, "mia", PASSWORD).await;
    console
        .ask("mutation { logout { userErrors { code } } }")
        .await
        .ok();
    for _ in 0..5 {
        let input = json!({ "login": "mia", "password": "Wrong-Whale-42" });
        let refused = world.nobody().mutate("login", input, "").await;
        refused.failed(&["INVALID_CREDENTIALS"]);
    }
    // Strangers are locked out now; the browser shows what it keeps.
    let input = json!({ "login": "mia", "password": PASSWORD });
    let stranger = Console::new(&world.url).mutate("login", input, LOGIN).await;
    assert_eq!(stranger.answer.user_errors(), ["INVALID_CREDENTIALS"]);
    let reply = log_in(&console, "mia", PASSWORD).await;
    assert_gave(&console, &reply, &ALL, "login.tokens");
    // One that the form brings itself goes before it.
    let input = json!({ "login": "mia", "password": PASSWORD, "deviceToken": "nonsense" });
    let reply = console.mutate("login", input, LOGIN).await;
    assert_eq!(reply.answer.user_errors(), ["INVALID_CREDENTIALS"]);
}

/// Shakes hands with these headers, says this, and answers the acknowledgement or the code of the end.
async fn connect(console: &Console, headers: &[(&str, &str)], payload: Value) -> Result<Socket, u16> {
    let cookies = console.cookie_header();
    let usual = [
        ("sec-websocket-protocol", "graphql-transport-ws"),
        ("cookie", cookies.as_str()),
    ];
    let mut socket = Socket::open(&console.url, &[&usual[..], headers].concat()).await?;
    socket
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    let message = socket.next().await?;
    assert_eq!(message, json!({ "type": "connection_ack" }));
    Ok(socket)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_takes_the_cookie_of_a_page_of_ours_alone() {
    let world = world(&["--allowed-origins", "https://console.example"]).await;
    let console = signed_in(&world).await;
    let own = world.url.clone();
    let page = [("origin", own.as_str())];
    let by_cookie = json!({ "session": "cookie" });
    let ended =
        async |headers: &[(&str, &str)], payload: Value| connect(&console, headers, payload).await.err();
    // No header of a page's own comes with a handshake: it says so in its first word.
    let mut socket = connect(&console, &page, by_cookie.clone()).await.unwrap();
    assert_eq!(ended(&page, json!({})).await, Some(4401));
    assert_eq!(ended(&page, json!({ "session": "header" })).await, Some(4401));
    // A page of elsewhere, one that CORS lets ask, and who says nothing of the page.
    assert_eq!(
        ended(&[("origin", "https://evil.example")], by_cookie.clone()).await,
        Some(403)
    );
    assert_eq!(
        ended(&[("origin", "https://console.example")], by_cookie.clone()).await,
        Some(4401)
    );
    assert_eq!(ended(&[], by_cookie.clone()).await, Some(4401));
    // A header, and a token in the first word, win.
    let (good, bad) = (world.super_admin().await.token.unwrap(), "nonsense");
    let header = [page[0], ("authorization", "Bearer nonsense")];
    assert_eq!(ended(&header, by_cookie.clone()).await, Some(4401));
    let both = |token: &str| json!({ "session": "cookie", "authorization": token });
    assert_eq!(ended(&page, both(bad)).await, Some(4401));
    assert_eq!(ended(&page, both(&good)).await, None);
    // It ends with the session.
    socket.subscribe("1", &Value::Null, "action").await;
    world.followed_by(1).await;
    console
        .ask("mutation { logout { userErrors { code } } }")
        .await
        .ok();
    loop {
        match socket.next().await {
            Ok(message) => assert_eq!(message["type"], "next", "{message}"),
            Err(code) => break assert_eq!(code, 4401),
        }
    }
    assert_eq!(ended(&page, by_cookie).await, Some(4401));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_origin_is_let_near_the_cookies_and_no_answer_is_kept() {
    let world = world(&["--allowed-origins", "https://console.example"]).await;
    let console = signed_in(&world).await;
    let client = reqwest::Client::new();
    let preflight = client
        .request(Method::OPTIONS, format!("{}/graphql", world.url))
        .header("origin", "https://console.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type,x-rollcall-session",
        );
    let allowed = preflight.send().await.unwrap();
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://console.example"
    );
    assert_eq!(
        allowed.headers()["access-control-allow-headers"],
        "authorization,content-type"
    );
    assert!(
        allowed
            .headers()
            .get("access-control-allow-credentials")
            .is_none()
    );
    let vary = |headers: &HeaderMap| -> Vec<String> {
        let lines = headers
            .get_all("vary")
            .iter()
            .map(|line| line.to_str().unwrap().to_lowercase());
        lines
            .flat_map(|line| {
                line.split(',')
                    .map(|name| name.trim().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let anonymous = Console::new(&world.url).ask_as(&[], VIEWER, json!({})).await;
    let refused = console
        .ask_as(&[("x-rollcall-session", "cookie")], VIEWER, json!({}))
        .await;
    for reply in [
        anonymous,
        refused,
        console.get_as(&OWN_PAGE, VIEWER).await,
        console.ask(REFRESH).await,
    ] {
        assert_eq!(reply.headers["cache-control"], "no-store");
        let vary = vary(&reply.headers);
        for name in ["cookie", "authorization", "x-rollcall-session", "origin"] {
            assert!(vary.iter().any(|other| other == name), "{name} {vary:?}");
        }
    }
}
