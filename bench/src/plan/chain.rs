//! What the chain of the audit log costs a write.

use super::Options;
use super::compare::ratio;
use super::requests::{alone, crowd};
use super::sample::{Sample, sample};
use crate::Result;
use crate::machine::site::Site;
use crate::workload::Workload;

/// W6 with and without the sealing of its events.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Events are sealed as they come, a sample a round.
    pub sealed: Vec<Sample>,
    /// They are written and wait, in the same rounds.
    pub held: Vec<Sample>,
}

impl Chain {
    /// Writes a second beside sealing as a part of those without: the median of the rounds, the least and the most.
    #[must_use]
    pub fn ratio(&self) -> [f64; 3] {
        ratio(&self.sealed, &self.held)
    }
}

/// Measures W6 in turns while events are sealed, and while somebody else has the chain's head: who seals then finds it
/// locked, as on a node where another seals.
pub async fn chain(site: &mut Site, database: u32, options: &Options) -> Result<Chain> {
    let mut measured = Chain::default();
    let times = (options.warm_up, options.time);
    for round in 0..options.rounds {
        site.rollcall.thaw()?;
        let crowd = crowd(site, Workload::Rename, options.connections).await?;
        alone(&site.rollcall, &[site.limit.as_ref()])?;
        for place in 0..2 {
            site.settle().await?;
            // Who comes first changes.
            let is_held = (round + place) % 2 == 0;
            let client = site.database.as_ref().ok_or("there is no PostgreSQL")?;
            if is_held {
                let hold = "BEGIN; SELECT position FROM audit_head WHERE id = 1 FOR UPDATE";
                client.batch_execute(hold).await?;
            }
            let sampled = sample(&site.rollcall, database, vec![crowd.clone()], times).await;
            if is_held {
                client.batch_execute("COMMIT").await?;
            }
            let (sample, _) = sampled?;
            if is_held {
                measured.held.push(sample);
            } else {
                measured.sealed.push(sample);
            }
        }
    }
    Ok(measured)
}
