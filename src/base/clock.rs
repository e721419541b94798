//! The one source of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time; tests hold one that they can move.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds added to the machine's time; shared, so that a test's copy moves the server's.
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// The present, in UTC, cut to the microsecond: the finest step that all databases store, so
    /// that a time read back equals the time written.
    #[must_use]
    #[allow(clippy::disallowed_methods)] // This is the place the ban points to.
    pub fn now(&self) -> DateTime<Utc> {
        let offset = TimeDelta::microseconds(self.offset.load(Ordering::Relaxed));
        (Utc::now() + offset).trunc_subsecs(6)
    }

    /// Moves this clock, and every clone of it, forward by `step`.
    pub fn advance(&self, step: TimeDelta) {
        self.offset
            .fetch_add(step.num_microseconds().unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
