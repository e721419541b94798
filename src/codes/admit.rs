//! Lets a code be asked for, or says to come back.

use crate::access::Viewer;
use crate::app::App;
use crate::base::Result;
use crate::base::settings::Switch;
use crate::base::text::Email;
use crate::limits::{self, CODE_RESEND, CODES_FROM_SOURCE, CODES_TO_ADDRESS};

/// Counts a code for this address, whatever it is for and whoever has the address. Answers the seconds until another
/// can be asked for.
pub async fn admit(app: &App, viewer: &Viewer, email: &Email) -> Result<i32> {
    let (address, tally) = (email.folded(), &viewer.origin.tally);
    limits::take(app, tally, &CODE_RESEND, &address)
        .await?
        .or_rate_limited()?;
    if let (Some(source), Switch::On) = (&viewer.origin.address, app.settings.rate_limits) {
        limits::take(app, tally, &CODES_FROM_SOURCE, &limits::source_of(source))
            .await?
            .or_rate_limited()?;
    }
    limits::take(app, tally, &CODES_TO_ADDRESS, &address)
        .await?
        .or_rate_limited()?;
    Ok(i32::try_from(CODE_RESEND.window.num_seconds()).unwrap_or(i32::MAX))
}
