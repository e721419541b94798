//! What each answer tells browsers, and what no browser may do.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

async fn send(world: &World, method: Method, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let client = world.nobody().client;
    let mut request = client.request(method, format!("{}{path}", world.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("the server answers")
}

fn header<'r>(response: &'r reqwest::Response, name: &str) -> &'r str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

const JSON: (&str, &str) = ("content-type", "application/json");
const ELSEWHERE: (&str, &str) = ("origin", "https://elsewhere.example");

type Headers = Vec<(&'static str, &'static str)>;

/// Requests of every kind, good and bad, and the status of each.
fn requests() -> Vec<(Method, &'static str, Headers, u16)> {
    let preflight = vec![ELSEWHERE, ("access-control-request-method", "POST")];
    vec![
        (Method::GET, "/", vec![], 200),
        (Method::GET, "/graphql?query={__typename}", vec![], 200),
        (Method::GET, "/graphql?query={", vec![], 200),
        (
            Method::GET,
            "/graphql",
            vec![("authorization", "Bearer nonsense")],
            401,
        ),
        (Method::POST, "/graphql", vec![JSON], 400),
        (
            Method::POST,
            "/graphql",
            vec![("content-type", "text/plain")],
            415,
        ),
        (Method::PUT, "/graphql", vec![JSON], 405),
        (Method::TRACE, "/graphql", vec![], 405),
        (Method::TRACE, "/", vec![], 405),
        (Method::OPTIONS, "/graphql", preflight, 405),
        (Method::GET, "/graphql/ws", vec![], 400),
        (Method::GET, "/graphiql", vec![], 200),
        (Method::GET, "/graphiql/assets/none.js", vec![], 404),
        (Method::GET, "/graphiql/assets/", vec![], 404),
        (Method::GET, "/schema.graphql", vec![], 200),
        (Method::GET, "/.well-known/jwks.json", vec![], 200),
        (Method::GET, "/healthz", vec![], 200),
        (Method::GET, "/readyz", vec![], 200),
        (Method::GET, "/nothing", vec![], 404),
        (Method::GET, "/.git/config", vec![], 404),
        (Method::GET, "/metrics", vec![], 404),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_tells_browsers_to_keep_to_it() {
    let world = World::with(Store::Sqlite, &["--public-url", "https://rollcall.example.com"]).await;
    for (method, path, headers, status) in requests() {
        let what = format!("{method} {path}");
        let response = send(&world, method, path, &headers).await;
        assert_eq!(response.status().as_u16(), status, "{what}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{what}");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer", "{what}");
        assert_eq!(
            header(&response, "strict-transport-security"),
            "max-age=63072000; includeSubDomains",
            "{what}"
        );
        let policy = header(&response, "content-security-policy").to_owned();
        let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
        for directive in [
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(directives.contains(&directive), "{what}: {policy}");
        }
        assert!(header(&response, "server").is_empty(), "{what}");
        assert!(
            header(&response, "access-control-allow-origin").is_empty(),
            "{what}"
        );
        // What has a body says what it is, and a text in which characters.
        let content_type = header(&response, "content-type").to_owned();
        let body = response.bytes().await.unwrap();
        let is_text = content_type.starts_with("text/") || content_type.starts_with("application/graphql");
        assert_eq!(body.is_empty(), content_type.is_empty(), "{what}: {content_type}");
        assert!(
            !is_text || content_type.contains("charset=utf-8"),
            "{what}: {content_type}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_of_https_where_it_is_not_served() {
    let world = World::new(Store::Sqlite).await;
    let response = send(&world, Method::GET, "/", &[]).await;
    assert_eq!(header(&response, "strict-transport-security"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_origins_that_are_set_may_ask_and_no_others() {
    const CONSOLE: &str = "https://console.example.com";
    let world = World::with(Store::Sqlite, &["--allowed-origins", CONSOLE]).await;
    let preflight = ("access-control-request-method", "POST");
    for (origin, allowed) in [
        (CONSOLE, CONSOLE),
        ("https://console.example.com.evil.example", ""),
        ("http://console.example.com", ""),
        ("https://elsewhere.example", ""),
        ("null", ""),
    ] {
        for (method, headers) in [
            (Method::OPTIONS, vec![("origin", origin), preflight]),
            (Method::GET, vec![("origin", origin)]),
        ] {
            let response = send(&world, method, "/graphql?query={__typename}", &headers).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(
                header(&response, "access-control-allow-origin"),
                allowed,
                "{origin}"
            );
            // No page elsewhere asks with what the browser keeps.
            assert_eq!(header(&response, "access-control-allow-credentials"), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_page_can_ask_nothing() {
    let world = World::new(Store::Sqlite).await;
    // What a page may send without asking first (Fetch, "CORS-safelisted request-header").
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "",
    ] {
        let client = world.nobody().client;
        let body = json!({ "query": "mutation { logout { userErrors { code } } }" });
        let response = client
            .post(format!("{}/graphql", world.url))
            .header("content-type", content_type)
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(
            response.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
    }
}

/// Where a proxy and a server do not agree on where a request ends, the rest of one is the beginning of another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_ends_where_its_chunks_end() {
    let world = World::new(Store::Sqlite).await;
    let chunked = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let sound = format!("{chunked}\r\n0\r\n\r\n{last}");
    assert_eq!(talk(&world, &sound).await, ["400 Bad Request", "200 OK"]);
    // Where it could end in two ways it is answered once, and nothing after it is taken for a request. Were a length
    // believed that is not so, no answer would come.
    for ambiguous in [
        format!("{chunked}Content-Length: 1000\r\n\r\n0\r\n\r\n{last}"),
        format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}{last}"
        ),
    ] {
        assert_eq!(talk(&world, &ambiguous).await, ["400 Bad Request"], "{ambiguous}");
    }
}

/// The status lines of what comes back.
async fn talk(world: &World, requests: &str) -> Vec<String> {
    let address = world.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut came));
    read.await.expect("the server closes the connection").unwrap();
    let came = String::from_utf8_lossy(&came).into_owned();
    // The body of one stands right before the next.
    came.split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| answer.lines().next().unwrap_or_default().to_owned())
        .collect()
}
