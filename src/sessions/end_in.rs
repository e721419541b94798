//! Ends sessions.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::base::Result;
use crate::base::id::{SessionId, UserId};
use crate::entity::{login_challenge, session};

/// Ends all sessions of a user, and the logins that wait for their next step; `except` goes on.
/// Answers how many sessions ended.
pub async fn end_in(txn: &impl ConnectionTrait, user_id: UserId, except: Option<SessionId>) -> Result<u64> {
    login_challenge::Entity::delete_many()
        .filter(login_challenge::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    let mut ended = session::Entity::delete_many().filter(session::Column::UserId.eq(user_id));
    if let Some(id) = except {
        ended = ended.filter(session::Column::Id.ne(id));
    }
    Ok(ended.exec(txn).await?.rows_affected)
}
