//! `make bench`: measures Rollcall, and tells it in `docs/performance.md`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bench::machine::server::run_limit;
use bench::plan::{self, Options};
use bench::workload::Workload;
use bench::{Result, budget, limit, report, told};
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// The limit has what is quickest; the load generator hardly allocates.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures Rollcall against hand-written SQL, on a PostgreSQL of its own.
#[derive(Debug, Parser)]
struct Cli {
    /// The workloads, such as W1,W4; all of them unless told otherwise.
    #[arg(long, value_delimiter = ',', ignore_case = true)]
    only: Vec<Workload>,
    /// How many users the database has.
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// How many connections ask at once.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// How often each workload is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each time.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// The two sizes that are compared, in users.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000])]
    sizes: Vec<usize>,
    /// A short look: one round of two seconds at 10,000 users, the workloads alone, and no report.
    #[arg(long)]
    quick: bool,
    /// Measure sizes, memory, starts and SQLite even where --only or --quick leaves them out.
    #[arg(long)]
    rest: bool,
    /// Rollcall's program.
    #[arg(long, default_value = "target/release/rollcall")]
    program: PathBuf,
    /// Where the databases are made, and kept for the next time; on a disk, not in memory.
    #[arg(long, default_value_os_t = std::env::temp_dir().join("rollcall-bench"))]
    folder: PathBuf,
    /// Have the limit check each token's signature at each request.
    #[arg(long)]
    verify_always: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the limit. The measurement starts this by itself.
    Limit {
        #[arg(long)]
        database_url: String,
        /// A file with Rollcall's JWKS document.
        #[arg(long)]
        jwks: PathBuf,
        /// Rollcall's secret file.
        #[arg(long)]
        secret_file: PathBuf,
        /// How many connections read; two a core unless told otherwise.
        #[arg(long)]
        readers: Option<usize>,
        /// How many connections write.
        #[arg(long, default_value_t = 16)]
        writers: usize,
        #[arg(long)]
        verify_always: bool,
    },
    /// Counts the instructions of a request, and fails where they are 10 % over the budget.
    Budget {
        /// Keep what is counted as the new budget.
        #[arg(long)]
        write: bool,
    },
}

fn main() -> ExitCode {
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(Cli::parse())));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", told(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    match cli.command {
        None => measure(cli).await,
        Some(Command::Budget { write }) => budget::run(cli.program, &cli.folder, write).await,
        Some(Command::Limit {
            database_url,
            jwks,
            secret_file,
            readers,
            writers,
            verify_always,
        }) => {
            let setup = limit::Setup {
                database_url,
                jwks: std::fs::read(jwks)?,
                secret: std::fs::read_to_string(secret_file)?,
                readers: readers.unwrap_or(2 * bench::machine::proc::cores()),
                writers,
                remember_tokens: !verify_always,
            };
            run_limit(setup).await
        }
    }
}

async fn measure(cli: Cli) -> Result<()> {
    let short = cli.quick;
    let is_whole = !short && cli.only.is_empty();
    let options = Options {
        program: cli.program,
        folder: cli.folder,
        rest: is_whole || cli.rest,
        workloads: if cli.only.is_empty() {
            Workload::ALL.to_vec()
        } else {
            cli.only
        },
        users: if short { 10_000 } else { cli.users },
        connections: cli.connections,
        rounds: if short { 1 } else { cli.rounds },
        time: Duration::from_secs(if short { 2 } else { cli.seconds }),
        warm_up: Duration::from_secs(if short { 1 } else { 2 }),
        sizes: cli.sizes.try_into().map_err(|_| "--sizes: two numbers")?,
        limit: if cli.verify_always {
            vec!["--verify-always".to_owned()]
        } else {
            Vec::new()
        },
    };
    let figures = plan::run(&options).await?;
    report::terminal::table(&report::table::rows(&figures));
    // A part of the figures is no report.
    if is_whole {
        report::write(Path::new("docs"), &figures, &options)?;
        println!("docs/performance.md is written");
    }
    Ok(())
}
