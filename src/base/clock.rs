//! The one source of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time; tests hold one that they can move, and stop.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Microseconds added to the machine's time; shared, so that a test's copy moves the server's.
    offset: Arc<AtomicI64>,
    /// Where it stands, in microseconds since 1970, once it is stopped.
    stands_at: Arc<AtomicI64>,
}

/// It does not stand.
const RUNS: i64 = i64::MIN;

impl Default for Clock {
    fn default() -> Self {
        Self {
            offset: Arc::default(),
            stands_at: Arc::new(AtomicI64::new(RUNS)),
        }
    }
}

impl Clock {
    /// The present, in UTC, cut to the microsecond: the finest step that all databases store, so
    /// that a time read back equals the time written.
    #[must_use]
    #[allow(clippy::disallowed_methods)] // This is the place the ban points to.
    pub fn now(&self) -> DateTime<Utc> {
        let stands_at = Some(self.stands_at.load(Ordering::Relaxed)).filter(|at| *at != RUNS);
        if let Some(stopped) = stands_at.and_then(DateTime::from_timestamp_micros) {
            return stopped;
        }
        let offset = TimeDelta::microseconds(self.offset.load(Ordering::Relaxed));
        (Utc::now() + offset).trunc_subsecs(6)
    }

    /// Stops this clock, and every clone of it: from here on it moves by `advance` alone.
    pub fn stop(&self) {
        self.stands_at
            .store(self.now().timestamp_micros(), Ordering::Relaxed);
    }

    /// Moves this clock, and every clone of it, forward by `step`.
    pub fn advance(&self, step: TimeDelta) {
        let step = step.num_microseconds().unwrap_or(i64::MAX);
        if self.stands_at.load(Ordering::Relaxed) == RUNS {
            self.offset.fetch_add(step, Ordering::Relaxed);
        } else {
            self.stands_at.fetch_add(step, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_by_steps_alone() {
        let clock = Clock::default();
        let other = clock.clone();
        other.stop();
        let stopped = clock.now();
        assert_eq!(other.now(), stopped);
        clock.advance(TimeDelta::seconds(30));
        assert_eq!(other.now(), stopped + TimeDelta::seconds(30));
    }
}
