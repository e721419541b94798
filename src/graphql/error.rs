//! The one place where an error becomes an answer.

use async_graphql::{ErrorExtensions, Response, ServerError, SimpleObject, Value};

use crate::base;
use crate::base::error::UserErrorCode;

/// The code of a GraphQL error, in `extensions.code`. What a user can mend has no such code: it is a
/// user error of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nobody is signed in.
    Unauthenticated,
    /// Not for the viewer; `extensions.requires` names the things of which the field asks for one.
    Forbidden,
    /// No such object in the viewer's sight.
    NotFound,
    /// The client's mistake.
    BadUserInput,
    /// The document asks for too much.
    QueryTooComplex,
    /// Too often; `extensions.retryAfter` tells the seconds.
    RateLimited,
    /// Our fault; `extensions.requestId` finds it in the log.
    Internal,
    /// The document is no GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
}

impl Code {
    /// All codes, with what they mean: the README's table is drawn from this.
    pub const ALL: [(Self, &'static str); 9] = [
        (
            Self::Unauthenticated,
            "Nobody is signed in, or the access token is wrong, expired or revoked (then with HTTP status 401).",
        ),
        (
            Self::Forbidden,
            "Not for the viewer; `extensions.requires` lists the things of which the field asks for one: who has one can still \
             be refused by rank, in a team that is not active, or by the rules about administrators, preset roles and one's \
             own role. With HTTP status 403: cookies that a page of elsewhere has used.",
        ),
        (
            Self::NotFound,
            "There is no such object, or it is out of the viewer's sight.",
        ),
        (
            Self::BadUserInput,
            "The client's own mistake, such as a page size out of range.",
        ),
        (Self::QueryTooComplex, "The document asks for too much at once."),
        (
            Self::RateLimited,
            "Too often; `extensions.retryAfter` tells the seconds to wait.",
        ),
        (
            Self::Internal,
            "Our fault; `extensions.requestId` finds it in the log.",
        ),
        (Self::GraphqlParseFailed, "The document is no GraphQL."),
        (
            Self::GraphqlValidationFailed,
            "The document does not fit the schema.",
        ),
    ];

    /// The code, as clients see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::RateLimited => "RATE_LIMITED",
            Self::Internal => "INTERNAL",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
        }
    }
}

/// The cause of a deadlock, on its way to who tries again, or to the log.
#[derive(Debug)]
struct Deadlock(Box<dyn std::error::Error + Send + Sync>);

/// The cause of an internal error, on its way to the log.
#[derive(Debug)]
struct Cause(Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Something went wrong on our side.")
    }
}

impl From<base::Error> for async_graphql::Error {
    fn from(error: base::Error) -> Self {
        use base::Error;
        let message = error.to_string();
        let coded = |code: Code| Self::new(message.clone()).extend_with(|_, e| e.set("code", code.name()));
        match error {
            Error::Unauthenticated => coded(Code::Unauthenticated),
            Error::Forbidden { requires } => {
                coded(Code::Forbidden).extend_with(|_, e| e.set("requires", requires))
            }
            Error::NotFound => coded(Code::NotFound),
            // Verbs with user errors are answered by `answer`; a query has no place for them.
            Error::BadInput(_) | Error::Invalid(_) => coded(Code::BadUserInput),
            Error::RateLimited { retry_after } => {
                coded(Code::RateLimited).extend_with(|_, e| e.set("retryAfter", retry_after))
            }
            Error::Contended(cause) => {
                let mut error = coded(Code::RateLimited).extend_with(|_, e| e.set("retryAfter", 1));
                error.source = Some(std::sync::Arc::new(Deadlock(cause)));
                error
            }
            Error::Internal(cause) => {
                Self::new_with_source(Cause(cause)).extend_with(|_, e| e.set("code", Code::Internal.name()))
            }
        }
    }
}

/// An error outside of any field, with its code.
#[must_use]
pub fn request_error(code: Code, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    set_code(&mut error, code);
    error
}

fn set_code(error: &mut ServerError, code: Code) {
    error.extensions.get_or_insert_default().set("code", code.name());
}

/// Whether the one field of a mutation was taken back by the database, as it and others waited for each other.
#[must_use]
pub fn is_contended(response: &Response) -> bool {
    // One below the field is of a read, after the mutation was done.
    let of_field = |error: &ServerError| error.path.len() == 1 && error.source::<Deadlock>().is_some();
    response.errors.iter().any(of_field)
}

/// Gives every error of an answer its code: those of the library's own come without. Internal ones are
/// logged here with their cause; the client learns the request's id.
pub fn complete(response: &mut Response, request_id: &str) {
    for error in &mut response.errors {
        let coded = error.extensions.as_ref().and_then(|e| e.get("code")).is_some();
        if !coded {
            let code = library_code(error);
            set_code(error, code);
            keep_values_back(&mut error.message);
        }
        if let Some(cause) = error.source::<Deadlock>() {
            tracing::warn!(request_id, path = ?error.path, cause = ?cause.0, "deadlocks again and again");
        }
        if let Some(cause) = error.source::<Cause>() {
            tracing::error!(request_id, path = ?error.path, cause = ?cause.0, "an internal error");
            error
                .extensions
                .get_or_insert_default()
                .set("requestId", request_id);
        }
    }
}

/// How the library's errors begin that are about a limit.
const LIMITS: [&str; 4] = [
    "Query is nested too deep.",
    "Query is too complex.",
    "The recursion depth of the query cannot be greater",
    "The number of directives on the field",
];

/// What stands before a value of the client's own in the library's texts, and what then stands in their place.
const TOLD: [(&str, &str); 3] = [
    (" does not contain the value ", " does not contain this value"),
    (", found ", "."),
    (
        "Unknown operation named ",
        "The document has no operation of this name.",
    ),
];

/// Takes the value out of the message of an error that the library made. It may be a password that came into a wrong
/// place, and errors are kept in logs of clients and of what stands between.
fn keep_values_back(message: &mut String) {
    for (before, instead) in TOLD {
        if let Some(place) = message.find(before) {
            message.truncate(place);
            message.push_str(instead);
        }
    }
}

/// The code of an error that the library made. Its limits are known by their texts alone; a test pins
/// them.
fn library_code(error: &ServerError) -> Code {
    match error.message.as_str() {
        message if LIMITS.iter().any(|limit| message.starts_with(limit)) => Code::QueryTooComplex,
        _ if error.path.is_empty() => Code::GraphqlValidationFailed,
        _ => Code::BadUserInput,
    }
}

/// A mistake in the input that its author can mend.
#[derive(Debug, SimpleObject)]
#[graphql(serial)]
pub struct UserError {
    /// What is wrong: the same for every client and language.
    code: UserErrorCode,
    /// The path of the value in the arguments, such as `["input", "email"]`.
    field: Vec<String>,
    /// The rule that was broken, in English, for a person.
    message: String,
}

impl From<base::error::UserError> for UserError {
    fn from(error: base::error::UserError) -> Self {
        let field = std::iter::once("input".to_owned()).chain(error.field).collect();
        Self {
            code: error.code,
            field,
            message: error.message.into_owned(),
        }
    }
}

/// Whether an answer has no data at all, and so was refused before it was executed.
#[must_use]
pub fn is_request_error(response: &Response) -> bool {
    !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}
