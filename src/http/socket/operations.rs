//! The operations of one connection: each is checked as a request over HTTP is, and then told as long as it goes on.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response};
use axum::extract::ws::Message;
use futures::StreamExt;
use futures::stream::{BoxStream, SelectAll, once};
use tokio::sync::oneshot;

use super::message::{Close, Operation, ServerMessage};
use crate::access::Viewer;
use crate::base::Error;
use crate::graphql::complete::complete_nulls;
use crate::graphql::error::{Code, complete, is_request_error, request_error};
use crate::graphql::{Identity, Scoped, document};
use crate::http::graphql::Served;
use crate::http::misread;
use crate::sessions::identify::identify_again;

/// How many operations a connection has at a time.
const MOST: usize = 10;

/// What goes on.
pub struct Operations {
    served: Served,
    viewer: Viewer,
    streams: SelectAll<BoxStream<'static, Step>>,
    /// The operations by their names, each with its number and with what ends it when it is dropped.
    begun: HashMap<String, (u64, oneshot::Sender<()>)>,
    made: u64,
}

/// What comes next of an operation.
struct Step {
    id: String,
    /// Tells an operation from an earlier one of the same name.
    number: u64,
    /// The answer; none when it is over.
    answer: Option<Response>,
}

/// A document that was checked.
struct Checked {
    document: ExecutableDocument,
    name: Option<String>,
}

/// Why an operation is not begun.
enum Refusal {
    /// It is no good.
    Error(Code, String),
    /// Its connection is none any more.
    Close(Close),
}

impl Operations {
    pub fn new(served: Served, viewer: Viewer) -> Self {
        Self {
            served,
            viewer,
            streams: SelectAll::new(),
            begun: HashMap::new(),
            made: 0,
        }
    }

    /// Begins an operation; answers with what has to be said when it is none.
    pub async fn begin(&mut self, id: String, operation: Operation) -> Result<Option<Message>, Close> {
        if self.begun.contains_key(&id) {
            return Err(Close::Exists(id));
        }
        let prepared = if self.begun.len() < MOST {
            prepare(&self.served, &self.viewer, operation).await
        } else {
            Err(bad("A connection has at most 10 subscriptions at a time."))
        };
        let stream = match prepared {
            Ok(stream) => stream,
            Err(Refusal::Close(close)) => return Err(close),
            Err(Refusal::Error(code, message)) => {
                let payload = vec![request_error(code, message)];
                return ServerMessage::Error { id: &id, payload }.text().map(Some);
            }
        };
        self.made += 1;
        let number = self.made;
        let (end, ended) = oneshot::channel::<()>();
        let step = {
            let id = id.clone();
            move |answer| Step {
                id: id.clone(),
                number,
                answer,
            }
        };
        let over = step(None);
        let steps = stream
            .map(move |answer| step(Some(answer)))
            .take_until(ended)
            .chain(once(async { over }));
        self.streams.push(steps.boxed());
        self.begun.insert(id, (number, end));
        Ok(None)
    }

    /// Ends an operation, at the client's wish: nothing more is said of it.
    pub fn end(&mut self, id: &str) {
        self.begun.remove(id);
    }

    /// What has to be said next; none while there is no operation.
    pub async fn next(&mut self) -> Option<Message> {
        while let Some(Step { id, number, answer }) = self.streams.next().await {
            if self.begun.get(&id).is_none_or(|(current, _)| *current != number) {
                continue;
            }
            let refused = answer.as_ref().is_some_and(is_request_error);
            if refused || answer.is_none() {
                self.begun.remove(&id);
            }
            let id = id.as_str();
            let message = match answer {
                None => ServerMessage::Complete { id },
                Some(answer) if refused => ServerMessage::Error {
                    id,
                    payload: answer.errors,
                },
                Some(payload) => ServerMessage::Next { id, payload },
            };
            // What cannot be written is nothing that we say.
            if let Ok(message) = message.text() {
                return Some(message);
            }
        }
        None
    }
}

fn bad(message: &str) -> Refusal {
    Refusal::Error(Code::BadUserInput, message.to_owned())
}

/// Checks an operation and begins it.
async fn prepare(
    Served { app, schema, .. }: &Served,
    viewer: &Viewer,
    operation: Operation,
) -> Result<BoxStream<'static, Response>, Refusal> {
    let Operation {
        query,
        operation_name: name,
        mut variables,
    } = operation;
    let document = parse_query(&query)
        .map_err(|error| Refusal::Error(Code::GraphqlParseFailed, misread::document(&error)))?;
    document::check(&document, app.settings.introspection)
        .map_err(|(code, message)| Refusal::Error(code, message.to_owned()))?;
    let invalid = |message: &str| Refusal::Error(Code::GraphqlValidationFailed, message.to_owned());
    let definition = document::operation(&document, name.as_deref()).ok_or_else(|| {
        invalid("The document has no operation of this name, or several and no name is given.")
    })?;
    if definition.ty != OperationType::Subscription {
        return Err(bad("Queries and mutations are sent by POST to /graphql."));
    }
    if document::root_fields(&document, definition).len() > 1 {
        return Err(invalid("A subscription has one root field."));
    }
    document::fill_in(definition, &mut variables);
    if let Some(name) = document::missing(definition, &variables) {
        return Err(bad(&format!("The variable ${name} is required.")));
    }
    // The connection may be hours old.
    let viewer = identify_again(app, viewer).await.map_err(|error| {
        Refusal::Close(match error {
            Error::Unauthenticated => Close::Unauthorized("The session has ended."),
            _ => Close::Later("Who you are cannot be told now."),
        })
    })?;
    let request_id = viewer.origin.request_id.clone();
    let identity = Identity::known(Arc::new(viewer));
    let mut request = Request::new(query).variables(variables);
    if let Some(name) = &name {
        request = request.operation_name(name);
    }
    request.set_parsed_query(document.clone());
    let request = request
        .data(Scoped::loaders(app.clone(), &identity))
        .data(identity);
    let checked = Checked { document, name };
    let answers = schema.execute_stream(request);
    Ok(answers
        .map(move |answer| finish(answer, &checked, &request_id))
        .boxed())
}

/// Makes an answer what it is over HTTP: every error with its code, every failed field with its `null`.
fn finish(mut answer: Response, checked: &Checked, request_id: &str) -> Response {
    complete(&mut answer, request_id);
    if !answer.errors.is_empty()
        && let Some(operation) = document::operation(&checked.document, checked.name.as_deref())
    {
        complete_nulls(&mut answer, &checked.document, operation);
    }
    answer
}
