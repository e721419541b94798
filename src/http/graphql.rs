//! GraphQL over HTTP (the specification's draft of 2025): `POST` for all, `GET` for queries.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Variables};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;

use super::authenticate::{Asker, authenticate};
use super::cookies;
use super::question::{self, Question, Refusal};
use crate::app::App;
use crate::base;
use crate::fast::{Way, respond};
use crate::graphql::complete::complete_nulls;
use crate::graphql::documents::Documents;
use crate::graphql::error::{complete, is_contended, is_request_error, request_error};
use crate::graphql::known::Known;
use crate::graphql::{Browser, Identity, Schema, Scoped, document, order};

/// What the route reaches.
#[derive(Clone)]
pub struct Served {
    /// The application.
    pub app: Arc<App>,
    /// The schema.
    pub schema: Schema,
    /// The documents that were asked lately.
    pub documents: Arc<Documents>,
}

/// How often a mutation of one field is run again that the database took back because of a deadlock. It had done nothing
/// then: a verb writes in one transaction. What it had counted before that, such as a try of a code, stands, and is not
/// counted again (`base::tally`).
const MOST_REPEATS: usize = 5;

/// Answers one request.
pub async fn graphql(
    State(served): State<Served>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let asker = authenticate(&served.app, request.headers(), peer);
    let (app, browser) = (served.app.clone(), asker.browser.clone());
    let mut response = answer(served, asker, request).await;
    cookies::write(response.headers_mut(), browser.as_ref(), &app.public_url, || {
        app.now()
    });
    response
}

async fn answer(served: Served, asker: Asker, request: axum::extract::Request) -> axum::response::Response {
    let Asker {
        origin,
        claims,
        browser,
    } = asker;
    let is_modern = is_modern(request.headers());
    let request_id = origin.request_id.clone();
    let claims = match claims {
        Ok(claims) => claims,
        Err(error) => return refuse_viewer(error, is_modern, &request_id),
    };
    let lane = served.app.database.lane();
    let identity = Identity::asked(served.app.clone(), origin, claims, lane.clone());
    let answered = match question::read(&served, request).await {
        Ok(question) => {
            let way = lane.map(|lane| Way {
                lane,
                replica: served.app.database.replica(),
                claims_to_be: claims.map(|claims| claims.user_id),
            });
            // What is written is written by somebody: that is told first, and the rest goes the ordinary way.
            if question.is_query() || identity.tell_to_write().await.is_ok() {
                Ok(execute(&served, question, &identity, way, browser.as_ref()).await)
            } else {
                Ok(Answer::Ordinary(Response::default()))
            }
        }
        Err(refusal) => Err(refusal),
    };
    // The answer to a token that is no good is that, whatever else it would have been.
    if let Err(refused) = identity.tell().await {
        let error = identity.refusal().unwrap_or(refused);
        if let (base::Error::Unauthenticated, Some(browser)) = (&error, &browser) {
            browser.forget_session();
        }
        return refuse_viewer(error, is_modern, &request_id);
    }
    match answered {
        Ok(Answer::Ordinary(response)) => write(response, is_modern, &request_id, None),
        Ok(Answer::Written(body)) => {
            let content_type = content_type(is_modern);
            ([(CONTENT_TYPE, HeaderValue::from_static(content_type))], body).into_response()
        }
        Err(Refusal {
            status,
            code,
            message,
            allow,
        }) => {
            let response = error_only(request_error(code, message));
            let mut response = write(response, is_modern, &request_id, status);
            if let Some(allow) = allow {
                response
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static(allow));
            }
            response
        }
    }
}

/// What a document is answered with.
enum Answer {
    /// By the library.
    Ordinary(Response),
    /// The body, written already.
    Written(Vec<u8>),
}

