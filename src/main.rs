//! The commands of Rollcall (`rollcall --help`).

use std::ffi::OsString;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use migration::{Migrator, MigratorTrait};
use mimalloc::MiMalloc;
use rollcall::app::App;
use rollcall::base;
use rollcall::base::clock::Clock;
use rollcall::base::settings::{LogFormat, Settings};
use rollcall::base::settings_file::layer;
use rollcall::platform::reset_super_admin::reset_super_admin;
use rollcall::platform::start::{migrate_app, start};
use rollcall::{graphql, http};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

// In a folder of their own: what stands beside this file is the library's.
#[path = "main/audit.rs"]
mod audit;
#[path = "main/greet.rs"]
mod greet;
#[path = "main/invariants.rs"]
mod invariants;
#[path = "main/mail.rs"]
mod mail;
#[path = "main/seed.rs"]
mod seed;

use audit::AuditCommand;
use greet::greet;
use invariants::InvariantsCommand;
use mail::MailCommand;
use seed::SeedArguments;

/// The one that the limit of the benchmark has, too.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Users, teams and roles of an admin console, behind one GraphQL API.
///
/// Settings come from their defaults, then the file rollcall.toml, then the environment, then flags.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version)]
struct Cli {
    /// A settings file; without it, rollcall.toml in the working folder is read when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    #[allow(dead_code)] // `layer` reads it before all the rest.
    config: Option<PathBuf>,

    #[command(flatten)]
    settings: Settings,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrates the database, makes the super admin at the first start, and serves until SIGTERM or ctrl-C.
    Serve,
    /// Runs or shows the database's migrations, and nothing else.
    Migrate {
        /// What to do.
        #[arg(default_value = "up")]
        direction: Direction,
    },
    /// Prints the schema of the API; schema.graphql is exactly this.
    Schema,
    /// What is always true of the data.
    #[command(subcommand)]
    Invariants(InvariantsCommand),
    /// What only who has the server's machine can do.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// The audit log: its head, and whether it is whole.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Letters that could not be delivered.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Fills an empty database with users, teams, memberships and audit events that look real, for trials and benchmarks.
    Seed(SeedArguments),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Direction {
    /// Runs the migrations that have not run.
    Up,
    /// Takes the last migration back, with what its tables hold.
    Down,
    /// Shows which migrations have run.
    Status,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Gives the super admin a new password, printed once; also lifts a lock, takes away dynamic codes and passkeys, and ends all their sessions. Works beside a running server.
    ResetPassword,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let environment = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let command = match layer(Cli::command(), &arguments, environment) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let cli = match command
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        // Also `--help` and `--version`, which end with 0.
        Err(error) => error.exit(),
    };
    if let Err(error) = cli.settings.check() {
        eprintln!("error: {error}");
        return ExitCode::from(2);
    }
    if let Some(Command::Schema) = cli.command {
        print!("{}", graphql::sdl());
        return ExitCode::SUCCESS;
    }
    if let Err(error) = start_log(&cli.settings) {
        eprintln!(
            "error: the log filter {:?} (--log, ROLLCALL_LOG): {error}",
            cli.settings.log
        );
        return ExitCode::from(2);
    }
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start_log(settings: &Settings) -> Result<(), Failure> {
    // Each migration tells of itself, and PostgreSQL of tables that are there; that is for who asks for it.
    let filter = EnvFilter::try_new(format!(
        "sea_orm_migration=warn,sqlx::postgres::notice=warn,{}",
        settings.log
    ))?;
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    let discretion = filter_fn(is_discreet);
    match settings.log_format {
        LogFormat::Text => log.finish().with(discretion).try_init()?,
        LogFormat::Json => log.json().finish().with(discretion).try_init()?,
    }
    Ok(())
}

/// Whether something may be logged at all, whatever the filter says. At its most detailed level a library tells what
/// passes through it: a WebSocket's messages, say, and the tokens in them.
fn is_discreet(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::DEBUG || metadata.target().starts_with("rollcall")
}

#[tokio::main]
async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(cli.settings).await,
        Command::Migrate { direction } => run_migrations(cli.settings, direction).await,
        Command::Schema => Ok(()),
        Command::Invariants(command) => invariants::run(cli.settings, command).await,
        Command::Audit(command) => audit::run(cli.settings, command).await,
        Command::Mail(command) => mail::run(cli.settings, command).await,
        Command::Seed(arguments) => seed::run(cli.settings, arguments).await,
        Command::Admin(AdminCommand::ResetPassword) => {
            // Opening would make one: in a wrong folder that is no help.
            if !cli.settings.has_database() {
                return Err(no_reset(base::Error::NotFound).into());
            }
            let app = App::open(cli.settings, Clock::default()).await?;
            let (account, password) = reset_super_admin(&app).await.map_err(no_reset)?;
            println!("account:  {account}\npassword: {}", password.expose());
            eprintln!("It has to be changed at the next login.");
            app.database.close().await;
            Ok(())
        }
    }
}

/// Why there is no new password. Most likely the command runs in another folder than the server.
fn no_reset(error: base::Error) -> String {
    let cause = match error {
        base::Error::Internal(cause) => cause.to_string(),
        base::Error::NotFound => "there is no super admin in it".to_owned(),
        error => error.to_string(),
    };
    format!("is this the server's database (--data-dir, --database-url)? {cause}")
}

async fn run_migrations(settings: Settings, direction: Direction) -> Result<(), Failure> {
    let app = App::open(settings, Clock::default()).await?;
    let connection = app.database.writer();
    match direction {
        Direction::Up => migrate_app(&app).await?,
        _ if app.database.is_pooled() => {
            return Err(
                "only `up` goes past a pooler: name the database itself (--database-pooler none)".into(),
            );
        }
        Direction::Down => Migrator::down(connection, Some(1)).await?,
        Direction::Status => {
            for migration in Migrator::get_migration_with_status(connection).await? {
                println!("{:<10} {}", migration.status().to_string(), migration.name());
            }
        }
    }
    app.database.close().await;
    Ok(())
}

async fn serve(mut settings: Settings) -> Result<(), Failure> {
    let listener = bind(settings.listen, "--listen").await?;
    // Port 0 has become a free one.
    settings.listen = listener.local_addr()?;
    tracing::info!("listening on http://{}", settings.listen);
    let mut metrics = None;
    if let Some(address) = &mut settings.metrics_listen {
        let listener = bind(*address, "--metrics-listen").await?;
        *address = listener.local_addr()?;
        tracing::info!("metrics on http://{address}/metrics");
        metrics = Some(listener);
    }
    let mut app = App::open(settings, Clock::default()).await?;
    let replica = app.settings.database_replica_url.as_ref();
    app.database
        .open_lanes(&app.settings.database_url(), replica.map(|url| url.0.as_str()));
    let app = Arc::new(app);
    migrate_app(&app).await?;
    let first = start(&app).await?;
    greet(&app, first)?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        wait_for_signal().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    if let Some(listener) = metrics {
        tokio::spawn(http::serve_metrics(app.clone(), listener, stopped.clone()));
    }
    http::serve(app.clone(), listener, stopped).await?;
    app.database.clone().close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address}: {error}; another address is set by {flag}").into())
}

async fn wait_for_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
