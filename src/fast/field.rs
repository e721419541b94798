//! A field that is answered the ordinary way, or by bytes.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use crate::base::id::UserId;
use crate::entity::lanes::Lane;

/// The value of a field: to the schema and to whoever validates a query it is a `T`.
#[derive(Debug)]
pub enum Fast<T> {
    /// Resolved as every other field.
    Cold(T),
    /// The JSON of the whole field.
    Done(Value),
}

impl<T> From<T> for Fast<T> {
    fn from(cold: T) -> Self {
        Self::Cold(cold)
    }
}

impl<T> Fast<T> {
    /// The field with this JSON.
    #[must_use]
    pub fn done(json: Vec<u8>) -> Self {
        Self::Done(Value::Binary(json.into()))
    }
}

impl<T: OutputType> OutputType for Fast<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        match self {
            Self::Cold(cold) => cold.introspection_type_name(),
            Self::Done(_) => T::type_name(),
        }
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match self {
            Self::Cold(cold) => cold.resolve(ctx, field).await,
            Self::Done(value) => Ok(value.clone()),
        }
    }
}

/// The way of one request: only whoever writes answers with [`super::respond`] hands one in, as any other writer would
/// print the bytes as a list of numbers.
#[derive(Debug)]
pub struct Way {
    /// The lane of all its reads.
    pub lane: Lane,
    /// A lane to a copy of the database, for what may lag.
    pub replica: Option<Lane>,
    /// Whom the access token names. Not known yet: whether the session goes on.
    pub claims_to_be: Option<UserId>,
}
