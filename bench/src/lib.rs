//! Measures Rollcall's speed, against the best that could be written by hand: `limit` is that server, `load` asks both,
//! `machine` runs them beside a PostgreSQL of their own, `workload` is what is asked, and `report` tells the figures.

pub mod budget;
pub mod http;
pub mod limit;
pub mod load;
pub mod machine;
pub mod plan;
pub mod report;
pub mod workload;

/// What went wrong, in words: whoever measures reads it and looks.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// What can go wrong.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error with its causes: "db error" alone tells nobody what PostgreSQL said.
#[must_use]
pub fn told(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
