//! A signed-in device.

use sea_orm::entity::prelude::*;

use crate::base::id::{SessionId, UserId};
/// A session.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub user_id: UserId,
    pub generation: i32,
    pub rotated_at: DateTimeUtc,
    pub previous_rotated_at: Option<DateTimeUtc>,
    pub refresh_expires_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    pub last_used_at: DateTimeUtc,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
