//! A login whose password was right, and that waits for its next step.

use sea_orm::entity::prelude::*;

use crate::base::id::{ChallengeId, UserId};
/// A challenge.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_challenge")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChallengeId,
    pub user_id: UserId,
    pub step: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
