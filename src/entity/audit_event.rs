//! Who did what to whom, when, from where, and how it ended.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::base::id::{AuditEventId, TeamId, UserId};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum AuditOutcome {
    /// It was done.
    #[sea_orm(string_value = "SUCCEEDED")]
    Succeeded,
    /// It was not allowed.
    #[sea_orm(string_value = "REFUSED")]
    Refused,
    /// It was allowed, and its input was wrong.
    #[sea_orm(string_value = "FAILED")]
    Failed,
}

/// An audit event.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEventId,
    pub created_at: DateTimeUtc,
    pub action: String,
    pub outcome: AuditOutcome,
    pub actor_id: Option<UserId>,
    pub actor_account: Option<String>,
    pub target_id: Option<String>,
    pub target_account: Option<String>,
    pub target_name: Option<String>,
    pub team_id: Option<TeamId>,
    #[sea_orm(column_type = "Text")]
    pub changes: String,
    pub request_id: String,
    pub actor_digest: Option<String>,
    pub target_digest: Option<String>,
    pub own_hash: Option<String>,
    pub position: Option<i64>,
    pub previous_hash: Option<String>,
    pub hash: Option<String>,
    pub sealed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
