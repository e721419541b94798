//! One measurement of one server.

use std::time::{Duration, Instant};

use crate::load::{self, Crowd, Heard};
use crate::machine::proc;
use crate::machine::server::Server;
use crate::{Error, Result};

/// What was measured in one go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Right answers a second.
    pub per_second: f64,
    /// Half of the answers took no longer, in microseconds.
    pub p50: u32,
    /// 99 % of the answers took no longer, in microseconds.
    pub p99: u32,
    /// CPU time of the server for a request, in microseconds.
    pub server: f64,
    /// CPU time of PostgreSQL for a request, in microseconds.
    pub database: f64,
    /// CPU time of the load generator for a request, in microseconds.
    pub load: f64,
}

/// Lets the crowds ask the server, and tells what the first of them heard, and all of them.
pub async fn sample(
    server: &Server,
    database: u32,
    crowds: Vec<Crowd>,
    (warm_up, time): (Duration, Duration),
) -> Result<(Sample, Vec<Heard>)> {
    let address = server.address;
    let asking = tokio::task::spawn_blocking(move || load::run(address, crowds, warm_up, time));
    tokio::time::sleep(warm_up).await;
    let (begin, before) = (Instant::now(), times(server, database)?);
    tokio::time::sleep(time).await;
    let (took, after) = (begin.elapsed(), times(server, database)?);
    let heard = asking.await??;
    for crowd in &heard {
        if let Some(wrong) = &crowd.first_wrong {
            return Err(format!("{} wrong answers, such as {wrong}", crowd.wrong).into());
        }
    }
    let first = heard.first().ok_or("nobody asked")?;
    if first.micros.is_empty() {
        return Err("nobody was answered".into());
    }
    #[allow(clippy::cast_precision_loss)] // Counts and times far below 2^52.
    let (count, spent) = (
        first.micros.len() as f64,
        [0, 1, 2].map(|place| after[place].saturating_sub(before[place]) as f64),
    );
    let sample = Sample {
        per_second: count / took.as_secs_f64(),
        p50: first.quantile(0.5),
        p99: first.quantile(0.99),
        server: spent[0] / count,
        database: spent[1] / count,
        load: spent[2] / count,
    };
    Ok((sample, heard))
}

fn times(server: &Server, database: u32) -> Result<[u64; 3], Error> {
    Ok([
        proc::cpu(server.pid())?,
        proc::cpu_of_family(database)?,
        proc::cpu(std::process::id())?,
    ])
}

/// The median of the samples' values; 0 of none.
pub fn median<T>(samples: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
