//! How often what everybody may ask can be asked.

use chrono::TimeDelta;
use rollcall::access::Action;
use rollcall::limits::rates::RATES;

use crate::nodes::two_nodes;
use crate::support::*;

/// A form that is refused at once, and so costs next to nothing.
async fn ask(url: &str, source: &str, token: Option<&String>) -> Answer {
    let client = reqwest::Client::new();
    let query = "mutation { resetPassword(input: { email: \"none\", code: \"\", newPassword: \"\", \
        newPasswordConfirmation: \"\" }) { userErrors { code field } } }";
    let mut request = client
        .post(format!("{url}/graphql"))
        .header("x-forwarded-for", source)
        .json(&json!({ "query": query }));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let raw = response.text().await.unwrap();
    let body = serde_json::from_str(&raw).unwrap();
    Answer { status, body, raw }
}

fn is_limited(answer: &Answer) -> bool {
    if answer.codes() != ["RATE_LIMITED"] {
        assert!(!answer.user_errors().is_empty(), "{}", answer.body);
        return false;
    }
    let retry_after = answer.body["errors"][0]["extensions"]["retryAfter"]
        .as_u64()
        .unwrap();
    assert!((1..=3600).contains(&retry_after), "{retry_after}");
    true
}

fn most() -> usize {
    let rate = RATES
        .iter()
        .find(|rate| rate.action == Action::PasswordReset)
        .unwrap();
    usize::try_from(rate.most).unwrap()
}

async fn limited(asked: impl Iterator<Item = impl Future<Output = Answer>>) -> usize {
    let answers = futures::future::join_all(asked).await;
    answers.iter().filter(|answer| is_limited(answer)).count()
}

const PROXY: [&str; 2] = ["--trusted-proxies", "127.0.0.0/8"];

async fn each_source_has_its_own_count(world: World) {
    let url = &world.url;
    assert_eq!(
        limited((0..most() + 5).map(|_| ask(url, "203.0.113.7", None))).await,
        5
    );
    assert!(!is_limited(&ask(url, "203.0.113.8", None).await));
    // An IPv6 subscriber has a whole network.
    assert_eq!(
        limited(
            (0..most() + 5).map(|n| async move { ask(url, &format!("2001:db8:1:2::{n:x}"), None).await })
        )
        .await,
        5
    );
    assert!(!is_limited(&ask(url, "2001:db8:1:3::1", None).await));
    // They leave a count, and no event each.
    let counted = "SELECT SUM(count) AS n FROM audit_refusal WHERE action = 'resetPassword'";
    assert!(world.count(counted).await >= 10);
    world.pass(TimeDelta::minutes(60));
    assert!(!is_limited(&ask(url, "203.0.113.7", None).await));
}

async fn a_user_has_one_count_from_all_sources(world: World) {
    let mia = world.member("mia").await;
    let (url, token) = (&world.url, mia.token.as_ref());
    let asked = (0..most() + 5).map(|n| async move { ask(url, &format!("203.0.113.{n}"), token).await });
    assert_eq!(limited(asked).await, 5);
    assert!(is_limited(&ask(url, "198.51.100.1", token).await));
    assert!(!is_limited(&ask(url, "198.51.100.1", None).await));
    let events =
        "SELECT COUNT(*) AS n FROM audit_event WHERE action = 'resetPassword' AND outcome = 'REFUSED'";
    assert_eq!(world.count(events).await, 0);
}

async fn off_means_off(world: World) {
    let url = &world.url;
    assert_eq!(
        limited((0..most() + 5).map(|_| ask(url, "203.0.113.7", None))).await,
        0
    );
}

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_source_has_its_own_count() {
        super::each_source_has_its_own_count(World::with(Store::Sqlite, &PROXY).await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_user_has_one_count_from_all_sources() {
        super::a_user_has_one_count_from_all_sources(World::with(Store::Sqlite, &PROXY).await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn off_means_off() {
        super::off_means_off(World::with(Store::Sqlite, &["--rate-limits", "off"]).await).await;
    }
}

on_each_server!(nodes_agree);

async fn nodes_agree(store: Store) {
    let (world, node) = two_nodes(store).await;
    let asked = (0..most() + 6).map(|n| {
        let url = if n % 2 == 0 { &world.url } else { &node.url };
        ask(url, "127.0.0.1", None)
    });
    assert_eq!(limited(asked).await, 6);
}
