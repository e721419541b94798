//! From a verb's result to a payload.

use std::sync::Arc;

use async_graphql::{Context, Result, Value};

use super::error::UserError;
use super::identity::Identity;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base;
use crate::base::id::AnyId;
use crate::entity::audit_event::AuditOutcome;

/// The application.
pub fn app<'c>(ctx: &Context<'c>) -> &'c Arc<App> {
    ctx.data_unchecked()
}

/// Who asks.
pub fn viewer<'c>(ctx: &Context<'c>) -> &'c Arc<Viewer> {
    ctx.data_unchecked::<Identity>().viewer()
}

/// What the field was given under this name: as an argument, or in its input.
pub fn argument(ctx: &Context<'_>, name: &str) -> Option<Value> {
    let arguments = ctx.field().arguments().unwrap_or_default();
    arguments.into_iter().find_map(|(given, value)| match value {
        Value::Object(mut input) if given == "input" => input.swap_remove(name),
        value => (given == name).then_some(value),
    })
}

/// The event of something that was tried in vain, about what the field was asked to do it to.
pub fn not_done(ctx: &Context<'_>, by: &Viewer, action: Action, outcome: AuditOutcome) -> Event {
    let event = Event::not_done(action, outcome);
    // What nobody tried is only counted, and has no target.
    let target = action.target_argument().filter(|_| by.signed_in.is_some());
    match target.and_then(|name| argument(ctx, name)) {
        // Only what has the form of an id of ours: the log is no place for what somebody typed.
        Some(Value::String(id)) if AnyId::parse(&id).is_ok() => event.on_id(id),
        _ => event,
    }
}

/// Makes the payload of a mutation. What its author can mend goes into the payload, the rest becomes a
/// GraphQL error; both leave an event, after the verb's rollback.
pub async fn answer<T, P: From<Vec<UserError>>>(
    ctx: &Context<'_>,
    action: Action,
    done: base::Result<T>,
    payload: impl FnOnce(T) -> P,
) -> Result<P> {
    let error = match done {
        Ok(done) => return Ok(payload(done)),
        Err(error) => error,
    };
    let outcome = match &error {
        base::Error::Invalid(_) => Some(AuditOutcome::Failed),
        base::Error::Internal(_) | base::Error::Contended(_) => None,
        _ => Some(AuditOutcome::Refused),
    };
    if let Some(outcome) = outcome {
        let (app, viewer) = (app(ctx), viewer(ctx));
        app.refuse(viewer, not_done(ctx, viewer, action, outcome)).await?;
    }
    told(error)
}

/// The same for a verb that writes the events of its failures itself.
pub fn answer_recorded<T, P: From<Vec<UserError>>>(
    done: base::Result<T>,
    payload: impl FnOnce(T) -> P,
) -> Result<P> {
    done.map_or_else(told, |done| Ok(payload(done)))
}

fn told<P: From<Vec<UserError>>>(error: base::Error) -> Result<P> {
    match error {
        base::Error::Invalid(errors) => {
            Ok(errors.into_iter().map(UserError::from).collect::<Vec<_>>().into())
        }
        error => Err(error.into()),
    }
}

/// Declares a payload: its own fields, each null on failure, and `userErrors`.
///
/// With `foresees` before its name it is one of a mutation that can be previewed, and has `impact` too.
macro_rules! payload {
    ($(#[$doc:meta])* foresees $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $crate::graphql::answer::payload! {
            $(#[$doc])*
            $name {
                $($(#[$field_doc])* $field: $type,)*
                /// What would happen; only for a preview, of which all else but `userErrors` is null.
                impact: $crate::graphql::impact::Impact,
            }
        }

        impl $crate::graphql::impact::Foresees for $name {
            fn foresee(&mut self, impact: $crate::graphql::impact::Impact) {
                self.impact = Some(impact);
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Default, async_graphql::SimpleObject)]
        #[graphql(serial)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            /// What has to be mended in the input; empty when it was done.
            pub user_errors: Vec<$crate::graphql::error::UserError>,
        }

        impl From<Vec<$crate::graphql::error::UserError>> for $name {
            fn from(user_errors: Vec<$crate::graphql::error::UserError>) -> Self {
                #[allow(clippy::needless_update)] // Some payloads have no other field.
                Self { user_errors, ..Self::default() }
            }
        }
    };
}

pub(super) use payload;
