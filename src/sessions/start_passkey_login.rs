//! Begins a login by a passkey alone. Nobody is named, and nothing is written: the challenge stays with its client, sealed.

use serde_json::Value;

use crate::app::App;
use crate::base::Result;
use crate::passkeys::{self, Ticket};

/// A login that has begun.
#[derive(Debug)]
pub struct Started {
    /// The options of `navigator.credentials.get`, the same for everybody but for what is random.
    pub options: Value,
    /// What the next step shows.
    pub challenge: String,
}

/// Begins it.
pub fn start_passkey_login(app: &App) -> Result<Started> {
    let asked = passkeys::challenge(app)?;
    Ok(Started {
        options: asked.options,
        challenge: Ticket::of(asked.state, app.now()).print(&app.keys),
    })
}
