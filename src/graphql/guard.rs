//! Guards: each field asks the policy's row of its action, and prints that row as `@requires`.

use async_graphql::{Context, Guard, Result, TypeDirective, Value};

use super::answer::{app, viewer};
use super::audience::audience;
use crate::access::{Action, Requirement, Subject, Viewer};
use crate::audit::Event;
use crate::base;
use crate::base::id::{TeamId, UserId};
use crate::entity::audit_event::AuditOutcome;
use crate::limits::rates;

/// Who may ask for this field: any one of the requirements is enough.
#[TypeDirective(location = "FieldDefinition", name = "requires")]
pub fn requires(any_of: Vec<Requirement>) {}

/// The requirements of an action, for the directive.
pub fn needs(action: Action) -> Vec<Requirement> {
    action.requirements().to_vec()
}

/// Lets a field through when the policy does.
#[derive(Debug)]
pub struct Gate(Action, Subject);

impl Gate {
    /// Of a root field.
    pub fn root(action: Action) -> Self {
        Self(action, Subject::Any)
    }

    /// Of a field of this user.
    pub fn user(action: Action, id: UserId) -> Self {
        Self(action, Subject::User(id))
    }

    /// Of a field of this team.
    pub fn team(action: Action, id: TeamId) -> Self {
        Self(action, Subject::Team(id))
    }
}

impl Guard for Gate {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        let Self(action, subject) = *self;
        let is_root = matches!(action.parent(), "Query" | "Mutation" | "Subscription");
        let who = if is_root {
            viewer(ctx).clone()
        } else {
            audience(ctx)
        };
        let admitted = match who.check(action, subject) {
            Ok(()) if is_root => rates::admit(app(ctx), &who, action).await,
            checked => checked,
        };
        let Err(error) = admitted else {
            return Ok(());
        };
        // The refusal of a root field is an event, a preview's aside; one of a field deep in an answer only costs that
        // field.
        if is_root && !is_preview(ctx) {
            let (app, event) = (app(ctx), Event::not_done(action, AuditOutcome::Refused));
            // What comes too often is only counted, whoever it comes from.
            let nobody = Viewer {
                signed_in: None,
                origin: who.origin.clone(),
            };
            let by = match &error {
                base::Error::RateLimited { .. } => &nobody,
                _ => who.as_ref(),
            };
            app.refuse(by, event).await?;
        }
        Err(error.into())
    }
}

/// Whether the field's input asks for a preview, which leaves no event.
fn is_preview(ctx: &Context<'_>) -> bool {
    let arguments = ctx.field().arguments().unwrap_or_default();
    arguments.iter().any(|(name, value)| match value {
        Value::Object(input) if name == "input" => input.get("preview") == Some(&Value::Boolean(true)),
        _ => false,
    })
}

/// Lets nothing through: what a root field without a guard of its own gets.
#[derive(Debug)]
#[allow(dead_code)] // Made only by the code of a field that forgot its guard: at best, by a test.
pub struct Never;

impl Guard for Never {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        Err(base::Error::internal("this field has no guard").into())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

    struct Query;

    #[Object(guard = "super::Never")]
    impl Query {
        /// A field whose author forgot the guard.
        async fn forgotten(&self) -> Option<bool> {
            Some(true)
        }
    }

    #[tokio::test]
    async fn a_field_without_a_guard_is_closed() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let response = schema.execute("{ forgotten }").await;
        assert_eq!(response.data, async_graphql::Value::Null);
        assert_eq!(response.errors.len(), 1);
    }
}
