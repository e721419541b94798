//! What is measured, in which order, and for how long.

mod chain;
mod compare;
mod logins;
pub mod requests;
mod rest;
mod sample;

use std::path::PathBuf;
use std::time::Duration;

pub use chain::Chain;
pub use compare::{Compared, spread};
pub use logins::{Logins, Storm, TURNS};
pub use rest::{Growth, Memory};
pub use sample::{Sample, median};

use crate::machine::postgres::Postgres;
use crate::machine::proc;
use crate::machine::server::Home;
use crate::machine::site::Site;
use crate::workload::Workload;
use crate::{Result, report};

/// How to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that is measured.
    pub program: PathBuf,
    /// Where databases are kept.
    pub folder: PathBuf,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// How many users the database has.
    pub users: usize,
    /// How many connections ask.
    pub connections: usize,
    /// How often each is measured.
    pub rounds: usize,
    /// How long each time.
    pub time: Duration,
    /// How long the servers are asked before it counts.
    pub warm_up: Duration,
    /// Whether to measure other sizes, memory, starts and SQLite too.
    pub rest: bool,
    /// The two sizes that are compared.
    pub sizes: [usize; 2],
    /// What the limit is started with beside the database.
    pub limit: Vec<String>,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Figures {
    /// The processor.
    pub processor: String,
    /// The version of PostgreSQL.
    pub postgres: String,
    /// Workloads that the limit answers too.
    pub compared: Vec<Compared>,
    /// What the audit log's chain costs W6.
    pub chain: Option<Chain>,
    /// W7.
    pub logins: Option<Logins>,
    /// W8.
    pub storm: Option<Storm>,
    /// Two sizes of the database.
    pub growth: Vec<Growth>,
    /// Rollcall's memory.
    pub memory: Option<Memory>,
    /// How long starts took.
    pub starts: Vec<Duration>,
    /// W1 on SQLite beside PostgreSQL, in requests a second.
    pub sqlite: Vec<[f64; 2]>,
}

/// Measures all that is asked for.
pub async fn run(options: &Options) -> Result<Figures> {
    let postgres = Postgres::start(&options.folder)?;
    let mut figures = Figures {
        processor: proc::processor(),
        postgres: postgres.version().await?,
        ..Figures::default()
    };
    let database = postgres.pid()?;
    let mut site = open(&postgres, options, options.users).await?;
    for workload in &options.workloads {
        match workload {
            Workload::Login => {
                let measured = logins::logins(&mut site, database, options).await?;
                report::terminal::logins(&measured);
                figures.logins = Some(measured);
            }
            Workload::Storm => {
                let measured = logins::storm(&mut site, database, options).await?;
                report::terminal::storm(&measured);
                figures.storm = Some(measured);
            }
            _ => {
                let measured = compare::compare(&mut site, database, *workload, options).await?;
                report::terminal::compared(&measured);
                figures.compared.push(measured);
                if *workload == Workload::Rename {
                    let measured = chain::chain(&mut site, database, options).await?;
                    report::terminal::chain(&measured);
                    figures.chain = Some(measured);
                }
            }
        }
    }
    if options.rest {
        figures.sqlite = rest::sqlite(&mut site, database, options).await?;
        let home = site.home.clone();
        drop(site);
        figures.starts = rest::starts(&home).await?;
        figures.memory = Some(rest::memory(&postgres, options).await?);
        figures.growth = rest::growth(&postgres, options).await?;
    }
    Ok(figures)
}

async fn open(postgres: &Postgres, options: &Options, users: usize) -> Result<Site> {
    eprintln!("opening a database of {users} users");
    let name = format!("bench_{users}");
    let url = postgres.make(&name).await?;
    let home = Home {
        program: options.program.clone(),
        folder: options.folder.join(&name),
        database_url: Some(url.clone()),
    };
    let limit = std::env::current_exe()?;
    Site::on_postgres(home, &url, users, (&limit, &options.limit)).await
}
