//! `rollcall mail`: letters that could not be delivered, never what they say, nor to whom.

use clap::{Args, Subcommand};
use rollcall::app::App;
use rollcall::base;
use rollcall::base::clock::Clock;
use rollcall::base::id::{Id, LetterId};
use rollcall::base::settings::Settings;
use rollcall::mail::outbox::{self, Retried, SetAside};

use super::Failure;

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Lists the letters that were given up, and why, for 30 days; tells how many still wait. Works beside a running server.
    List(ListArguments),
    /// Sends letters that were given up again; a running server does it within seconds, or the next one that starts.
    Retry(RetryArguments),
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// How many at the most, those first that were given up longest ago.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000), value_name = "NUMBER")]
    limit: u64,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RetryArguments {
    /// The letters, by the ids that `mail list` shows.
    #[arg(value_name = "ID", value_parser = letter_id)]
    ids: Vec<LetterId>,

    /// All of them.
    #[arg(long)]
    all: bool,
}

fn letter_id(text: &str) -> Result<LetterId, String> {
    LetterId::parse(text).map_err(|_| "no letter has such an id".to_owned())
}

pub async fn run(settings: Settings, command: MailCommand) -> Result<(), Failure> {
    // Opening would make one, with no letter in it.
    if !settings.has_database() {
        return Err(elsewhere("there is no database").into());
    }
    let app = App::open(settings, Clock::default()).await?;
    let done = match command {
        MailCommand::List(arguments) => list(&app, &arguments).await,
        MailCommand::Retry(arguments) => retry(&app, arguments).await,
    };
    app.database.close().await;
    done
}

async fn list(app: &App, arguments: &ListArguments) -> Result<(), Failure> {
    let letters = outbox::list(app.database.reader(), arguments.limit)
        .await
        .map_err(told)?;
    let standing = outbox::standing(app.database.reader()).await.map_err(told)?;
    for letter in &letters {
        println!("{}", line(letter));
    }
    let since = standing
        .waiting_since
        .map(|since| format!(", the oldest since {}", since.format("%FT%TZ")));
    eprintln!(
        "{} of {} letters that were given up; {} wait{}",
        letters.len(),
        standing.set_aside,
        standing.waiting,
        since.unwrap_or_default()
    );
    Ok(())
}

fn line(letter: &SetAside) -> String {
    format!(
        "{}  {:<20}  created {}  attempts {:>2}  given up {}  {}",
        letter.id,
        letter.kind,
        letter.created_at.format("%FT%TZ"),
        letter.attempts,
        letter.failed_at.format("%FT%TZ"),
        letter.failure.as_deref().unwrap_or("unknown")
    )
}

async fn retry(app: &App, arguments: RetryArguments) -> Result<(), Failure> {
    let txn = app.begin().await.map_err(told)?;
    if arguments.all {
        let count = outbox::retry_all(&txn, app.now()).await.map_err(told)?;
        txn.commit().await?;
        println!("{count} due");
        return Ok(());
    }
    let mut unknown = Vec::new();
    for id in arguments.ids {
        match outbox::retry(&txn, id, app.now()).await.map_err(told)? {
            Retried::Due => println!("{id} due"),
            Retried::Unknown => unknown.push(id.to_string()),
        }
    }
    txn.commit().await?;
    if unknown.is_empty() {
        return Ok(());
    }
    Err(format!("none of these was given up: {}", unknown.join(", ")).into())
}

fn told(error: base::Error) -> String {
    match error {
        base::Error::Internal(cause) => elsewhere(&cause.to_string()),
        error => elsewhere(&error.to_string()),
    }
}

/// Most likely the command runs in another folder than the server.
fn elsewhere(cause: &str) -> String {
    format!("is this the server's database (--data-dir, --database-url)? {cause}")
}
