//! Rollcall and the limit in turns: what the machine does besides hits both.

use super::Options;
use super::requests::{alone, crowd};
use super::sample::{Sample, median, sample};
use crate::Result;
use crate::machine::site::Site;
use crate::workload::Workload;

/// A workload, as both answered it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What was asked.
    pub workload: Workload,
    /// Rollcall, a sample a round.
    pub rollcall: Vec<Sample>,
    /// The limit, in the same rounds.
    pub limit: Vec<Sample>,
}

impl Compared {
    /// Rollcall's requests a second as a part of the limit's: the median of the rounds, the least and the most.
    #[must_use]
    pub fn ratio(&self) -> [f64; 3] {
        ratio(&self.rollcall, &self.limit)
    }
}

/// The requests a second of the one as a part of those of the other, of the same rounds: the median, the least and the most.
pub fn ratio(one: &[Sample], other: &[Sample]) -> [f64; 3] {
    let ratios: Vec<f64> = one
        .iter()
        .zip(other)
        .map(|(one, other)| one.per_second / other.per_second)
        .collect();
    spread(&ratios)
}

/// The median, the least and the most.
pub fn spread(values: &[f64]) -> [f64; 3] {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    [median(values, |value| *value), least, most]
}

/// Measures both, round by round.
pub async fn compare(
    site: &mut Site,
    database: u32,
    workload: Workload,
    options: &Options,
) -> Result<Compared> {
    let mut compared = Compared {
        workload,
        rollcall: Vec::new(),
        limit: Vec::new(),
    };
    for round in 0..options.rounds {
        // Anew in each round: tokens expire.
        site.rollcall.thaw()?;
        let crowd = crowd(site, workload, options.connections).await?;
        let limit = site.limit.as_ref().ok_or("there is no limit")?;
        for place in 0..2 {
            site.rollcall.thaw()?;
            site.settle().await?;
            // Who comes first changes, too.
            let is_rollcall = (round + place) % 2 == 0;
            let (chosen, other) = if is_rollcall {
                (&site.rollcall, limit)
            } else {
                (limit, &site.rollcall)
            };
            alone(chosen, &[Some(other)])?;
            let times = (options.warm_up, options.time);
            let (sample, _) = sample(chosen, database, vec![crowd.clone()], times).await?;
            if is_rollcall {
                compared.rollcall.push(sample);
            } else {
                compared.limit.push(sample);
            }
        }
    }
    site.rollcall.thaw()?;
    Ok(compared)
}
