//! What is true of the data at every moment, whatever anybody did.
//!
//! Each invariant is one statement, and so sees one moment of the database even while a server writes. It selects the
//! rows that may break it, and says of each whether it does. The lists are data: `people` has those of users and
//! logins, `teams` those of teams, members and codes, `roles` those of roles, `resources` those of resources. `rollcall invariants check`,
//! `Query.invariants` and the end of every test ask all of them.

mod people;
mod resources;
mod roles;
mod teams;

use std::pin::pin;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{QueryResult, StreamTrait, TryGetable};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::Result;
use crate::base::id::Id;

/// How many violations of an invariant an answer of the API names; the others are counted.
const MOST_NAMED: usize = 20;

/// Something that is always true.
#[derive(Debug)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub description: &'static str,
    /// The rows to be looked at.
    statement: fn(DateTime<Utc>) -> SelectStatement,
    rule: Rule,
}

/// What the rows of a statement have to be.
#[derive(Debug)]
enum Rule {
    /// None of them is named as a violation.
    Every(fn(&QueryResult) -> Result<Option<String>>),
    /// There are exactly so many of them, each with its name.
    Exactly(usize, fn(&QueryResult) -> Result<Option<String>>),
}

/// What was found of an invariant.
#[derive(Debug)]
pub struct Finding {
    /// The invariant.
    pub invariant: &'static Invariant,
    /// How often it is violated.
    pub count: usize,
    /// The violations by printed ids, the first of them where there are many.
    pub violations: Vec<String>,
}

impl Finding {
    /// Whether the invariant holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.count == 0
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Invariant {
            name, description, ..
        } = self.invariant;
        let verdict = if self.holds() { "ok" } else { "violated" };
        write!(f, "{verdict:<8}  {name}: {description}")?;
        for violation in &self.violations {
            write!(f, "\n            {violation}")?;
        }
        match self.count.saturating_sub(self.violations.len()) {
            0 => Ok(()),
            more => write!(f, "\n            and {more} more"),
        }
    }
}

/// All invariants, in the order in which they are told.
pub fn all() -> impl Iterator<Item = &'static Invariant> {
    let parts = [
        people::INVARIANTS,
        teams::INVARIANTS,
        roles::INVARIANTS,
        resources::INVARIANTS,
    ];
    parts.into_iter().flatten()
}

/// Looks at all of them, for platform staff; names the first violations of each.
pub async fn invariants(app: &App, viewer: &Viewer) -> Result<Vec<Finding>> {
    viewer.grant(Action::Invariants)?;
    look_at_all(app.database.reader(), app.now(), MOST_NAMED).await
}

/// Looks at all of them, and names each violation.
pub async fn check(connection: &impl StreamTrait, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    look_at_all(connection, now, usize::MAX).await
}

async fn look_at_all(
    connection: &impl StreamTrait,
    now: DateTime<Utc>,
    most_named: usize,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for invariant in all() {
        findings.push(look_at(connection, now, invariant, most_named).await?);
    }
    Ok(findings)
}

async fn look_at(
    connection: &impl StreamTrait,
    now: DateTime<Utc>,
    invariant: &'static Invariant,
    most_named: usize,
) -> Result<Finding> {
    let (Rule::Every(name) | Rule::Exactly(_, name)) = &invariant.rule;
    let mut rows = pin!(connection.stream(&(invariant.statement)(now)).await?);
    let (mut count, mut violations) = (0, Vec::new());
    while let Some(row) = rows.try_next().await? {
        let Some(violation) = name(&row)? else { continue };
        count += 1;
        if violations.len() < most_named {
            violations.push(violation);
        }
    }
    if let Rule::Exactly(expected, _) = invariant.rule {
        if count == expected {
            (count, violations) = (0, Vec::new());
        } else if count < expected {
            (count, violations) = (1, vec![format!("{} missing", expected - count)]);
        }
    }
    Ok(Finding {
        invariant,
        count,
        violations,
    })
}

/// Names a row by its `id`.
fn by_id<I: Id + TryGetable>(row: &QueryResult) -> Result<Option<String>> {
    Ok(Some(row.try_get::<I>("", "id")?.to_string()))
}
