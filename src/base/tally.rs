//! What a request has counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a request has counted against limits. A database may take back what a request did, and then the same is run again
/// (`http::graphql`); what it had counted stands, as it is committed by itself, and is not counted again. Clones share
/// one tally.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    /// By this run.
    now: Vec<String>,
    /// By the runs before, and not yet asked for by this one.
    before: Vec<String>,
}

impl Tally {
    /// The request is run again from its beginning.
    pub fn begin_again(&self) {
        let mut counted = self.counted();
        let now = std::mem::take(&mut counted.now);
        counted.before.extend(now);
    }

    /// Whether a run before has counted this; each count of it stands for one.
    #[must_use]
    pub fn has_counted(&self, what: &str) -> bool {
        let mut counted = self.counted();
        let Some(place) = counted.before.iter().position(|before| before == what) else {
            return false;
        };
        let what = counted.before.swap_remove(place);
        counted.now.push(what);
        true
    }

    /// This was counted.
    pub fn note(&self, what: String) {
        self.counted().now.push(what);
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn a_run_knows_what_the_runs_before_have_counted_each_time_once() {
        let tally = Tally::default();
        assert!(!tally.has_counted("a"));
        tally.note("a".to_owned());
        tally.note("a".to_owned());
        assert!(!tally.has_counted("a"));
        for _ in 0..3 {
            tally.begin_again();
            assert!(tally.has_counted("a") && tally.has_counted("a"));
            assert!(!tally.has_counted("a") && !tally.has_counted("b"));
        }
        // One that this run did not come to is not forgotten by the next.
        tally.begin_again();
        tally.begin_again();
        assert!(tally.clone().has_counted("a"));
    }
}
