//! Writes a password.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::{Policy, attempt};
use crate::app::App;
use crate::base::Result;
use crate::base::id::{CodeId, Id, UserId};
use crate::entity::{credential, login_challenge, password_history, user};

/// The first password of a new user.
pub async fn first_in(txn: &impl ConnectionTrait, app: &App, user_id: UserId, hash: String) -> Result<()> {
    let row = credential::ActiveModel {
        user_id: Set(user_id),
        password_hash: Set(hash),
        password_set_at: Set(app.now()),
    };
    credential::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Another password: the one before goes into the history, a lock is lifted, and logins that wait for
/// their next step are over. Ending the sessions is the verb's matter.
pub async fn set_in(
    txn: &impl ConnectionTrait,
    app: &App,
    policy: &Policy,
    user_id: UserId,
    hash: String,
    must_change: bool,
) -> Result<()> {
    let now = app.now();
    if let Some(old) = credential::Entity::find_by_id(user_id).one(txn).await? {
        let row = password_history::ActiveModel {
            id: Set(CodeId::new(now).uuid()),
            user_id: Set(user_id),
            password_hash: Set(old.password_hash),
            created_at: Set(now),
        };
        password_history::Entity::insert(row)
            .exec_without_returning(txn)
            .await?;
    }
    forget_oldest_in(txn, policy, user_id).await?;
    credential::Entity::update_many()
        .col_expr(credential::Column::PasswordHash, Expr::value(hash))
        .col_expr(credential::Column::PasswordSetAt, Expr::value(now))
        .filter(credential::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    user::Entity::update_many()
        .col_expr(user::Column::MustChangePassword, Expr::value(must_change))
        .filter(user::Column::Id.eq(user_id))
        .exec(txn)
        .await?;
    attempt::forget_in(txn, app, policy, user_id).await?;
    login_challenge::Entity::delete_many()
        .filter(login_challenge::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    Ok(())
}

/// Keeps no more former passwords than the policy refuses.
async fn forget_oldest_in(txn: &impl ConnectionTrait, policy: &Policy, user_id: UserId) -> Result<()> {
    let kept = u64::try_from(policy.refuses_previous).unwrap_or_default();
    let rest = password_history::Entity::find()
        .filter(password_history::Column::UserId.eq(user_id))
        .order_by_desc(password_history::Column::CreatedAt)
        .order_by_desc(password_history::Column::Id)
        .offset(kept)
        .limit(100)
        .all(txn)
        .await?;
    let rest = rest.into_iter().map(|row| row.id).collect::<Vec<_>>();
    if !rest.is_empty() {
        password_history::Entity::delete_many()
            .filter(password_history::Column::Id.is_in(rest))
            .exec(txn)
            .await?;
    }
    Ok(())
}
