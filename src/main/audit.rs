//! `rollcall audit`: the head of the audit log, and whether the log is whole.

use std::path::Path;
use std::str::FromStr;

use clap::{Args, Subcommand};
use rollcall::app::App;
use rollcall::audit::{self, Head, Verdict};
use rollcall::base;
use rollcall::base::clock::Clock;
use rollcall::base::settings::Settings;
use rollcall::platform::start::knows_secret;

use super::Failure;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prints the position and the hash of the last sealed event, to be kept elsewhere.
    Head,
    /// Walks the audit log's hash chain and names the first event that does not fit; then it ends with 1. Works beside a running server.
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// A head that was exported earlier, by `audit head`, the log or the metrics, and that the log has to hold; may be
    /// given several times. Without any, a log whose tail was cut off with care looks whole.
    #[arg(long, value_name = "POSITION HASH")]
    head: Vec<Head>,

    /// A file with such heads, one a line; may be given several times.
    #[arg(long, value_name = "FILE")]
    head_file: Vec<Heads>,
}

/// The heads of a file.
#[derive(Clone, Debug)]
struct Heads(Vec<Head>);

impl FromStr for Heads {
    type Err = String;

    /// Reads the file of this name.
    fn from_str(path: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(Path::new(path)).map_err(|error| error.to_string())?;
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(number, line)| {
                line.parse()
                    .map_err(|error| format!("line {}: {error}", number + 1))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

pub async fn run(settings: Settings, command: AuditCommand) -> Result<(), Failure> {
    // Opening would make both: in a wrong folder that is no help.
    if !settings.has_database() {
        return Err(elsewhere("there is no database").into());
    }
    if !settings.secret_file().exists() {
        return Err(elsewhere("there is no secret file").into());
    }
    let app = App::open(settings, Clock::default()).await?;
    let done = match command {
        AuditCommand::Head => print_head(&app).await,
        AuditCommand::Verify(arguments) => verify(&app, arguments).await,
    };
    app.database.close().await;
    done
}

async fn print_head(app: &App) -> Result<(), Failure> {
    let head = audit::head(app.database.reader()).await.map_err(told)?;
    println!("{head}");
    Ok(())
}

async fn verify(app: &App, arguments: VerifyArguments) -> Result<(), Failure> {
    if !knows_secret(app).await.map_err(told)? {
        return Err(elsewhere("the secret file is not the one that it was set up with").into());
    }
    let files = arguments.head_file.into_iter().flat_map(|Heads(heads)| heads);
    let heads: Vec<Head> = arguments.head.into_iter().chain(files).collect();
    let Verdict { head, waiting, flaw } = audit::verify(&app.database, &app.keys, &heads)
        .await
        .map_err(told)?;
    match flaw {
        None => {
            println!(
                "events:  {}\nhead:    {head}\nwaiting: {waiting}\nwhole:   yes",
                head.position
            );
            Ok(())
        }
        Some(flaw) => {
            // No head, which somebody could keep as a good one.
            println!(
                "whole:   no\nfirst:   {flaw}\nbefore:  {} that fit",
                head.position
            );
            Err(format!("the audit log is not whole: {flaw}").into())
        }
    }
}

fn told(error: base::Error) -> String {
    match error {
        base::Error::Internal(cause) => elsewhere(&cause.to_string()),
        error => elsewhere(&error.to_string()),
    }
}

/// Most likely the command runs in another folder than the server.
fn elsewhere(cause: &str) -> String {
    format!("is this the server's database (--data-dir, --database-url, --secret-file)? {cause}")
}
