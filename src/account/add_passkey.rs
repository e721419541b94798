//! Begins to add a passkey: with the current password, or within a login that asks for a second factor to be enrolled.

use serde_json::Value;

use super::enrolling::{Enrolling, enrolling};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::Result;
use crate::passkeys;

/// Answers the options of `navigator.credentials.create`. The passkey is there once `confirmPasskey` has had the answer.
pub async fn add_passkey(
    app: &App,
    viewer: &Viewer,
    password: Option<&str>,
    challenge: Option<&str>,
) -> Result<Value> {
    let Enrolling { txn, user, event } =
        enrolling(app, viewer, Action::PasskeyAdd, password, challenge).await?;
    let options = passkeys::enroll_in(&txn, app, &user).await?;
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(options)
}
