//! How many instructions Rollcall spends on a request, held to a budget.
//!
//! Time depends on the machine and on who else uses it; the number of instructions hardly does. `valgrind` counts those
//! between a request and its answer (two counts differ by less than 1 %), so a change that makes one dearer is seen wherever it
//! is built. It is the build of the
//! tests that is counted, as a release takes too long to be built for it: where that spends 10 % more, so does a release, or
//! its author knows why not, and keeps a new budget.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::http::{Connection, post};
use crate::machine::postgres::{Postgres, connect};
use crate::machine::server::{ADMIN, Home};
use crate::machine::site::{log_in, members};
use crate::workload;

/// How many users the database has. A page is as long with a million.
const USERS: usize = 2_000;
/// How often each workload is asked before it counts, and how often then.
const ASKED: [usize; 2] = [50, 300];
/// By what part of its budget a request may be dearer.
const MOST_OVER: f64 = 0.10;
/// The budget: instructions for each workload.
const KEPT: &str = "bench/budget.json";

/// The instructions of a request of each workload.
pub type Counts = BTreeMap<String, u64>;

/// Counts, and compares with the budget; `write` makes a new one of what was counted.
pub async fn run(program: PathBuf, folder: &Path, write: bool) -> Result<()> {
    let counts = count(program, folder).await?;
    if write {
        fs::write(KEPT, serde_json::to_string_pretty(&counts)? + "\n")?;
        println!("{KEPT} is written: {counts:?}");
        return Ok(());
    }
    let budget: Counts = serde_json::from_str(&fs::read_to_string(KEPT)?)?;
    let mut over = Vec::new();
    for (workload, allowed) in &budget {
        let spent = *counts.get(workload).ok_or("a workload that is not counted")?;
        let part = ratio(spent, *allowed) - 1.0;
        println!(
            "{workload}: {spent} instructions a request, {:+.1} % of the budget",
            part * 100.0
        );
        if part > MOST_OVER {
            over.push(workload.as_str());
        }
        if part < -MOST_OVER {
            println!("{workload} has become cheaper: `make budget ARGS=--write` keeps it so");
        }
    }
    if over.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{} cost more than 10 % over the budget of {KEPT}",
            over.join(", ")
        )
        .into())
    }
}

#[allow(clippy::cast_precision_loss)] // Far below 2^52.
fn ratio(spent: u64, allowed: u64) -> f64 {
    spent as f64 / allowed as f64
}

async fn count(program: PathBuf, folder: &Path) -> Result<Counts> {
    // Always new, with a server of its own: a database that an older Rollcall seeded, or that a run left half made, would
    // be another one to count on.
    let folder = folder.join("budget");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let postgres = Postgres::start(&folder)?;
    let url = postgres.make("budget").await?;
    let home = Home {
        program,
        folder: folder.join("home"),
        database_url: Some(url.clone()),
    };
    home.seed_once(USERS)?;
    let database = connect(&url).await?;
    database.batch_execute("VACUUM ANALYZE").await?;
    let member = members(&database).await?.into_iter().next().ok_or("no member")?;
    let [few, many] = ASKED;
    let base = spent(&home, &member, [few, few]).await?;
    let pages = spent(&home, &member, [many, few]).await?;
    let rights = spent(&home, &member, [few, many]).await?;
    let each = |all: u64| all.saturating_sub(base) / (many - few) as u64;
    Ok(Counts::from([
        ("W1".to_owned(), each(pages)),
        ("W4".to_owned(), each(rights)),
    ]))
}

/// The instructions of a Rollcall that starts, is asked so often for the first page and for the viewer's rights, and ends.
async fn spent(home: &Home, member: &str, [pages, rights]: [usize; 2]) -> Result<u64> {
    let counted = home.folder.join("callgrind.out");
    let server = home.serve_counted(&counted)?;
    let mut connection = Connection::open(server.address).await?;
    let staff = log_in(&mut connection, ADMIN).await?;
    let member = log_in(&mut connection, member).await?;
    for (count, token, body) in [
        (pages, staff, workload::users(None)),
        (rights, member, workload::viewer()),
    ] {
        let request = post(Some(&token), &body);
        for _ in 0..count {
            let answer = connection.ask(&request).await?;
            if answer.status != 200 {
                return Err(format!("Rollcall answers {}", answer.status).into());
            }
        }
    }
    drop(connection);
    server.end()?;
    let told = fs::read_to_string(&counted)?;
    let total = told.lines().find_map(|line| line.strip_prefix("summary: "));
    Ok(total.ok_or("valgrind counted nothing")?.trim().parse()?)
}