/// Executes a document, a mutation more than once where the database took it back.
async fn execute(
    Served { app, schema, .. }: &Served,
    Question {
        parsed,
        name,
        variables,
    }: Question,
    identity: &Identity,
    mut way: Option<Way>,
    browser: Option<&Browser>,
) -> Answer {
    let document = &parsed.document;
    let Some(operation) = document::operation(document, name.as_deref()) else {
        // The library says what is wrong with the name.
        return Answer::Ordinary(schema.execute(request(document, name, variables)).await);
    };
    let mut form = None;
    if let Some(way) = &way
        && let Some(known) = Known::of(document, operation, &variables)
    {
        if let Some(body) = Box::pin(known.answer(&parsed.proven, app, identity, way)).await {
            return Answer::Written(body);
        }
        form = Some(known.into_form());
    }
    // One root field is in order by itself; where there are more, or where something fails, the document is
    // looked at once more.
    let reorder = (!document::has_one_root_field(operation)).then(|| variables.clone());
    let is_repeatable = operation.ty == OperationType::Mutation && reorder.is_none();
    if !document::asks_each_once(document, operation) {
        way = None;
    }
    let begun = |variables: Variables| {
        let mut request = request(document, name.clone(), variables)
            .data(Scoped::loaders(app.clone(), identity))
            .data(identity.clone());
        if let Some(browser) = browser {
            browser.begin_again();
            request = request.data(browser.clone());
        }
        request
    };
    let again = is_repeatable.then(|| variables.clone());
    let mut first = begun(variables);
    if let Some(way) = way {
        first = first.data(way);
    }
    let mut response = Box::pin(schema.execute(first)).await;
    if let Some(form) = form {
        parsed.proven.learn(form, &response);
    }
    for _ in 0..MOST_REPEATS {
        let Some(variables) = again.as_ref().filter(|_| is_contended(&response)) else {
            break;
        };
        identity.viewer().origin.tally.begin_again();
        response = Box::pin(schema.execute(begun(variables.clone()))).await;
    }
    if let Some(variables) = &reorder {
        order::restore(&mut response.data, document, operation, variables);
    }
    if reorder.is_some() || !response.errors.is_empty() {
        complete_nulls(&mut response, document, operation);
    }
    // Root fields fail side by side; the one that stands first is told first.
    response
        .errors
        .sort_by_key(|error| error.locations.first().map(|at| (at.line, at.column)));
    Answer::Ordinary(response)
}

fn request(document: &ExecutableDocument, name: Option<String>, variables: Variables) -> Request {
    // The text is not looked at any more.
    let mut request = Request::new("").variables(variables);
    request.operation_name = name;
    request.set_parsed_query(document.clone());
    request
}

fn error_only(error: ServerError) -> Response {
    Response::from_errors(vec![error])
}

/// A token that is no good: status 401 and `UNAUTHENTICATED`; cookies from elsewhere: 403 and `FORBIDDEN`; a database that
/// is away is our own fault.
fn refuse_viewer(error: base::Error, is_modern: bool, request_id: &str) -> axum::response::Response {
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
    write(error_only(error), is_modern, request_id, Some(status))
}

/// Whether the client knows the specification's own media type.
fn is_modern(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accept| accept.contains("application/graphql-response+json"))
}

fn content_type(is_modern: bool) -> &'static str {
    if is_modern {
        "application/graphql-response+json; charset=utf-8"
    } else {
        "application/json; charset=utf-8"
    }
}

/// Writes the answer. A client that asks for `application/graphql-response+json` gets it, with status 400 for a
/// request that was not executed; the others get `application/json` and status 200.
fn write(
    mut response: Response,
    is_modern: bool,
    request_id: &str,
    status: Option<StatusCode>,
) -> axum::response::Response {
    complete(&mut response, request_id);
    let refused = is_request_error(&response);
    let status = match status {
        Some(status) => status,
        None if refused && is_modern => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let body = if refused {
        // The specification wants no `data` in the answer to a request that was not executed.
        serde_json::to_vec(&serde_json::json!({ "errors": response.errors }))
    } else {
        respond::body(&response)
    };
    match body {
        Ok(body) => (status, [(CONTENT_TYPE, content_type(is_modern))], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
