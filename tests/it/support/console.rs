//! A page of the console in a browser: it keeps cookies as a browser does, and sends them with what it asks.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use serde_json::{Value, json};

use super::answer::Answer;

/// A page, and the cookies of its browser.
#[derive(Debug)]
pub struct Console {
    pub url: String,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub answer: Answer,
    pub headers: HeaderMap,
    /// The lines of `Set-Cookie`, in the order of their names.
    pub set: Vec<String>,
}

impl Reply {
    /// Goes on only when nothing went wrong.
    #[track_caller]
    pub fn ok(self) -> Self {
        Self {
            answer: self.answer.ok(),
            ..self
        }
    }

    /// The names of the cookies that it sets, and of those that it takes away, each of these with a `-` before it.
    pub fn changed(&self) -> Vec<String> {
        let name = |line: &String| {
            let (name, value) = line.split_once('=').unwrap();
            let gone = if value.starts_with(';') { "-" } else { "" };
            format!("{gone}{name}")
        };
        self.set.iter().map(name).collect()
    }
}

impl Console {
    /// A page of this server's own origin, in a browser without cookies.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            client: reqwest::Client::builder()
                .user_agent("a browser")
                .build()
                .unwrap(),
            cookies: Mutex::default(),
        }
    }

    /// Another page of the same browser, perhaps at another node.
    pub fn another(&self, url: &str) -> Self {
        let other = Self::new(url);
        *other.cookies.lock().unwrap() = self.cookies();
        other
    }

    /// The cookies that the browser keeps.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().unwrap().clone()
    }

    /// The names of them.
    pub fn kept(&self) -> Vec<String> {
        self.cookies().into_keys().collect()
    }

    /// What a cookie holds.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> String {
        self.cookies()
            .remove(name)
            .unwrap_or_else(|| panic!("no cookie {name}"))
    }

    /// Lets the browser drop a cookie, as it does at its time.
    pub fn drop_cookie(&self, name: &str) {
        assert!(self.cookies.lock().unwrap().remove(name).is_some(), "{name}");
    }

    /// Puts a cookie into the browser.
    pub fn put_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    /// The header with all cookies.
    pub fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// A request of a page, with the cookies, and with these headers as they are.
    pub async fn send(&self, request: reqwest::RequestBuilder, headers: &[(&str, &str)]) -> Reply {
        let mut request = request.header(COOKIE, self.cookie_header());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let mut set: Vec<String> = headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|line| line.to_str().unwrap().to_owned())
            .collect();
        set.sort_unstable();
        for line in &set {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if rest.contains("; Max-Age=0;") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let raw = response.text().await.unwrap();
        let body = serde_json::from_str(&raw).unwrap_or_else(|_| panic!("no JSON: {status} {raw}"));
        Reply {
            answer: Answer { status, body, raw },
            headers,
            set,
        }
    }

    /// A document, by POST, with these headers as they are.
    pub async fn ask_as(&self, headers: &[(&str, &str)], document: &str, variables: Value) -> Reply {
        let body = json!({ "query": document, "variables": variables });
        let request = self.client.post(format!("{}/graphql", self.url)).json(&body);
        self.send(request, headers).await
    }

    /// A query, by GET, with these headers as they are.
    pub async fn get_as(&self, headers: &[(&str, &str)], document: &str) -> Reply {
        let url = reqwest::Url::parse_with_params(&format!("{}/graphql", self.url), [("query", document)]);
        self.send(self.client.get(url.unwrap()), headers).await
    }

    /// A document, as the console's own page asks it.
    pub async fn ask(&self, document: &str) -> Reply {
        self.ask_with(document, json!({})).await
    }

    /// The same with variables.
    pub async fn ask_with(&self, document: &str, variables: Value) -> Reply {
        self.ask_as(&OWN_PAGE, document, variables).await
    }

    /// A mutation: its field, its input, and what to select of the payload beside `userErrors`.
    pub async fn mutate(&self, field: &str, input: Value, selection: &str) -> Reply {
        let kind = field[..1].to_uppercase() + &field[1..];
        let document = format!(
            "mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
        );
        self.ask_with(&document, json!({ "input": input })).await
    }

    /// The account of who the page's browser is signed in as.
    pub async fn account(&self) -> Option<String> {
        let reply = self.ask("{ viewer { user { account } } }").await;
        let account = reply.answer.body.pointer("/data/viewer/user/account");
        account.and_then(Value::as_str).map(str::to_owned)
    }
}

/// The headers of a page of this server's own origin that keeps its tokens in cookies.
pub const OWN_PAGE: [(&str, &str); 2] = [
    ("x-rollcall-session", "cookie"),
    ("sec-fetch-site", "same-origin"),
];
