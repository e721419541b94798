//! GraphiQL at `/graphiql`: that it is whole, asks nobody but this server, and can be used.
//!
//! It has to be built into the program: `make test` does that, and `make graphiql` before a `cargo nextest run`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use regex::Regex;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};

use crate::support::browser::walk;
use crate::support::process::Node;
use crate::support::*;

/// The database has no part in this.
async fn world(flags: &[&str]) -> World {
    World::with(Store::Sqlite, flags).await
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn get_with(world: &World, path: &str, headers: HeaderMap) -> Got {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = client.get(format!("{}{path}", world.url)).headers(headers);
    let response = request.send().await.unwrap();
    Got {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

async fn get(world: &World, path: &str) -> Got {
    get_with(world, path, HeaderMap::new()).await
}

async fn get_encoded(world: &World, path: &str, encodings: &'static str) -> Got {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, encodings.parse().unwrap())]);
    get_with(world, path, headers).await
}

/// The page itself, as it is when it was built.
async fn page(world: &World) -> Got {
    let page = get(world, "/graphiql").await;
    assert_eq!(page.status, 200, "`make graphiql` was not run: {}", page.text());
    page
}

/// The names of the page's own files that a text speaks of.
fn assets_in(text: &str) -> BTreeSet<String> {
    let name =
        Regex::new(r"[A-Za-z0-9._-]+-(?:[A-Z0-9]{8}|[0-9a-f]{8})\.(?:js|css|woff2?|ttf|txt)\b").unwrap();
    name.find_iter(text)
        .map(|found| found.as_str().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_nothing_that_is_elsewhere() {
    let world = world(&[]).await;
    let page = page(&world).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("x-frame-options"), "DENY");
    let named = Regex::new(r#"(?:href|src|action)="([^"]*)""#).unwrap();
    let addresses: Vec<&str> = named
        .captures_iter(page.text())
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(addresses.len() > 5, "{addresses:?}");
    for address in addresses {
        let is_own = address.starts_with("graphiql/assets/") || address == "schema.graphql";
        assert!(is_own || address.starts_with("data:image/svg+xml,"), "{address}");
    }
    assert!(!page.text().contains("<style") && !page.text().contains("onload="));
    assert!(!Regex::new("<script[^>]*>[^<]").unwrap().is_match(page.text()));
}

#[tokio::test(flavor = "multi_thread")]
async fn its_policy_lets_nothing_in_from_elsewhere_and_evaluates_no_text() {
    let world = world(&[]).await;
    let page = page(&world).await;
    let policy: BTreeMap<&str, Vec<&str>> = page
        .header("content-security-policy")
        .split(';')
        .map(|directive| {
            let mut words = directive.split_whitespace();
            (words.next().unwrap(), words.collect())
        })
        .collect();
    let expected: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("default-src", vec!["'none'"]),
        ("script-src", vec!["'self'"]),
        ("worker-src", vec!["'self'"]),
        ("connect-src", vec!["'self'"]),
        ("style-src", vec!["'self'", "'unsafe-inline'"]),
        ("font-src", vec!["'self'"]),
        ("img-src", vec!["'self'", "data:"]),
        ("object-src", vec!["'none'"]),
        ("base-uri", vec!["'none'"]),
        ("form-action", vec!["'none'"]),
        ("frame-ancestors", vec!["'none'"]),
    ]);
    assert_eq!(policy, expected);
    assert_eq!(page.headers.get_all("content-security-policy").iter().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_has_the_page_is_told_so_under_the_same_policy() {
    let world = world(&[]).await;
    let page = page(&world).await;
    let tag = page.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() > 20, "{tag}");
    let ask = |known: String| {
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, known.parse().unwrap())]);
        get_with(&world, "/graphiql", headers)
    };
    for known in [
        tag.clone(),
        tag[2..].to_owned(),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ] {
        let again = ask(known).await;
        assert_eq!(again.status, 304);
        assert!(again.body.is_empty());
        // A browser takes these for the headers of what it has.
        for name in ["content-security-policy", "cache-control", "etag"] {
            assert_eq!(again.header(name), page.header(name), "{name}");
        }
    }
    assert_eq!(ask("\"other\"".to_owned()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_that_the_page_needs_is_there_compressed_and_for_ever() {
    let world = world(&[]).await;
    let mut open: Vec<String> = assets_in(page(&world).await.text()).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let path = format!("/graphiql/assets/{name}");
        let content_type = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "txt" => "text/plain; charset=utf-8",
            "woff" => "font/woff",
            "woff2" => "font/woff2",
            "ttf" => "font/ttf",
            other => panic!("{other}"),
        };
        let plain = get(&world, &path).await;
        let gzip = get_encoded(&world, &path, "deflate, gzip").await;
        let brotli = get_encoded(&world, &path, "gzip, deflate, br").await;
        for (got, encoding) in [(&plain, ""), (&gzip, "gzip"), (&brotli, "br")] {
            assert_eq!(got.status, 200, "{name}");
            assert_eq!(got.header("content-encoding"), encoding, "{name}");
            assert_eq!(got.header("content-type"), content_type, "{name}");
            assert_eq!(
                got.header("cache-control"),
                "public, max-age=31536000, immutable",
                "{name}"
            );
            assert_eq!(got.header("x-content-type-options"), "nosniff", "{name}");
            let vary: Vec<_> = got.headers.get_all("vary").iter().collect();
            assert!(
                vary.iter().any(|value| *value == "accept-encoding"),
                "{name}: {vary:?}"
            );
        }
        let mut inflated = Vec::new();
        GzDecoder::new(&*gzip.body).read_to_end(&mut inflated).unwrap();
        assert!(inflated == plain.body, "{name}");
        assert!(brotli.body.len() <= gzip.body.len(), "{name}");
        if content_type.starts_with("text/") {
            open.extend(assets_in(plain.text()));
        }
    }
    // The page, its style, the editor, and what the editor asks for by name.
    for needed in [
        "main-",
        "monaco-editor-",
        "editor.worker-",
        "json.worker-",
        "graphql.worker-",
        "font-",
        "licences-",
    ] {
        assert!(
            seen.iter().any(|name| name.starts_with(needed)),
            "no {needed} in {seen:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_served_below_it() {
    let world = world(&[]).await;
    for path in [
        "/graphiql/assets/",
        "/graphiql/assets/nothing-00000000.js",
        "/graphiql/assets/..%2Findex.html",
        "/graphiql/assets/..%2F.gitkeep",
        "/graphiql/index.html",
    ] {
        let got = get(&world, path).await;
        assert_eq!(got.status, 404, "{path}");
        assert!(!got.header("cache-control").contains("immutable"), "{path}");
    }
    let slash = get(&world, "/graphiql/").await;
    assert_eq!(
        (slash.status.as_u16(), slash.header("location")),
        (308, "../graphiql")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_with_introspection() {
    let on = world(&[]).await;
    assert!(get(&on, "/").await.text().contains("href=\"/graphiql\""));
    let assets = assets_in(page(&on).await.text());
    let off = world(&["--introspection", "off"]).await;
    assert_eq!(get(&off, "/graphiql").await.status, 404);
    assert_eq!(get(&off, "/graphiql/").await.status, 404);
    for name in assets {
        assert_eq!(get(&off, &format!("/graphiql/assets/{name}")).await.status, 404);
    }
    let landing = get(&off, "/").await;
    assert_eq!(landing.status, 200);
    assert!(!landing.text().contains("graphiql"));
    for (flags, is_told) in [(&[][..], true), (&["--introspection", "off"][..], false)] {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::start(folder.path(), flags).await;
        assert_eq!(node.greeting.contains("/graphiql"), is_told, "{}", node.greeting);
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("graphiql")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tab_is_a_document_of_this_schema_with_variables_that_fit() {
    let tabs = sources().join("src/tabs");
    let variables: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(tabs.join("variables.json")).unwrap()).unwrap();
    let index = std::fs::read_to_string(tabs.join("index.ts")).unwrap();
    let name = Regex::new(r"(?m)^(?:query|mutation) (\w+)").unwrap();
    let world = world(&[]).await;
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(&tabs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "graphql") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap();
        let document = std::fs::read_to_string(&path).unwrap();
        let name = name.captures(&document).unwrap()[1].to_owned();
        assert!(index.contains(&format!("\"./{file}\"")), "{file} is no tab");
        assert!(
            index.contains(&format!("all.{name}),")),
            "{name} has no variables in its tab"
        );
        // What nobody may do is refused, and what is no good is said; what was not understood has one of these.
        let answer = world.nobody().ask_with(&document, variables[&name].clone()).await;
        for code in answer.codes() {
            let is_refusal = ["UNAUTHENTICATED", "FORBIDDEN"].contains(&code.as_str());
            assert!(is_refusal, "{name}: {}", answer.body);
        }
        found.insert(name);
    }
    assert_eq!(found, variables.into_keys().collect());
    assert!(found.len() > 8);
}

/// The main path, through the tabs, in Chromium, on the program itself as it is after a first start.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_walks_the_main_path() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &[]).await;
    let arguments = [&node.url, folder.path().to_str().unwrap()];
    walk("browser.mjs", arguments, Duration::from_mins(4)).await;
}
