//! A superapp or a mini program that a team owns.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use super::team::TeamType;
use crate::base::id::{ResourceId, TeamId, UserId};

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum ResourceKind {
    /// A superapp, of a superapp team.
    #[sea_orm(string_value = "SUPERAPP")]
    Superapp,
    /// A mini program, of a mini program team.
    #[sea_orm(string_value = "MINI_PROGRAM")]
    MiniProgram,
}

/// A resource.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResourceId,
    pub team_id: TeamId,
    pub team_type: TeamType,
    pub team_scope: String,
    pub kind: ResourceKind,
    pub name: String,
    pub name_folded: String,
    pub manager_id: Option<UserId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
