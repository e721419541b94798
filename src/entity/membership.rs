//! One user in one team with one role.

use sea_orm::entity::prelude::*;

use super::team::TeamType;
use crate::base::id::{MembershipId, RoleId, TeamId, UserId};

/// A membership.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    pub user_id: UserId,
    pub team_id: TeamId,
    pub team_type: TeamType,
    pub team_scope: String,
    pub role_id: RoleId,
    pub role_scope: String,
    pub joined_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    #[sea_orm(belongs_to, from = "team_id", to = "id")]
    pub team: BelongsTo<super::team::Entity>,
    #[sea_orm(belongs_to, from = "role_id", to = "id")]
    pub role: BelongsTo<super::role::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
