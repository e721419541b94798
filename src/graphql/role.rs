//! Roles.

use async_graphql::{Context, ID, Object, Result};

use super::answer::app;
use super::guard::{Gate, needs, requires};
use super::loader::{HoldersOf, Loaders};
use super::team::Team;
use crate::access::{Action, Permission, role as table};
use crate::entity::role::{self, RoleKind};
use crate::entity::team::TeamType;
use crate::teams::roles;

/// A named set of permissions inside a team: preset, the same for all teams of a type, or custom, made
/// by a team for itself.
pub struct Role(role::Model);

impl From<role::Model> for Role {
    fn from(row: role::Model) -> Self {
        Self(row)
    }
}

/// A named set of permissions inside a team: preset, the same for all teams of a type, or custom, made
/// by a team for itself.
#[Object(serial)]
impl Role {
    /// The id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name; a preset role's is in English.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether the platform gives it or a team made it.
    async fn kind(&self) -> RoleKind {
        self.0.kind
    }

    /// The type of the teams that can give it.
    async fn team_type(&self) -> TeamType {
        self.0.team_type
    }

    /// The team that made it; null for a preset role.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        let Some(id) = self.0.team_id else { return Ok(None) };
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(crate::base::Error::from)?;
        Ok(team.map(Team::from))
    }

    /// Whether its holders are the team's admins. Only the preset "Administrator" makes one.
    async fn is_administrator(&self) -> bool {
        table::is_administrator(self.0.id)
    }

    /// What its holders may do in the team.
    async fn permissions(&self) -> Vec<Permission> {
        table::permissions(&self.0).iter().collect()
    }

    /// How many members hold it; null for a preset role.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<Option<u64>> {
        if self.0.kind == RoleKind::Preset {
            return Ok(None);
        }
        let holders = ctx
            .data_unchecked::<Loaders>()
            .load_one(HoldersOf(self.0.id))
            .await;
        Ok(Some(
            holders.map_err(crate::base::Error::from)?.unwrap_or_default(),
        ))
    }
}

#[derive(Default)]
pub struct RoleQuery;

#[Object(guard = "super::guard::Never", serial)]
impl RoleQuery {
    /// The roles that the platform gives to every team of a type.
    #[graphql(guard = "Gate::root(Action::PresetRoles)", directive = requires::apply(needs(Action::PresetRoles)), complexity = "6 * child_complexity")]
    async fn preset_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The type of team.")] team_type: TeamType,
    ) -> Result<Option<Vec<Role>>> {
        let rows = roles::presets(app(ctx).database.reader(), team_type).await?;
        Ok(Some(rows.into_iter().map(Role::from).collect()))
    }
}
