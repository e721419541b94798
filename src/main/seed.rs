//! `rollcall seed`: a database full of people who are nobody, for trials and benchmarks.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use clap::Args;
use rollcall::app::App;
use rollcall::base;
use rollcall::base::clock::Clock;
use rollcall::base::password::Password;
use rollcall::base::settings::{Hidden, Settings};
use rollcall::passwords::{check, policy};
use rollcall::platform::seed::{Progress, Seeded, Seeding, USERS, seed};
use rollcall::platform::start::{migrate, start};

use super::{Failure, greet};

#[derive(Debug, Args)]
pub struct SeedArguments {
    /// How many users; a fiftieth as many teams and 1.5 memberships a user come with them.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(USERS))]
    users: u64,

    /// The password of every user; without it, one is generated and printed.
    #[arg(long, value_name = "PASSWORD")]
    password: Option<Hidden>,

    /// What is drawn: the same number, with the same --users and --until, makes the same data.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// The last moment that the data tells of, as in 2026-01-31T12:00:00Z; without it, the hour that began last.
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
}

pub async fn run(settings: Settings, arguments: SeedArguments) -> Result<(), Failure> {
    let begun = Instant::now();
    let generated = arguments.password.is_none();
    let password = match arguments.password {
        None => check::generate(&policy::default_policy()),
        Some(Hidden(text)) => {
            Password::parse(&text).map_err(|flaw| format!("--password: {}", flaw.message))?
        }
    };
    let app = App::open(settings, Clock::default()).await?;
    if app.database.is_pooled() {
        return Err(
            "seeding does not go past a pooler: name the database itself (--database-pooler none)".into(),
        );
    }
    let until = match arguments.until {
        None => app.now().duration_trunc(TimeDelta::hours(1))?,
        Some(until) if until <= app.now() => until,
        Some(_) => return Err("--until: this moment has not come yet".into()),
    };
    migrate(app.database.writer()).await?;
    if let Some(first) = start(&app).await? {
        greet::tell_first_login(&app, first)?;
    }
    let seeding = Seeding {
        users: arguments.users,
        seed: arguments.seed,
        until,
        password: password.clone(),
    };
    let mut bar = Bar::new();
    let seeded = seed(&app, seeding, |progress| bar.show(progress)).await;
    bar.end();
    app.database.close().await;
    let seeded = seeded.map_err(told)?;
    let secret = generated.then(|| password.expose());
    // Without regard to whether anybody listens: the data is there.
    let _ = std::io::stdout().write_all(summary(&seeded, secret, begun.elapsed()).as_bytes());
    Ok(())
}

fn told(error: base::Error) -> String {
    match error {
        base::Error::Internal(cause) => format!("the database: {cause}"),
        base::Error::Invalid(errors) => {
            let messages: Vec<String> = errors.iter().map(|error| error.message.to_string()).collect();
            format!("{} Only an empty database is seeded.", messages.join(" "))
        }
        error => error.to_string(),
    }
}

fn summary(seeded: &Seeded, generated: Option<&str>, took: Duration) -> String {
    let mut lines: Vec<String> = seeded
        .rows
        .iter()
        .map(|(table, count)| format!("{:<16}{:>12}", format!("{table}:"), grouped(*count)))
        .collect();
    lines.push(format!("took:           {:>10.1} s", took.as_secs_f64()));
    lines.push("log in, once `rollcall serve` runs, as any of the users, for example:".to_owned());
    let accounts = seeded.accounts.iter();
    lines.extend(accounts.map(|(account, what)| format!("  {account:<32} {what}")));
    let password = generated.unwrap_or("the one that you gave");
    lines.push(format!("  password of all: {password}\n"));
    lines.join("\n")
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How far it is: a bar on a terminal, elsewhere a line now and then.
struct Bar {
    on_terminal: bool,
    begun: Instant,
    shown: Option<(&'static str, Instant)>,
}

impl Bar {
    fn new() -> Self {
        Self {
            on_terminal: std::io::stderr().is_terminal(),
            begun: Instant::now(),
            shown: None,
        }
    }

    fn show(&mut self, Progress { step, done, of }: Progress) {
        const WIDTH: u64 = 30;
        let every = if self.on_terminal {
            Duration::from_millis(100)
        } else {
            Duration::from_secs(5)
        };
        let is_new = self.shown.is_none_or(|(last, _)| last != step);
        if !is_new && self.shown.is_some_and(|(_, at)| at.elapsed() < every) && done < of {
            return;
        }
        self.shown = Some((step, Instant::now()));
        let seconds = self.begun.elapsed().as_secs();
        let share = if of == 0 {
            String::new()
        } else {
            format!(" {} of {}", grouped(done), grouped(of))
        };
        if self.on_terminal {
            let full = usize::try_from((done * WIDTH).checked_div(of).unwrap_or_default().min(WIDTH))
                .unwrap_or_default();
            // Back to the beginning of the line, and what stood there is wiped out.
            eprint!("\r\x1b[2K[{:<30}] {step}{share}  {seconds} s", "#".repeat(full));
        } else {
            eprintln!("{seconds:>5} s  {step}{share}");
        }
    }

    fn end(&self) {
        if self.on_terminal && self.shown.is_some() {
            eprintln!();
        }
    }
}
