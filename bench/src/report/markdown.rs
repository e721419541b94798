//! The page `docs/performance.md`. Its layout is always the same, so that a diff shows what changed.

use std::fmt::Write;

use super::table::{Row, number, rows, typical};
use crate::machine::postgres::SETTINGS;
use crate::plan::{Compared, Figures, Options, Sample, TURNS};

/// The page.
#[must_use]
pub fn page(figures: &Figures, options: &Options) -> String {
    let mut page = String::new();
    // Writing into memory does not fail.
    let _ = write_page(&mut page, figures, options);
    page
}

fn write_page(page: &mut String, figures: &Figures, options: &Options) -> std::fmt::Result {
    page.push_str(ABOUT);
    writeln!(page, "\n## On what\n")?;
    writeln!(
        page,
        "- {}; the servers, PostgreSQL and the load generator share them",
        figures.processor
    )?;
    writeln!(page, "- PostgreSQL {}", figures.postgres)?;
    writeln!(
        page,
        "- {} users, {} connections; {} rounds of {} s, and {TURNS} times as many of logins, each after {} s of \
         warming up",
        number(options.users),
        options.connections,
        options.rounds,
        options.time.as_secs(),
        options.warm_up.as_secs(),
    )?;
    writeln!(
        page,
        "- the limit {}",
        if options.limit.is_empty() {
            "remembers tokens whose signatures it found good, with a bound, and looks at the expiry each time"
        } else {
            "checks each token's signature at each request"
        }
    )?;
    writeln!(
        page,
        "\nPostgreSQL's settings, where they are not its own:\n\n```\n{SETTINGS}```"
    )?;
    writeln!(page, "\n## What it must be, and what it is\n")?;
    writeln!(page, "![Each figure beside what it must be](performance.svg)\n")?;
    table(page, &rows(figures))?;
    writeln!(page, "\n## Requests\n")?;
    writeln!(
        page,
        "Medians of the rounds. The CPU time of a request is in microseconds: of the server, and of all processes of \
         PostgreSQL.\n"
    )?;
    writeln!(page, "| | | requests/s | p50 | p99 | server | PostgreSQL |")?;
    writeln!(page, "| --- | --- | ---: | ---: | ---: | ---: | ---: |")?;
    for Compared {
        workload,
        rollcall,
        limit,
    } in &figures.compared
    {
        line(
            page,
            &format!("{workload}: {}", workload.title()),
            "Rollcall",
            rollcall,
        )?;
        line(page, "", "limit", limit)?;
    }
    if let Some(chain) = &figures.chain {
        line(page, "W6 again", "events are sealed", &chain.sealed)?;
        line(page, "", "sealing is held up", &chain.held)?;
    }
    if let Some(logins) = &figures.logins {
        line(page, "W7: `login`", "Rollcall", &logins.rollcall)?;
        writeln!(
            page,
            "| | bare argon2 | {} | | | | |",
            typical(&logins.bare, |value| *value)
        )?;
    }
    if let Some(storm) = &figures.storm {
        line(page, "W8: W1 and logins", "without logins", &storm.calm)?;
        let name = format!("with {} logins/s", typical(&storm.logins, |value| *value));
        line(page, "", &name, &storm.storm)?;
    }
    for growth in &figures.growth {
        for (size, samples) in growth.sizes.iter().zip(&growth.samples) {
            let name = format!("{} users", number(*size));
            line(page, &growth.workload.to_string(), &name, samples)?;
        }
    }
    Ok(())
}

fn table(page: &mut String, rows: &[Row]) -> std::fmt::Result {
    writeln!(page, "| | measured | least-most | must | aim | reached |")?;
    writeln!(page, "| --- | ---: | ---: | ---: | ---: | --- |")?;
    for row in rows {
        let [median, least, most] = row.measured.map(|value| row.say(value));
        let spread = if least == most {
            String::new()
        } else {
            format!("{least}-{most}")
        };
        writeln!(
            page,
            "| {} | {median} | {spread} | {} | {} | {} |",
            row.what,
            row.say(row.must),
            row.say(row.aim),
            row.verdict()
        )?;
    }
    Ok(())
}

fn line(page: &mut String, what: &str, who: &str, samples: &[Sample]) -> std::fmt::Result {
    let millis = |value: fn(&Sample) -> u32| {
        format!(
            "{:.1} ms",
            crate::plan::median(samples, |s| f64::from(value(s))) / 1000.0
        )
    };
    writeln!(
        page,
        "| {what} | {who} | {} | {} | {} | {} | {} |",
        typical(samples, |sample| sample.per_second),
        millis(|sample| sample.p50),
        millis(|sample| sample.p99),
        typical(samples, |sample| sample.server),
        typical(samples, |sample| sample.database),
    )
}

const ABOUT: &str = "# How fast it is

Written by `make bench`, which anyone can run: it starts a PostgreSQL of its own, fills it (`rollcall seed`), and asks
Rollcall and *the limit* in turns, several rounds, so that whatever else the machine does hits both.

**The limit** (`bench/src/limit/`) is what a careful engineer would write by hand for these requests and nothing else:
axum and tokio-postgres, two connections a core, statements prepared once with generic plans and sent without waiting for
each other, one join for a page, JSON written into one buffer. It takes the same HTTP requests, checks the same access
token, asks the database for the same session, decides by the same rights, and answers the same bytes: before each
measurement both are asked for each request, and the answers are compared; every answer that is measured is compared too.
It sends none of the headers that protect a browser, and reads no GraphQL.

W6 is measured once more while somebody else has the head of the audit log's chain, so that its events wait: the difference
is what the chain costs a write.

W7 is held against argon2 alone, on as many threads as Rollcall lets hash at once. One process that is not measured stands
still (`SIGSTOP`), and the audit log is sealed before each measurement. W2 asks for page 1,000, or for the middle page of
a list that has fewer than 2,000.
";
