//! An 8-digit code that carries a team and a role.

use sea_orm::entity::prelude::*;

use super::team::TeamType;
use crate::base::id::{InvitationId, RoleId, TeamId, UserId};

/// An invitation.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    pub team_id: TeamId,
    pub team_type: TeamType,
    pub team_scope: String,
    pub role_id: RoleId,
    pub role_scope: String,
    pub code_hash: Option<String>,
    pub created_by: Option<UserId>,
    pub used_by: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "team_id", to = "id")]
    pub team: BelongsTo<super::team::Entity>,
    #[sea_orm(belongs_to, from = "role_id", to = "id")]
    pub role: BelongsTo<super::role::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
