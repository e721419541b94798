//! Reads a request of the API: a document that can be executed, or why it is none.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{ParseRequestError, Variables};
use async_graphql_axum::GraphQLRequest;
use axum::extract::{FromRequest, Query};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::graphql::Served;
use super::misread;
use crate::graphql::document;
use crate::graphql::documents::Parsed;
use crate::graphql::error::Code;

/// No request of a client is longer: 100 members are added with 10 KiB.
const MOST_BODY: usize = 256 * 1024;

/// What the query string says beside the query and its variables.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    operation_name: Option<String>,
}

/// A request as nearly all clients send it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'b> {
    #[serde(borrow)]
    query: Cow<'b, str>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    /// Nothing of ours is among them, but they have to be an object.
    #[serde(default, rename = "extensions")]
    _extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Why the body or the query string is no request.
pub struct Rejected(ParseRequestError);

impl From<ParseRequestError> for Rejected {
    fn from(error: ParseRequestError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> axum::response::Response {
        StatusCode::BAD_REQUEST.into_response()
    }
}

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// The document.
    pub parsed: Arc<Parsed>,
    /// The name of the operation, where one is given.
    pub name: Option<String>,
    /// The variables.
    pub variables: Variables,
}

impl Question {
    /// Whether nothing is written. Without an operation nothing is executed, and so nothing is changed.
    pub fn is_query(&self) -> bool {
        document::operation(&self.parsed.document, self.name.as_deref())
            .is_none_or(|operation| operation.ty == OperationType::Query)
    }
}

/// Why nothing is executed.
#[derive(Debug)]
pub struct Refusal {
    /// The status; by the client's taste where there is none.
    pub status: Option<StatusCode>,
    /// The error's code.
    pub code: Code,
    /// The error's message.
    pub message: String,
    /// The methods that would do.
    pub allow: Option<&'static str>,
}

fn refuse<T>(status: Option<StatusCode>, code: Code, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        status,
        code,
        message: message.into(),
        allow: None,
    })
}

/// Reads a request.
pub async fn read(served: &Served, request: axum::extract::Request) -> Result<Question, Refusal> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if method == Method::POST && !is_json(request.headers()) {
        let message = "The content type of a request is application/json.";
        return refuse(
            Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Code::BadUserInput,
            message,
        );
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_BODY).await else {
        let message = format!("A request has at most {MOST_BODY} bytes.");
        return refuse(Some(StatusCode::PAYLOAD_TOO_LARGE), Code::BadUserInput, message);
    };
    // The library's reader tries whether it is a batch first, which costs as much again; it tells what is wrong.
    let by_post = (method == Method::POST).then(|| serde_json::from_slice(&body).ok());
    let plain: Option<Plain> = by_post.flatten();
    let (query, name, mut variables) = if let Some(plain) = plain {
        (plain.query, plain.operation_name, plain.variables)
    } else {
        let request = axum::extract::Request::from_parts(parts, body.clone().into());
        let request = GraphQLRequest::<Rejected>::from_request(request, &()).await;
        let mut request = match request {
            Ok(request) => request.into_inner(),
            Err(Rejected(error)) => {
                let status = Some(StatusCode::BAD_REQUEST);
                return refuse(status, Code::BadUserInput, misread::request(&error));
            }
        };
        if method == Method::GET {
            // The library reads this one name of the query string wrong.
            request.operation_name = Query::<Named>::try_from_uri(&uri)
                .ok()
                .and_then(|Query(named)| named.operation_name);
        }
        (request.query.into(), request.operation_name, request.variables)
    };
    let parsed = match served.documents.parse(&query) {
        Ok(parsed) => parsed,
        Err(error) => return refuse(None, Code::GraphqlParseFailed, misread::document(&error)),
    };
    if let Some((code, message)) = parsed.refusal {
        return refuse(None, code, message);
    }
    if let Some(operation) = document::operation(&parsed.document, name.as_deref()) {
        document::fill_in(operation, &mut variables);
    }
    let question = Question {
        parsed,
        name,
        variables,
    };
    check(&question, &method)?;
    Ok(question)
}

fn check(question: &Question, method: &Method) -> Result<(), Refusal> {
    let document = &question.parsed.document;
    let operation = document::operation(document, question.name.as_deref());
    if operation.is_some_and(|operation| operation.ty == OperationType::Subscription) {
        let message = "A subscription is sent over a WebSocket, at /graphql/ws.";
        return refuse(None, Code::BadUserInput, message);
    }
    if let Some(name) = operation.and_then(|operation| document::missing(operation, &question.variables)) {
        let message = format!("The variable ${name} is required.");
        return refuse(None, Code::BadUserInput, message);
    }
    if method != Method::GET {
        return Ok(());
    }
    let by_post_alone = if question.is_query() {
        operation
            .filter(|operation| document::says_a_secret(document, operation))
            .map(|_| "A password or a token is sent by POST: addresses are kept in histories and logs.")
    } else {
        Some("A mutation is sent by POST.")
    };
    by_post_alone.map_or(Ok(()), |message| {
        Err(Refusal {
            status: Some(StatusCode::METHOD_NOT_ALLOWED),
            code: Code::BadUserInput,
            message: message.to_owned(),
            allow: Some("POST"),
        })
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
