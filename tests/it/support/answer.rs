//! What the API answered.

use reqwest::StatusCode;
use serde_json::Value;

/// An answer, with what tests ask of it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    /// The body as it came, for its order.
    pub raw: String,
}

impl Answer {
    /// The value at a path such as `createUser.user.id` or `users.nodes.0.name`, below `data`.
    #[track_caller]
    pub fn at(&self, path: &str) -> &Value {
        let pointer = format!("/data/{}", path.replace('.', "/"));
        self.body
            .pointer(&pointer)
            .unwrap_or_else(|| panic!("nothing at {path} of {}", self.body))
    }

    /// The text at a path.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let value = self.at(path);
        value
            .as_str()
            .unwrap_or_else(|| panic!("no text at {path}, but {value}, of {}", self.body))
            .to_owned()
    }

    /// The texts at a path that goes through a list at `*`, as in `users.nodes.*.name`.
    #[track_caller]
    pub fn texts(&self, path: &str) -> Vec<String> {
        let (list, rest) = path.split_once(".*.").expect("the path has a *");
        let pointer = format!("/{}", rest.replace('.', "/"));
        let list = self
            .at(list)
            .as_array()
            .unwrap_or_else(|| panic!("no list at {list} of {}", self.body));
        list.iter()
            .map(|item| {
                item.pointer(&pointer)
                    .and_then(Value::as_str)
                    .unwrap_or("null")
                    .to_owned()
            })
            .collect()
    }

    /// The codes of the GraphQL errors.
    pub fn codes(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| error["extensions"]["code"].as_str().unwrap_or("none").to_owned())
            .collect()
    }

    /// The user errors, each as `CODE path.in.the.input`, in order.
    pub fn user_errors(&self) -> Vec<String> {
        let root = self.body["data"]
            .as_object()
            .and_then(|data| data.values().next());
        let errors = root
            .and_then(|root| root["userErrors"].as_array())
            .cloned()
            .unwrap_or_default();
        let text = |error: &Value| {
            let path: Vec<&str> = error["field"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let path = path.strip_prefix(&["input"]).unwrap_or(&path).join(".");
            format!("{} {path}", error["code"].as_str().unwrap_or_default())
                .trim_end()
                .to_owned()
        };
        errors.iter().map(text).collect()
    }

    /// Goes on only when nothing went wrong.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(
            self.body.get("errors").is_none() && self.user_errors().is_empty(),
            "{}",
            self.body
        );
        self
    }

    /// Goes on only when these were the user errors, and there was no other.
    #[track_caller]
    pub fn failed(self, errors: &[&str]) -> Self {
        assert!(self.body.get("errors").is_none(), "{}", self.body);
        assert_eq!(self.user_errors(), errors, "{}", self.body);
        self
    }

    /// Goes on only when this was the code of the one GraphQL error.
    #[track_caller]
    pub fn refused(self, code: &str) -> Self {
        assert_eq!(self.codes(), [code], "{}", self.body);
        self
    }
}
