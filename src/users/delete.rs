//! Deletes a user: sessions, memberships and personal data go; account and email are free again. The
//! audit log keeps the id and the account.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::find::governed_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::database::Transaction;
use crate::entity::{
    audit_personal, credential, invitation, login_name, membership, password_history, resource, team, user,
    user_search,
};
use crate::impact::{Outcome, Run, Scope};
use crate::mail::outbox;
use crate::memberships::{Issuer, admins, void_codes_in};
use crate::sessions::end_in::end_in;
use crate::{passkeys, totp};

/// Deletes the user; the only active admin of a team cannot be.
pub async fn delete(app: &App, viewer: &Viewer, id: UserId, run: Run) -> Result<Outcome<UserId>> {
    let grant = viewer.grant(Action::UserDelete)?;
    let txn = app.begin().await?;
    let user = governed_in(&txn, &grant, id).await?;
    let teams = admins::lock_teams_of_in(&txn, id).await?;
    let mut watch = run.watch_in(&txn, app, Scope::user(id)).await?;
    watch.note(admins::spare_in(&txn, &teams, id, "userId").await)?;
    // Before the personal rows go: the event's own personal half goes with them.
    app.record_in(&txn, viewer, Event::done(Action::UserDelete).on(&user))
        .await?;
    erase_in(&txn, app, id).await?;
    watch.end(app, txn, id).await
}

async fn erase_in(txn: &Transaction, app: &App, id: UserId) -> Result<()> {
    end_in(txn, id, None).await?;
    resource::Entity::update_many()
        .col_expr(resource::Column::ManagerId, Expr::value(None::<UserId>))
        .filter(resource::Column::ManagerId.eq(id))
        .exec(txn)
        .await?;
    membership::Entity::delete_many()
        .filter(membership::Column::UserId.eq(id))
        .exec(txn)
        .await?;
    login_name::Entity::delete_many()
        .filter(login_name::Column::UserId.eq(id))
        .exec(txn)
        .await?;
    credential::Entity::delete_many()
        .filter(credential::Column::UserId.eq(id))
        .exec(txn)
        .await?;
    totp::remove_in(txn, id).await?;
    passkeys::remove_all_in(txn, id).await?;
    password_history::Entity::delete_many()
        .filter(password_history::Column::UserId.eq(id))
        .exec(txn)
        .await?;
    audit_personal::Entity::delete_many()
        .filter(audit_personal::Column::UserId.eq(id))
        .exec(txn)
        .await?;
    let nobody = || Expr::value(None::<UserId>);
    void_codes_in(txn, app.now(), Issuer::Everywhere(id)).await?;
    invitation::Entity::update_many()
        .col_expr(invitation::Column::CreatedBy, nobody())
        .filter(invitation::Column::CreatedBy.eq(id))
        .exec(txn)
        .await?;
    invitation::Entity::update_many()
        .col_expr(invitation::Column::UsedBy, nobody())
        .filter(invitation::Column::UsedBy.eq(id))
        .exec(txn)
        .await?;
    team::Entity::update_many()
        .col_expr(team::Column::CreatedBy, nobody())
        .filter(team::Column::CreatedBy.eq(id))
        .exec(txn)
        .await?;
    team::Entity::update_many()
        .col_expr(team::Column::RegisteredBy, nobody())
        .filter(team::Column::RegisteredBy.eq(id))
        .exec(txn)
        .await?;
    outbox::forget_in(txn, id).await?;
    user_search::Entity::delete_by_id(id).exec(txn).await?;
    user::Entity::delete_by_id(id).exec(txn).await?;
    Ok(())
}
