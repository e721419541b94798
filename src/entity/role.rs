//! A named set of permissions inside a team.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use super::team::TeamType;
use crate::base::id::{RoleId, TeamId};

/// Where a role comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum RoleKind {
    /// Given by the platform to every team of a type; never changed.
    #[sea_orm(string_value = "PRESET")]
    Preset,
    /// Made by a team for itself.
    #[sea_orm(string_value = "CUSTOM")]
    Custom,
}

/// A role.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    pub team_id: Option<TeamId>,
    pub team_type: TeamType,
    pub scope: String,
    pub kind: RoleKind,
    pub name: String,
    pub name_folded: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub permissions: Option<String>,
    pub created_at: DateTimeUtc,
    pub deleted_at: Option<DateTimeUtc>,
    #[sea_orm(has_many)]
    pub memberships: HasMany<super::membership::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
