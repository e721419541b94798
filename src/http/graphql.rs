//! GraphQL over HTTP (the specification's draft of 2025): `POST` for all, `GET` for queries.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{ParseRequestError, Request, Response, ServerError};
use async_graphql_axum::GraphQLRequest;
use axum::extract::{ConnectInfo, FromRequest, Query, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::authenticate::{Asker, authenticate};
use super::{cookies, misread};
use crate::app::App;
use crate::base;
use crate::graphql::complete::complete_nulls;
use crate::graphql::error::{Code, complete, is_contended, is_request_error, request_error};
use crate::graphql::{Audience, Schema, Scoped, document, order};

/// What the route reaches.
#[derive(Clone)]
pub struct Served {
    /// The application.
    pub app: Arc<App>,
    /// The schema.
    pub schema: Schema,
}

/// No request of a client is longer: 100 members are added with 10 KiB.
const MOST_BODY: usize = 256 * 1024;

/// How often a mutation of one field is run again that the database took back because of a deadlock. It had done nothing
/// then: a verb writes in one transaction. What it had counted before that, such as a try of a code, stands, and is not
/// counted again (`base::tally`).
const MOST_REPEATS: usize = 5;

/// What the query string says beside the query and its variables.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    operation_name: Option<String>,
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

/// Answers one request.
pub async fn graphql(
    State(served): State<Served>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let asker = authenticate(&served.app, request.headers(), peer).await;
    let (app, browser) = (served.app.clone(), asker.browser.clone());
    let mut response = answer(served, asker, request).await;
    cookies::write(
        response.headers_mut(),
        browser.as_ref(),
        &app.public_url,
        app.now(),
    );
    response
}

#[allow(clippy::too_many_lines)] // One check after the other, in the order in which they have to come.
async fn answer(
    Served { app, schema }: Served,
    Asker {
        origin,
        viewer,
        browser,
    }: Asker,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (method, uri, headers) = (
        request.method().clone(),
        request.uri().clone(),
        request.headers().clone(),
    );
    let viewer = match viewer {
        Ok(viewer) => Arc::new(viewer),
        Err(error) => return refuse_viewer(error, &headers, &origin.request_id),
    };
    let refuse = |status, code, message: String| {
        write(
            error_only(request_error(code, message)),
            &headers,
            &origin.request_id,
            status,
        )
    };
    if method == Method::POST && !is_json(&headers) {
        let message = "The content type of a request is application/json.".to_owned();
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return refuse(Some(status), Code::BadUserInput, message);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_BODY).await else {
        let message = format!("A request has at most {MOST_BODY} bytes.");
        return refuse(Some(StatusCode::PAYLOAD_TOO_LARGE), Code::BadUserInput, message);
    };
    let request = axum::extract::Request::from_parts(parts, body.into());
    let mut request = match GraphQLRequest::<Rejected>::from_request(request, &()).await {
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
    let document = match parse_query(&request.query) {
        Ok(document) => document,
        Err(error) => return refuse(None, Code::GraphqlParseFailed, misread::document(&error)),
    };
    if let Err((code, message)) = document::check(&document, app.settings.introspection) {
        return refuse(None, code, message.to_owned());
    }
    let operation = document::operation(&document, request.operation_name.as_deref());
    if operation.is_some_and(|operation| operation.ty == OperationType::Subscription) {
        let message = "A subscription is sent over a WebSocket, at /graphql/ws.".to_owned();
        return refuse(None, Code::BadUserInput, message);
    }
    if let Some(name) = operation.and_then(|operation| document::missing(operation, &request.variables)) {
        let message = format!("The variable ${name} is required.");
        return refuse(None, Code::BadUserInput, message);
    }
    // Without an operation nothing is executed, and so nothing is changed.
    let is_query = operation.is_none_or(|operation| operation.ty == OperationType::Query);
    let by_post_alone = if is_query {
        operation
            .filter(|operation| document::says_a_secret(&document, operation))
            .map(|_| "A password or a token is sent by POST: addresses are kept in histories and logs.")
    } else {
        Some("A mutation is sent by POST.")
    };
    if let (&Method::GET, Some(message)) = (&method, by_post_alone) {
        let message = message.to_owned();
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let mut response = refuse(Some(status), Code::BadUserInput, message);
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    // One root field is in order by itself; where there are more, or where something fails, the document is
    // looked at once more.
    let reorder = operation.filter(|operation| !document::has_one_root_field(operation));
    let variables = reorder.map(|_| request.variables.clone());
    let (query, name) = (request.query.clone(), request.operation_name.clone());
    let again = operation
        .filter(|operation| operation.ty == OperationType::Mutation && reorder.is_none())
        .map(|_| (document.clone(), request.variables.clone()));
    request.set_parsed_query(document);
    let execute = |request: Request| {
        let audience = Audience::new(viewer.clone());
        let loaders = Scoped::loaders(app.clone(), audience.clone());
        let mut request = request.data(loaders).data(audience).data(viewer.clone());
        if let Some(browser) = &browser {
            browser.begin_again();
            request = request.data(browser.clone());
        }
        schema.execute(request)
    };
    let mut response = execute(request).await;
    if let Some((document, variables)) = again {
        for _ in 0..MOST_REPEATS {
            if !is_contended(&response) {
                break;
            }
            viewer.origin.tally.begin_again();
            let mut request = Request::new(query.clone()).variables(variables.clone());
            request.operation_name.clone_from(&name);
            request.set_parsed_query(document.clone());
            response = execute(request).await;
        }
    }
    if (variables.is_some() || !response.errors.is_empty())
        && let Ok(document) = parse_query(&query)
        && let Some(operation) = document::operation(&document, name.as_deref())
    {
        if let Some(variables) = variables {
            order::restore(&mut response.data, &document, operation, &variables);
        }
        complete_nulls(&mut response, &document, operation);
    }
    write(response, &headers, &origin.request_id, None)
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn error_only(error: ServerError) -> Response {
    Response::from_errors(vec![error])
}

/// A token that is no good: status 401 and `UNAUTHENTICATED`; cookies from elsewhere: 403 and `FORBIDDEN`; a database that
/// is away is our own fault.
fn refuse_viewer(error: base::Error, headers: &HeaderMap, request_id: &str) -> axum::response::Response {
    let status = match error {
        base::Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        base::Error::Forbidden { .. } => StatusCode::FORBIDDEN,
        base::Error::BadInput(_) => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let message = match error {
        base::Error::Unauthenticated => "The access token is wrong, expired or revoked.".to_owned(),
        base::Error::Forbidden { .. } => {
            "Cookies are for the pages of this server's own origin (ROLLCALL_PUBLIC_URL) alone.".to_owned()
        }
        ref error => error.to_string(),
    };
    let mut error = async_graphql::Error::from(error).into_server_error(async_graphql::Pos::default());
    error.message = message;
    error.locations.clear();
    write(error_only(error), headers, request_id, Some(status))
}

/// Writes the answer. A client that asks for `application/graphql-response+json` gets it, with status 400 for a
/// request that was not executed; the others get `application/json` and status 200.
fn write(
    mut response: Response,
    headers: &HeaderMap,
    request_id: &str,
    status: Option<StatusCode>,
) -> axum::response::Response {
    complete(&mut response, request_id);
    let modern = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accept| accept.contains("application/graphql-response+json"));
    let refused = is_request_error(&response);
    let status = match status {
        Some(status) => status,
        None if refused && modern => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let content_type = if modern {
        "application/graphql-response+json; charset=utf-8"
    } else {
        "application/json; charset=utf-8"
    };
    let body = if refused {
        // The specification wants no `data` in the answer to a request that was not executed.
        serde_json::to_vec(&serde_json::json!({ "errors": response.errors }))
    } else {
        serde_json::to_vec(&response)
    };
    match body {
        Ok(body) => (status, [(CONTENT_TYPE, content_type)], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
