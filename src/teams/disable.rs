//! Disables a team: from the next request on it gives nobody any permission, and takes no writes but those of staff to
//! the team itself, leaving, and the deletion of users.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find::status;
use super::manage::in_sight_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::id::TeamId;
use crate::entity::database::Transaction;
use crate::entity::team;
use crate::impact::{Outcome, Run, Scope};

/// Disables the team; enabling it gives all back, as nothing of it is changed.
pub async fn disable(app: &App, viewer: &Viewer, id: TeamId, run: Run) -> Result<Outcome<team::Model>> {
    viewer.grant(Action::TeamDisable)?;
    let txn = app.begin().await?;
    let team = in_sight_in(&txn, viewer, id).await?;
    let watch = run.watch_in(&txn, app, Scope::team(id)).await?;
    let disabled_at = team.disabled_at.or(Some(app.now()));
    let team = set_in(&txn, app, viewer, Action::TeamDisable, team, disabled_at).await?;
    watch.end(app, txn, team).await
}

/// Writes since when the team is disabled, and the event of it. Where nothing changes, the log still tells that it was
/// asked for.
pub(super) async fn set_in(
    txn: &Transaction,
    app: &App,
    viewer: &Viewer,
    action: Action,
    team: team::Model,
    disabled_at: Option<DateTime<Utc>>,
) -> Result<team::Model> {
    let event = Event::done(action).on_named(team.id, &team.name).in_team(team.id);
    if team.disabled_at == disabled_at {
        app.record_in(txn, viewer, event).await?;
        return Ok(team);
    }
    team::Entity::update_many()
        .col_expr(team::Column::DisabledAt, Expr::value(disabled_at))
        .filter(team::Column::Id.eq(team.id))
        .exec(txn)
        .await?;
    let now = app.now();
    let before = status(&team, now).name();
    let team = team::Model { disabled_at, ..team };
    let change = Change::new("status", Some(before), Some(status(&team, now).name()));
    app.record_in(txn, viewer, event.changing([change])).await?;
    Ok(team)
}
