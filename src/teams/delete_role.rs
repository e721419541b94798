//! Deletes a custom role.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::manage::managed_role_in;
use super::roles;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::InUse;
use crate::base::id::{Id, RoleId};
use crate::base::{Error, Result};
use crate::entity::{invitation, role};
use crate::impact::{Outcome, Run, Scope};

/// Deletes the role, which nobody may hold any more; the codes that give it are revoked.
pub async fn delete_role(app: &App, viewer: &Viewer, id: RoleId, run: Run) -> Result<Outcome<RoleId>> {
    let grant = viewer.grant(Action::RoleDelete)?;
    let txn = app.begin().await?;
    let (managed, role) = managed_role_in(&txn, app, viewer, &grant, id).await?;
    let mut watch = run.watch_in(&txn, app, Scope::team(managed.team.id)).await?;
    let unused = watch.note(is_unused_in(&txn, id).await)?;
    let revoked = revoke_codes_in(&txn, app, id).await?;
    if unused.is_some() {
        remove_in(&txn, app, id).await?;
    }
    let mut changes = vec![
        Change::new("name", Some(&role.name), None::<&str>),
        Change::new("permissions", role.permissions.as_ref(), None::<&str>),
    ];
    if revoked > 0 {
        changes.push(Change::new("revokedInvitations", None::<&str>, Some(revoked)));
    }
    let event = Event::done(Action::RoleDelete)
        .on_named(id, &role.name)
        .in_team(managed.team.id)
        .changing(changes);
    app.record_in(&txn, viewer, event).await?;
    watch.end(app, txn, id).await
}

async fn is_unused_in(txn: &impl ConnectionTrait, id: RoleId) -> Result<()> {
    match roles::count_holders(txn, &[id]).await?.remove(&id) {
        Some(holders @ 1..) => {
            let rule = format!("Members who hold this role: {holders}. Give each of them another one first.");
            Err(Error::user(InUse, "roleId", rule))
        }
        _ => Ok(()),
    }
}

/// A code stops working when its role is deleted. Answers how many did.
async fn revoke_codes_in(txn: &impl ConnectionTrait, app: &App, id: RoleId) -> Result<u64> {
    let now = app.now();
    let revoked = invitation::Entity::update_many()
        .col_expr(invitation::Column::RevokedAt, Expr::value(Some(now)))
        .col_expr(invitation::Column::CodeHash, Expr::value(None::<String>))
        .filter(invitation::Column::RoleId.eq(id))
        .filter(invitation::Column::UsedAt.is_null())
        .filter(invitation::Column::RevokedAt.is_null())
        .filter(invitation::Column::ExpiresAt.gt(now))
        .exec(txn)
        .await?;
    Ok(revoked.rows_affected)
}

/// A role that an invitation names, be it used or expired, stays behind it: the list of invitations goes on telling who
/// came by it, and into which role. It gives up its name and its permissions, and is in no other list.
async fn remove_in(txn: &impl ConnectionTrait, app: &App, id: RoleId) -> Result<()> {
    let named = invitation::Entity::find()
        .filter(invitation::Column::RoleId.eq(id))
        .count(txn)
        .await?;
    if named == 0 {
        role::Entity::delete_by_id(id).exec(txn).await?;
        return Ok(());
    }
    // No name has an exclamation mark.
    let nameless = format!("!{}", id.uuid());
    role::Entity::update_many()
        .col_expr(role::Column::NameFolded, Expr::value(nameless))
        .col_expr(role::Column::Permissions, Expr::value(Some(String::new())))
        .col_expr(role::Column::DeletedAt, Expr::value(Some(app.now())))
        .filter(role::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}
