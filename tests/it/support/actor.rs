//! People who ask the API.

use serde_json::{Value, json};

use super::answer::Answer;
use super::world::World;

/// Somebody with an access token, or nobody.
#[derive(Clone, Debug)]
pub struct Actor {
    pub url: String,
    pub token: Option<String>,
    pub refresh_token: Option<String>,
    /// The user's id; empty for nobody.
    pub id: String,
    pub account: String,
    pub client: reqwest::Client,
}

/// The password of everybody in the tests who does not need another.
pub const PASSWORD: &str = "Blue-Whale-42";

impl Actor {
    /// Somebody who is not signed in.
    pub fn nobody(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            token: None,
            refresh_token: None,
            id: String::new(),
            account: String::new(),
            client: reqwest::Client::builder().user_agent("tests").build().unwrap(),
        }
    }

    /// Asks a document, with variables.
    pub async fn ask_with(&self, document: &str, variables: Value) -> Answer {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.url))
            .json(&json!({ "query": document, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let raw = response.text().await.unwrap();
        let body = serde_json::from_str(&raw).unwrap_or_else(|_| panic!("no JSON: {status} {raw}"));
        Answer { status, body, raw }
    }

    /// Asks a document.
    pub async fn ask(&self, document: &str) -> Answer {
        self.ask_with(document, json!({})).await
    }

    /// Asks for a mutation: its field, its input, and what to select of the payload beside `userErrors`.
    pub async fn mutate(&self, field: &str, input: Value, selection: &str) -> Answer {
        let kind = field[..1].to_uppercase() + &field[1..];
        let document = format!(
            "mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
        );
        self.ask_with(&document, json!({ "input": input })).await
    }

    /// The same person with what a login, registration or refresh gave, found at `path`.
    #[track_caller]
    pub fn with_tokens(&self, answer: &Answer, path: &str) -> Self {
        Self {
            token: Some(answer.text(&format!("{path}.accessToken"))),
            refresh_token: Some(answer.text(&format!("{path}.refreshToken"))),
            ..self.clone()
        }
    }

    /// The same person at another node.
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// Whether the access token is still good.
    pub async fn is_signed_in(&self) -> bool {
        let answer = self.ask("{ viewer { user { id } } }").await;
        match answer.status.as_u16() {
            200 => answer.at("viewer").is_object(),
            401 => {
                assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
                false
            }
            other => panic!("{other}: {}", answer.body),
        }
    }

    /// The viewer's own menus.
    pub async fn menus(&self) -> Vec<String> {
        let answer = self.ask("{ viewer { menus } }").await.ok();
        serde_json::from_value(answer.at("viewer.menus").clone()).unwrap()
    }

    /// The id of the actor's own session.
    pub async fn session(&self) -> String {
        let answer = self.ask("{ viewer { session { id } } }").await.ok();
        answer.text("viewer.session.id")
    }

    /// Logs in, and goes through a change of password when it is asked for: the new one is
    /// [`PASSWORD`] with `2` at its end.
    pub async fn log_in(world: &World, account: &str, password: &str) -> Self {
        world.nobody().logged_in(account, password).await
    }

    /// The same by somebody who is nobody yet, wherever that is.
    pub async fn logged_in(&self, account: &str, password: &str) -> Self {
        let selection = "step challenge user { id account } tokens { accessToken refreshToken }";
        let answer = self
            .mutate(
                "login",
                json!({ "login": account, "password": password }),
                selection,
            )
            .await
            .ok();
        let (answer, root) = if answer.text("login.step") == "DONE" {
            (answer, "login")
        } else {
            let changed = format!("{PASSWORD}2");
            let input = json!({
                "challenge": answer.text("login.challenge"),
                "newPassword": changed,
                "newPasswordConfirmation": changed,
            });
            (
                self.mutate("completeLogin", input, selection).await.ok(),
                "completeLogin",
            )
        };
        Self {
            id: answer.text(&format!("{root}.user.id")),
            account: answer.text(&format!("{root}.user.account")),
            ..self.with_tokens(&answer, &format!("{root}.tokens"))
        }
    }
}
