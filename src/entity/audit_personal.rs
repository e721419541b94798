//! What is personal in an audit event; goes when the user that it is about is deleted.

use sea_orm::entity::prelude::*;

use crate::base::id::{AuditEventId, UserId};
/// Personal values of an event.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_personal")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: AuditEventId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub side: String,
    pub user_id: UserId,
    pub salt: String,
    #[sea_orm(column_type = "Text")]
    pub data: String,
}

impl ActiveModelBehavior for ActiveModel {}
