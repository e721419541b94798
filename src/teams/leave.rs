//! Leaves a team.

use std::convert::identity;

use sea_orm::EntityTrait;

use super::manage::in_sight_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::id::TeamId;
use crate::base::{Error, Result};
use crate::entity::user;
use crate::memberships::{find, withdraw_in};

/// Ends the viewer's own membership, in a team of any status; the last active admin stays.
pub async fn leave(app: &App, viewer: &Viewer, team_id: TeamId) -> Result<()> {
    let grant = viewer.grant(Action::TeamLeave)?;
    let txn = app.begin().await?;
    let team = in_sight_in(&txn, viewer, team_id).await?;
    let membership = find::of_user_in(&txn, grant.user.user_id, team_id)
        .await?
        .ok_or_else(|| grant.refusal())?;
    withdraw_in(&txn, app, &team, &membership, "teamId", identity).await?;
    let user = user::Entity::find_by_id(membership.user_id)
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::TeamLeave).on(&user).in_team(team_id),
    )
    .await?;
    app.commit(txn).await
}
