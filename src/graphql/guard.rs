//! Guards: each field asks the policy's row of its action, and prints that row as `@requires`.

use std::sync::Arc;

use async_graphql::{Context, Guard, Result, TypeDirective, Value};

use super::answer::{app, argument, not_done};
use super::audience::audience;
use super::identity::Identity;
use crate::access::{Action, Requirement, Subject, Viewer};
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
pub struct Gate {
    action: Action,
    subject: Subject,
    /// Whether the field itself asks [`admitted`], side by side with its own reading.
    is_joined: bool,
}

impl Gate {
    /// Of a root field.
    pub fn root(action: Action) -> Self {
        Self::of(action, Subject::Any)
    }

    /// Of a root field with a fast path, which reads while it is told who asks. It is let through before that, and
    /// calls [`admitted`] itself; one that forgets to finds that nobody is signed in.
    pub fn joined(action: Action) -> Self {
        Self {
            is_joined: true,
            ..Self::root(action)
        }
    }

    fn of(action: Action, subject: Subject) -> Self {
        Self {
            action,
            subject,
            is_joined: false,
        }
    }

    /// Of a field of this user.
    pub fn user(action: Action, id: UserId) -> Self {
        Self::of(action, Subject::User(id))
    }

    /// Of a field of this team.
    pub fn team(action: Action, id: TeamId) -> Self {
        Self::of(action, Subject::Team(id))
    }
}

impl Guard for Gate {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        if matches!(self.action.parent(), "Query" | "Mutation" | "Subscription") {
            let is_told = ctx.data_unchecked::<Identity>().is_told();
            return if self.is_joined && !is_told {
                Ok(())
            } else {
                admitted(ctx, self.action).await.map(drop).map_err(Into::into)
            };
        }
        // The refusal of a field deep in an answer only costs that field.
        Ok(audience(ctx).check(self.action, self.subject)?)
    }
}

/// Who asks, when the policy lets them ask for this root field.
pub async fn admitted(ctx: &Context<'_>, action: Action) -> base::Result<Arc<Viewer>> {
    let app = app(ctx);
    let who = ctx.data_unchecked::<Identity>().tell().await?;
    let admitted = match who.check(action, Subject::Any) {
        Ok(()) => rates::admit(app, &who, action).await,
        Err(error) => Err(error),
    };
    let Err(error) = admitted else {
        return Ok(who);
    };
    // The refusal of a root field is an event, a preview's aside.
    if argument(ctx, "preview") != Some(Value::Boolean(true)) {
        // What comes too often is only counted, whoever it comes from.
        let nobody = who.as_nobody();
        let by = match &error {
            base::Error::RateLimited { .. } => &nobody,
            _ => who.as_ref(),
        };
        app.refuse(by, not_done(ctx, by, action, AuditOutcome::Refused))
            .await?;
    }
    Err(error)
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
