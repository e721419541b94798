//! Questions whose documents are known to be valid: answered without asking the library again.
//!
//! The library validates each document at each request, and resolves it field by field; for a page of a list that is
//! most of the work. Whether a document is valid depends on the text, and on the values of its variables so far as their
//! form goes: a text is as good as another where any text will do. So a question that the fast path has answered once is
//! remembered by its form ([`Proven`]), and the next one of that form is planned and answered here.
//!
//! Whatever is not plain (a refusal, a cursor that is none, a lane that is down) is left to the library, which tells it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
};
use async_graphql::{ID, Response, Value, Variables};

use super::identity::Identity;
use super::{team_query, user_query};
use crate::access::{Action, Subject, Viewer};
use crate::app::App;
use crate::base::Result;
use crate::base::id::{AnyId, Id, TeamId, UserId};
use crate::fast::{self, Asked, Kept, Way};
use crate::sessions::identify::Column;

/// How many forms of one document are remembered: a console sends few, such as with a cursor and without.
const MOST_FORMS: usize = 8;
/// A form is no longer, in bytes.
const LONGEST_FORM: usize = 512;

/// The fields of input objects that take any text: of the type, the field. A test holds them against the schema.
pub const ANY_TEXT: [(&str, &str); 4] = [
    ("UserFilter", "search"),
    ("UserFilter", "teamId"),
    ("TeamFilter", "search"),
    ("TeamFilter", "superappTeamId"),
];

/// The form of a question.
#[derive(Debug)]
pub struct Form(Vec<u8>);

/// The forms in which a document has proven to be valid.
#[derive(Debug, Default)]
pub struct Proven(RwLock<HashMap<Box<[u8]>, Arc<Kept>>>);

impl Proven {
    fn kept(&self, form: &Form) -> Option<Arc<Kept>> {
        let forms = self.0.read().unwrap_or_else(PoisonError::into_inner);
        forms.get(form.0.as_slice()).cloned()
    }

    /// Remembers that the library found a document valid in this form, when the fast path has answered it.
    pub fn learn(&self, form: Form, response: &Response) {
        let Value::Object(fields) = &response.data else {
            return;
        };
        let is_fast = fields.values().all(|value| matches!(value, Value::Binary(_)));
        if fields.is_empty() || !is_fast || !response.errors.is_empty() {
            return;
        }
        let mut forms = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if forms.len() >= MOST_FORMS {
            forms.clear();
        }
        forms.insert(form.0.into(), Arc::default());
    }
}

/// A question with one root field.
#[derive(Debug)]
pub struct Known<'q> {
    document: &'q ExecutableDocument,
    field: &'q Field,
    variables: &'q Variables,
    form: Form,
}

impl<'q> Known<'q> {
    /// The question, where it is of the kind that can be known.
    #[must_use]
    pub fn of(
        document: &'q ExecutableDocument,
        operation: &'q OperationDefinition,
        variables: &'q Variables,
    ) -> Option<Self> {
        let [item] = operation.selection_set.node.items.as_slice() else {
            return None;
        };
        let Selection::Field(field) = &item.node else {
            return None;
        };
        let field = &field.node;
        let is_plain = operation.ty == OperationType::Query
            && operation.directives.is_empty()
            && field.directives.is_empty();
        if !is_plain {
            return None;
        }
        Some(Self {
            document,
            field,
            variables,
            form: form(operation, variables)?,
        })
    }

    /// Its form, by which it is known the next time.
    #[must_use]
    pub fn into_form(self) -> Form {
        self.form
    }

