//! Why something that a client sent cannot be read. Never with what stands there, as the libraries tell it: that may be
//! a password, and errors are kept in logs of clients and of what stands between.

use async_graphql::ParseRequestError;
use async_graphql::parser::Error as Syntax;
use serde_json::error::Category;

/// Why a body or a query string is no request.
pub fn request(error: &ParseRequestError) -> String {
    let why = match error {
        ParseRequestError::InvalidRequest(cause) => cause.downcast_ref().map(json),
        ParseRequestError::UnsupportedBatch => Some(error.to_string()),
        _ => None,
    };
    match why {
        Some(why) => format!("This is no GraphQL request: {why}"),
        None => "This is no GraphQL request.".to_owned(),
    }
}

/// Why a text is not the JSON that is expected.
pub fn json(error: &serde_json::Error) -> String {
    let told = error.to_string();
    // Only what is wrong with a value is told with the value.
    if error.classify() != Category::Data || told.starts_with("missing field ") {
        return told;
    }
    match error.line() {
        0 => "a value is not one that is expected".to_owned(),
        line => format!(
            "a value is not one that is expected at line {line} column {}",
            error.column()
        ),
    }
}

/// Why a document is no GraphQL: where, and what could stand there.
pub fn document(error: &Syntax) -> String {
    let Syntax::Syntax { message, start, .. } = error else {
        return error.to_string();
    };
    let place = format!("line {}, column {}", start.line, start.column);
    // The message draws the line, with a mark below it, and ends with the reason.
    let reason = message
        .lines()
        .next_back()
        .and_then(|line| line.trim_start().strip_prefix("= "));
    match reason {
        Some(reason) => format!("{place}: {reason}"),
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)] // Nothing is read from it.
    struct Sent {
        query: String,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        One,
    }

    #[test]
    fn what_is_told_of_json_holds_no_value() {
        let told = |text: &str| json(&serde_json::from_str::<Sent>(text).unwrap_err());
        assert_eq!(told("{}"), "missing field `query` at line 1 column 2");
        assert!(told(r#"{"query": "Blue-Whale-42"#).starts_with("EOF while parsing a string at line 1"));
        for text in [
            r#"{"query": ["Blue-Whale-42"]}"#,
            r#"{"query": {"Blue-Whale-42": 1}}"#,
            r#"{"query": "", "kind": "Blue-Whale-42"}"#,
            r#""Blue-Whale-42""#,
        ] {
            let told = told(text);
            assert!(
                told.starts_with("a value is not one that is expected at line 1 column "),
                "{told}"
            );
        }
    }

    #[test]
    fn what_is_told_of_a_document_holds_nothing_of_it() {
        let told = |text: &str| document(&parse_query(text).unwrap_err());
        let cut_off = "{\n  passwordStrength(password: \"Blue-Whale-42\" {";
        let told_of = told(cut_off);
        assert!(told_of.starts_with("line 2, column 46: expected "), "{told_of}");
        for text in [
            cut_off,
            "{ a(b: \"Blue-Whale-42 }",
            "Blue-Whale-42",
            "{ a } = Blue-Whale-42",
        ] {
            let told = told(text);
            assert!(told.starts_with("line ") && !told.contains("Whale"), "{told}");
        }
    }
}
