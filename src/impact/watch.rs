//! Runs a verb for real, or only to see what it would do.

use super::loss::Impact;
use super::standing::{Scope, Standing};
use crate::app::App;
use crate::base::error::UserError;
use crate::base::{Error, Result};
use crate::entity::database::Transaction;

/// How a verb is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It is done.
    ForReal,
    /// Nothing is written, not even an event; what it would do is told.
    Preview,
}

impl Run {
    /// What an input's `preview` asks for.
    #[must_use]
    pub fn of(preview: Option<bool>) -> Self {
        if preview == Some(true) {
            Self::Preview
        } else {
            Self::ForReal
        }
    }

    /// Notes, for a preview, how things stand within the scope: after the verb's locks, before its writes.
    pub async fn watch_in(self, txn: &Transaction, app: &App, scope: Scope) -> Result<Watch> {
        let before = match self {
            Self::ForReal => None,
            Self::Preview => Some(Before {
                standing: Standing::read_in(txn, app, &scope, &[]).await?,
                scope,
                user_errors: Vec::new(),
            }),
        };
        Ok(Watch(before))
    }
}

/// What a verb gives.
#[derive(Clone, Debug)]
pub enum Outcome<T> {
    /// It was done.
    Done(T),
    /// It was previewed.
    Foreseen(Impact),
}

#[derive(Debug)]
struct Before {
    scope: Scope,
    standing: Standing,
    user_errors: Vec<UserError>,
}

/// A verb under way: for real, or watched for a preview.
#[derive(Debug)]
pub struct Watch(Option<Before>);

impl Watch {
    /// Passes a rule's word on. In a preview, what its author can mend is only noted, so that the rest of what would
    /// happen is told with it.
    pub fn note<T>(&mut self, ruled: Result<T>) -> Result<Option<T>> {
        match (ruled, &mut self.0) {
            (Err(Error::Invalid(errors)), Some(before)) => {
                before.user_errors.extend(errors);
                Ok(None)
            }
            (ruled, _) => ruled.map(Some),
        }
    }

    /// Ends the verb's transaction: commits it, or measures what it changed and takes it back.
    pub async fn end<T>(self, app: &App, txn: Transaction, done: T) -> Result<Outcome<T>> {
        let Some(before) = self.0 else {
            app.commit(txn).await?;
            return Ok(Outcome::Done(done));
        };
        let after = Standing::read_in(&txn, app, &before.scope, &before.standing.resource_ids()).await?;
        txn.rollback().await?;
        let impact = before.standing.less(&after);
        Ok(Outcome::Foreseen(Impact {
            user_errors: before.user_errors,
            ..impact
        }))
    }
}
