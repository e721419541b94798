//! An organization inside the enterprise.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::base::id::{TeamId, UserId};

/// What a team makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum TeamType {
    /// Superapps; any number of mini program teams can be bound to such a team.
    #[sea_orm(string_value = "SUPERAPP")]
    Superapp,
    /// Mini programs; such a team is bound to exactly one superapp team.
    #[sea_orm(string_value = "MINI_PROGRAM")]
    MiniProgram,
}

impl TeamType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Superapp, Self::MiniProgram];
}

/// A team.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TeamId,
    pub name: String,
    pub name_folded: String,
    pub team_type: TeamType,
    pub scope: String,
    pub remark: Option<String>,
    pub expires_at: Option<DateTimeUtc>,
    pub disabled_at: Option<DateTimeUtc>,
    pub superapp_team_id: Option<TeamId>,
    pub created_by: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub link_hash: Option<String>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub link_sealed: Option<Vec<u8>>,
    pub registered_by: Option<UserId>,
    #[sea_orm(has_many)]
    pub memberships: HasMany<super::membership::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
