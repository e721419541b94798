//! Revokes an invitation.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find;
use crate::access::{Action, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::id::InvitationId;
use crate::base::{Error, Result};
use crate::entity::{invitation, role};
use crate::teams::manage::managed_in;

/// Revokes the invitation. One that was used stays used; one that is revoked or expired is left as it is.
pub async fn revoke(app: &App, viewer: &Viewer, id: InvitationId) -> Result<invitation::Model> {
    let grant = viewer.grant(Action::InvitationRevoke)?;
    let txn = app.begin().await?;
    // A team that is in sight may keep its invitations out of it.
    let found = find::by_id(&txn, viewer, id).await?.ok_or(Error::NotFound)?;
    managed_in(
        &txn,
        app,
        viewer,
        &grant,
        found.team_id,
        Permission::TeamMemberManagement,
    )
    .await?;
    let now = app.now();
    let revoked = invitation::Entity::update_many()
        .col_expr(invitation::Column::RevokedAt, Expr::value(Some(now)))
        .col_expr(invitation::Column::CodeHash, Expr::value(None::<String>))
        .filter(invitation::Column::Id.eq(id))
        .filter(invitation::Column::UsedAt.is_null())
        .filter(invitation::Column::RevokedAt.is_null())
        .filter(invitation::Column::ExpiresAt.gt(now))
        .exec(&txn)
        .await?;
    let row = invitation::Entity::find_by_id(id)
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    // An invitation has no name; its role's tells most.
    let role = role::Entity::find_by_id(row.role_id)
        .one(&txn)
        .await?
        .ok_or(Error::NotFound)?;
    let mut event = Event::done(Action::InvitationRevoke)
        .on_named(id, role.name)
        .in_team(row.team_id);
    if revoked.rows_affected == 1 {
        event = event.changing([Change::new("status", Some("ACTIVE"), Some("REVOKED"))]);
    }
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(row)
}
