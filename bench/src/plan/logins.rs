//! Logins, and what they do to those who read meanwhile.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::Options;
use super::compare::spread;
use super::requests::crowd;
use super::sample::{Sample, sample};
use crate::Result;
use crate::load::Crowd;
use crate::machine::proc::cores;
use crate::machine::server::Server;
use crate::machine::site::Site;
use crate::workload::Workload;

/// How many log in at once, for each core that hashes: no login is shed.
const LOGINS_A_CORE: usize = 8;

/// How often W7 is measured in a round. A second has some thirty hashes for each core: too few for one measurement to tell one
/// part in ten.
pub const TURNS: usize = 4;

/// W7.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    /// Rollcall's logins, a sample a turn.
    pub rollcall: Vec<Sample>,
    /// Bare hashes a second on as many threads, in the same turns.
    pub bare: Vec<f64>,
}

impl Logins {
    /// Logins as a part of bare hashes: the median of the turns, the least and the most.
    #[must_use]
    pub fn ratio(&self) -> [f64; 3] {
        let ratios = self.rollcall.iter().zip(&self.bare);
        spread(
            &ratios
                .map(|(sample, bare)| sample.per_second / bare)
                .collect::<Vec<_>>(),
        )
    }
}

/// W8.
#[derive(Clone, Debug, Default)]
pub struct Storm {
    /// W1 by itself, a sample a round.
    pub calm: Vec<Sample>,
    /// W1 beside logins, in the same rounds.
    pub storm: Vec<Sample>,
    /// Logins a second meanwhile.
    pub logins: Vec<f64>,
}

impl Storm {
    /// The p99 in the storm as a multiple of that without: the median of the rounds, the least and the most.
    #[must_use]
    pub fn ratio(&self) -> [f64; 3] {
        let ratios = self.calm.iter().zip(&self.storm);
        spread(
            &ratios
                .map(|(calm, storm)| f64::from(storm.p99) / f64::from(calm.p99.max(1)))
                .collect::<Vec<_>>(),
        )
    }
}

/// Measures logins and bare hashes in turns.
pub async fn logins(site: &mut Site, database: u32, options: &Options) -> Result<Logins> {
    let mut measured = Logins::default();
    freeze_limit(site)?;
    let crowd = login_crowd(site).await?;
    for _ in 0..options.rounds * TURNS {
        site.rollcall.freeze()?;
        let time = options.time;
        measured
            .bare
            .push(tokio::task::spawn_blocking(move || bare(time)).await??);
        site.rollcall.thaw()?;
        let times = (options.warm_up, options.time);
        let (sample, _) = sample(&site.rollcall, database, vec![crowd.clone()], times).await?;
        measured.rollcall.push(sample);
    }
    Ok(measured)
}

/// Measures W1 by itself and beside logins in turns.
pub async fn storm(site: &mut Site, database: u32, options: &Options) -> Result<Storm> {
    let mut measured = Storm::default();
    let logins = login_crowd(site).await?;
    let times = (options.warm_up, options.time);
    for _ in 0..options.rounds {
        let pages = crowd(site, Workload::FirstPage, options.connections).await?;
        freeze_limit(site)?;
        let (calm, _) = sample(&site.rollcall, database, vec![pages.clone()], times).await?;
        let crowds = vec![pages, logins.clone()];
        let (storm, heard) = sample(&site.rollcall, database, crowds, times).await?;
        measured.calm.push(calm);
        measured.storm.push(storm);
        #[allow(clippy::cast_precision_loss)] // A count of logins.
        measured
            .logins
            .push(heard[1].micros.len() as f64 / options.time.as_secs_f64());
    }
    Ok(measured)
}

async fn login_crowd(site: &mut Site) -> Result<Crowd> {
    crowd(site, Workload::Login, LOGINS_A_CORE * hashing_threads()).await
}

fn freeze_limit(site: &Site) -> Result<()> {
    site.limit.as_ref().map_or(Ok(()), Server::freeze)
}

fn hashing_threads() -> usize {
    (cores() - 1).max(1)
}

/// How many hashes a second as many threads make as Rollcall lets hash at once, with nothing else to do.
fn bare(time: Duration) -> Result<f64> {
    let begin = Instant::now();
    let threads: Vec<_> = (0..hashing_threads())
        .map(|_| std::thread::spawn(move || hash_until(begin + time)))
        .collect();
    let mut count = 0;
    for thread in threads {
        count += thread.join().map_err(|_| "a thread failed")??;
    }
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}

fn hash_until(end: Instant) -> Result<u32> {
    let params = Params::default();
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (mut count, mut out) = (0, [0; 32]);
    while Instant::now() < end {
        argon2
            .hash_password_into_with_memory(b"a password", b"a salt of 16 byt", &mut out, &mut memory)
            .map_err(|error| error.to_string())?;
        count += 1;
    }
    Ok(count)
}
