//! What is always true of the data.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::answer::{app, viewer};
use super::guard::{Gate, needs, requires};
use crate::access::Action;
use crate::platform::invariants::{Finding, invariants};

/// Something that is true of the data at every moment, and whether it is at this one.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct Invariant {
    /// The name, which does not change.
    name: &'static str,
    /// What has to be true, in a sentence.
    description: &'static str,
    /// Whether it is.
    holds: bool,
    /// What breaks it, by ids: the first ones where there are many.
    violations: Vec<String>,
    /// How often it is broken.
    count: usize,
}

impl From<Finding> for Invariant {
    fn from(finding: Finding) -> Self {
        Self {
            name: finding.invariant.name,
            description: finding.invariant.description,
            holds: finding.holds(),
            violations: finding.violations,
            count: finding.count,
        }
    }
}

#[derive(Default)]
pub struct InvariantQuery;

#[Object(guard = "super::guard::Never", serial)]
impl InvariantQuery {
    /// What has to be true of the data at every moment, each with whether it is: a violation is a fault of the server,
    /// or of who wrote to its database. It reads whole tables.
    #[graphql(guard = "Gate::root(Action::Invariants)", directive = requires::apply(needs(Action::Invariants)), complexity = "100 * child_complexity")]
    async fn invariants(&self, ctx: &Context<'_>) -> Result<Option<Vec<Invariant>>> {
        let findings = invariants(app(ctx), viewer(ctx)).await?;
        Ok(Some(findings.into_iter().map(Invariant::from).collect()))
    }
}
