//! Begins the enrolment of a device that makes dynamic codes: with the current password, or within a login.

use super::enrolling::{Enrolling, enrolling};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::Result;
use crate::totp::{self, Enrolment};

/// Makes a secret. The codes are on once `confirmTotp` has had a first one.
pub async fn enroll_totp(
    app: &App,
    viewer: &Viewer,
    password: Option<&str>,
    challenge: Option<&str>,
) -> Result<Enrolment> {
    let Enrolling { txn, user, event } =
        enrolling(app, viewer, Action::TotpEnroll, password, challenge).await?;
    let enrolment = totp::enroll_in(&txn, app, &user).await?;
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(enrolment)
}
