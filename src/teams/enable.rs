//! Enables a team that was disabled.

use super::disable::set_in;
use super::manage::in_sight_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::Result;
use crate::base::id::TeamId;
use crate::entity::team;

/// Enables the team. One that has expired meanwhile is then expired, until its expiry is moved.
pub async fn enable(app: &App, viewer: &Viewer, id: TeamId) -> Result<team::Model> {
    viewer.grant(Action::TeamEnable)?;
    let txn = app.begin().await?;
    let team = in_sight_in(&txn, viewer, id).await?;
    let team = set_in(&txn, app, viewer, Action::TeamEnable, team, None).await?;
    app.commit(txn).await?;
    Ok(team)
}
