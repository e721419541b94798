//! What is measured of Rollcall alone: two sizes of the database, memory, starts, and SQLite.

use std::time::Duration;

use super::requests::{alone, crowd};
use super::sample::{Sample, sample};
use super::{Options, open};
use crate::Result;
use crate::machine::postgres::Postgres;
use crate::machine::proc::resident;
use crate::machine::server::{Home, start_time};
use crate::machine::site::Site;
use crate::workload::Workload;

/// How often a start is timed.
const STARTS: usize = 10;
/// How many connections the loaded memory is read with.
const MANY: usize = 64;

/// A workload at two sizes of the database.
#[derive(Clone, Debug)]
pub struct Growth {
    /// What was asked.
    pub workload: Workload,
    /// How many users the two had.
    pub sizes: [usize; 2],
    /// The samples at each size, in the same rounds.
    pub samples: [Vec<Sample>; 2],
}

/// Resident memory in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// A while after the start.
    pub idle: u64,
    /// At 64 connections of W1.
    pub loaded: u64,
}

/// Measures W1, W2 and W3 at both sizes, in turns.
pub async fn growth(postgres: &Postgres, options: &Options) -> Result<Vec<Growth>> {
    let database = postgres.pid()?;
    let mut sites = [
        open(postgres, options, options.sizes[0]).await?,
        open(postgres, options, options.sizes[1]).await?,
    ];
    let mut all = Vec::new();
    for workload in [Workload::FirstPage, Workload::FarPage, Workload::Search] {
        let mut samples = [Vec::new(), Vec::new()];
        for _ in 0..options.rounds {
            for (place, samples) in samples.iter_mut().enumerate() {
                let [small, large] = &mut sites;
                let (site, other) = if place == 0 {
                    (small, large)
                } else {
                    (large, small)
                };
                site.rollcall.thaw()?;
                let crowd = crowd(site, workload, options.connections).await?;
                let limits = [site.limit.as_ref(), other.limit.as_ref(), Some(&other.rollcall)];
                alone(&site.rollcall, &limits)?;
                let times = (options.warm_up, options.time);
                samples.push(sample(&site.rollcall, database, vec![crowd], times).await?.0);
            }
        }
        all.push(Growth {
            workload,
            sizes: options.sizes,
            samples,
        });
    }
    Ok(all)
}

/// Reads the memory of a Rollcall that has just started, and of one that is asked for W1.
pub async fn memory(postgres: &Postgres, options: &Options) -> Result<Memory> {
    let mut site = open(postgres, options, options.users).await?;
    let fresh = site.home.serve()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = resident(fresh.pid())?;
    let crowd = crowd(&mut site, Workload::FirstPage, MANY).await?;
    alone(&fresh, &[Some(&site.rollcall), site.limit.as_ref()])?;
    let times = (options.warm_up, options.time);
    sample(&fresh, postgres.pid()?, vec![crowd], times).await?;
    let loaded = resident(fresh.pid())?;
    Ok(Memory { idle, loaded })
}

/// Times starts on a migrated database.
pub async fn starts(home: &Home) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        times.push(start_time(home).await?);
    }
    times.sort();
    Ok(times)
}

/// Measures W1 on SQLite and on PostgreSQL in turns; requests a second.
pub async fn sqlite(site: &mut Site, database: u32, options: &Options) -> Result<Vec<[f64; 2]>> {
    let home = Home {
        program: options.program.clone(),
        folder: options.folder.join(format!("sqlite_{}", site.users)),
        database_url: None,
    };
    let mut lite = Site::on_sqlite(home, site.users).await?;
    let times = (options.warm_up, options.time);
    let mut all = Vec::new();
    for _ in 0..options.rounds {
        let asked = crowd(&mut lite, Workload::FirstPage, options.connections).await?;
        alone(&lite.rollcall, &[Some(&site.rollcall), site.limit.as_ref()])?;
        let (on_sqlite, _) = sample(&lite.rollcall, database, vec![asked], times).await?;
        site.rollcall.thaw()?;
        let asked = crowd(site, Workload::FirstPage, options.connections).await?;
        alone(&site.rollcall, &[Some(&lite.rollcall), site.limit.as_ref()])?;
        let (on_postgres, _) = sample(&site.rollcall, database, vec![asked], times).await?;
        lite.rollcall.thaw()?;
        all.push([on_sqlite.per_second, on_postgres.per_second]);
    }
    Ok(all)
}