    /// The body of the answer; none where the library has to be asked.
    pub async fn answer(
        &self,
        proven: &Proven,
        app: &App,
        identity: &Identity,
        way: &Way,
    ) -> Option<Vec<u8>> {
        let kept = proven.kept(&self.form)?;
        let fragments = &self.document.fragments;
        let asked = Asked::known(way, fragments, self.field, self.variables, &kept);
        let written = root(&asked, self.field.name.node.as_str(), app, identity).await?;
        let key = self.field.response_key().node.as_str();
        let mut body = Vec::with_capacity(written.len() + key.len() + 16);
        body.extend_from_slice(b"{\"data\":{\"");
        body.extend_from_slice(key.as_bytes());
        body.extend_from_slice(b"\":");
        body.extend_from_slice(&written);
        body.extend_from_slice(b"}}");
        Some(body)
    }
}

/// The root field's own bytes.
async fn root(asked: &Asked<'_>, name: &str, app: &App, identity: &Identity) -> Option<Vec<u8>> {
    let now = app.now();
    // None of these fields has a rate.
    let admitted = async |action| -> Result<Arc<Viewer>> {
        let viewer = identity.tell().await?;
        viewer.check(action, Subject::Any)?;
        Ok(viewer)
    };
    // In boxes, which are handed on for nothing; they are moved several times on their way to the lane.
    let admitted = |action| Box::pin(admitted(action));
    let id = || asked.argument::<ID>("id").ok();
    let tried = match name {
        "users" => {
            let list = user_query::asked(asked)?;
            Box::pin(fast::users(asked, now, &list, admitted(Action::Users))).await
        }
        "teams" => {
            let list = team_query::asked(asked)?;
            let viewer = admitted(Action::Teams).await.ok()?;
            Box::pin(fast::teams(asked, now, &list, &viewer)).await
        }
        "user" => {
            let id = UserId::parse(&id()?).ok()?;
            Box::pin(fast::user(asked, now, id, admitted(Action::User))).await
        }
        "team" => {
            let id = TeamId::parse(&id()?).ok()?;
            Box::pin(fast::team(asked, now, id, admitted(Action::Team))).await
        }
        "viewer" => {
            let beside = async |columns: &[Column]| {
                let (viewer, rows) = identity.tell_beside(columns).await?;
                viewer.check(Action::Viewer, Subject::Any)?;
                Ok((viewer, rows))
            };
            Box::pin(fast::viewer(asked, now, beside)).await
        }
        "node" => match AnyId::parse(&id()?).ok()? {
            AnyId::UserId(id) => Box::pin(fast::user(asked, now, id, admitted(Action::Node))).await,
            AnyId::TeamId(id) => Box::pin(fast::team(asked, now, id, admitted(Action::Node))).await,
            _ => return None,
        },
        _ => return None,
    };
    tried.ok()?
}

/// The form of a question: the operation, and its variables but for the texts that could be any.
fn form(operation: &OperationDefinition, variables: &Variables) -> Option<Form> {
    // Where it stands tells it from the document's other operations.
    let place = operation.selection_set.pos;
    let mut form = Vec::with_capacity(64);
    form.extend_from_slice(&place.line.to_le_bytes());
    form.extend_from_slice(&place.column.to_le_bytes());
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        form.push(b'$');
        let Some(value) = variables.get(&definition.name.node) else {
            continue;
        };
        let of = match &definition.var_type.node.base {
            BaseType::Named(name) => name.as_str(),
            BaseType::List(_) => "",
        };
        match value {
            Value::String(_) if matches!(of, "ID" | "String") => form.push(b'*'),
            Value::Object(fields) => {
                form.push(b'{');
                for (name, value) in fields {
                    // Quoted: a name is whatever the client made it.
                    serde_json::to_writer(&mut form, name.as_str()).ok()?;
                    match value {
                        Value::String(_) if ANY_TEXT.contains(&(of, name.as_str())) => form.push(b'*'),
                        value => push(&mut form, value)?,
                    }
                }
                form.push(b'}');
            }
            value => push(&mut form, value)?,
        }
        if form.len() > LONGEST_FORM {
            return None;
        }
    }
    Some(Form(form))
}

/// Writes a value as it is; each value in a way of its own.
fn push(form: &mut Vec<u8>, value: &Value) -> Option<()> {
    serde_json::to_writer(form, value).ok()
}
