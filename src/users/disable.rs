//! Disables a user: their sessions and the codes that they issued end, and no login opens another session.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find::governed_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::user;
use crate::impact::{Outcome, Run, Scope};
use crate::memberships::{Issuer, admins, void_codes_in};
use crate::sessions::end_in::end_in;

/// Disables the user; the only active admin of a team cannot be.
pub async fn disable(app: &App, viewer: &Viewer, id: UserId, run: Run) -> Result<Outcome<user::Model>> {
    let grant = viewer.grant(Action::UserDisable)?;
    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    let mut watch = run.watch_in(&txn, app, Scope::user(id)).await?;
    if user.disabled_at.is_some() {
        // Nothing changes, and the log tells that it was asked for.
        app.record_in(&txn, viewer, Event::done(Action::UserDisable).on(&user))
            .await?;
        return watch.end(app, txn, user).await;
    }
    let teams = admins::lock_teams_of_in(&txn, id).await?;
    watch.note(admins::spare_in(&txn, &teams, id, "userId").await)?;
    let now = app.now();
    user::Entity::update_many()
        .col_expr(user::Column::DisabledAt, Expr::value(Some(now)))
        .filter(user::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    end_in(&txn, id, None).await?;
    void_codes_in(&txn, now, Issuer::Everywhere(id)).await?;
    let change = Change::new("status", Some("ACTIVE"), Some("DISABLED"));
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::UserDisable).on(&user).changing([change]),
    )
    .await?;
    let disabled_at = Some(now);
    watch.end(app, txn, user::Model { disabled_at, ..user }).await
}
