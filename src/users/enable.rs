//! Enables a user who was disabled.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find::governed_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::user;

/// Enables the user.
pub async fn enable(app: &App, viewer: &Viewer, id: UserId) -> Result<user::Model> {
    let grant = viewer.grant(Action::UserEnable)?;
    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    if user.disabled_at.is_none() {
        // Nothing changes, and the log tells that it was asked for.
        app.record_in(&txn, viewer, Event::done(Action::UserEnable).on(&user))
            .await?;
        app.commit(txn).await?;
        return Ok(user);
    }
    user::Entity::update_many()
        .col_expr(
            user::Column::DisabledAt,
            Expr::value(None::<chrono::DateTime<chrono::Utc>>),
        )
        .filter(user::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    let change = Change::new("status", Some("DISABLED"), Some("ACTIVE"));
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::UserEnable).on(&user).changing([change]),
    )
    .await?;
    app.commit(txn).await?;
    Ok(user::Model {
        disabled_at: None,
        ..user
    })
}
