//! Joins a team by an invitation code.

use super::redeem_in::{Redeemed, redeem_in};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{InvalidInvitation, StaffCannotJoin};
use crate::base::{Error, Result};
use crate::limits::{self, WRONG_INVITATIONS};
use crate::memberships::lock;

/// Makes the viewer a member of the code's team. Ten wrong codes in an hour end the trying for an hour.
pub async fn join(app: &App, viewer: &Viewer, code: &str) -> Result<Redeemed> {
    let grant = viewer.grant(Action::TeamJoin)?;
    if grant.user.is_staff() {
        return Err(Error::user(
            StaffCannotJoin,
            "code",
            "Platform staff cannot be members of a team.",
        ));
    }
    let subject = grant.user.user_id.to_string();
    limits::take(app, &viewer.origin.tally, &WRONG_INVITATIONS, &subject)
        .await?
        .or_rate_limited()?;
    let txn = app.begin().await?;
    let user = lock::users_in(&txn, &[grant.user.user_id])
        .await?
        .pop()
        // Who was disabled since the request began joins nothing any more.
        .filter(|user| user.disabled_at.is_none())
        .ok_or(Error::Unauthenticated)?;
    match redeem_in(&txn, app, &user, code).await? {
        Err(flaw) => {
            if flaw.code != InvalidInvitation {
                // The code was right, and so is not counted.
                txn.rollback().await?;
                let txn = app.begin().await?;
                limits::give_back_in(&txn, &app.keys, &WRONG_INVITATIONS, &subject).await?;
                app.commit(txn).await?;
            }
            Err(Error::user(flaw.code, "code", flaw.message))
        }
        Ok(redeemed) => {
            limits::give_back_in(&txn, &app.keys, &WRONG_INVITATIONS, &subject).await?;
            let change = Change::new("role", None::<&str>, Some(&redeemed.role.name));
            let event = Event::done(Action::TeamJoin)
                .on(&user)
                .in_team(redeemed.team.id)
                .changing([change]);
            app.record_in(&txn, viewer, event).await?;
            app.commit(txn).await?;
            Ok(redeemed)
        }
    }
}
