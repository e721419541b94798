//! `rollcall invariants`: what is always true of the data, and whether it is.
//!
//! Nothing is migrated and nothing is written: it may run beside a server, and on a copy of its database.

use clap::Subcommand;
use rollcall::app::OpenError;
use rollcall::base;
use rollcall::base::clock::Clock;
use rollcall::base::settings::Settings;
use rollcall::entity::database::Database;
use rollcall::platform::invariants;

use super::Failure;

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum InvariantsCommand {
    /// Looks whether all that is always true of the data is so, and names what breaks it; ends with 1 when something does. Works beside a running server.
    Check,
}

pub async fn run(settings: Settings, InvariantsCommand::Check: InvariantsCommand) -> Result<(), Failure> {
    // Opening would make one, in which all is well.
    if !settings.has_database() {
        return Err("there is no database here (--data-dir, --database-url)".into());
    }
    // The database alone: nothing else is needed, and nothing is made where it is missing.
    let url = settings.database_url();
    let database = Database::connect(&url, 1, settings.database_pooler)
        .await
        .map_err(|error| OpenError::Database(error.to_string()))?;
    let findings = invariants::check(database.reader(), Clock::default().now()).await;
    database.close().await;
    let findings = findings.map_err(|error| match error {
        base::Error::Internal(cause) => format!("is this database migrated? {cause}"),
        error => error.to_string(),
    })?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.iter().filter(|finding| !finding.holds()).count() {
        0 => Ok(()),
        violated => Err(format!("{violated} of {} invariants are violated", findings.len()).into()),
    }
}
