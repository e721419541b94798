//! Letters about a membership.

use sea_orm::EntityTrait;

use crate::app::App;
use crate::base::Result;
use crate::base::id::UserId;
use crate::base::text::Email;
use crate::entity::database::Transaction;
use crate::entity::{role as role_table, team, user};
use crate::mail::letter;

/// Writes to somebody who became a member.
pub async fn tell_of_addition_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &role_table::Model,
) -> Result<()> {
    let Some(email) = user.email.clone().map(Email::trusted) else {
        return Ok(());
    };
    app.send_in(txn, &letter::added_to_team(&email, &team.name, &role.name))
        .await
}

/// Writes to somebody whose role changed.
pub(super) async fn tell_of_role_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &str,
) -> Result<()> {
    let Some(email) = user.email.clone().map(Email::trusted) else {
        return Ok(());
    };
    app.send_in(txn, &letter::role_changed(&email, &team.name, role))
        .await
}

/// Writes to somebody who is no longer a member.
pub(super) async fn tell_of_removal_in(
    txn: &Transaction,
    app: &App,
    user_id: UserId,
    team: &team::Model,
) -> Result<()> {
    let user = user::Entity::find_by_id(user_id).one(txn).await?;
    let Some(email) = user.and_then(|user| user.email).map(Email::trusted) else {
        return Ok(());
    };
    app.send_in(txn, &letter::removed_from_team(&email, &team.name))
        .await
}
