//! The permissions that roles are made of.

use async_graphql::{Object, SimpleObject};

use super::guard::Gate;
use crate::access::{Action, Permission};
use crate::entity::team::TeamType;

/// A permission, with what it allows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct PermissionInfo {
    /// The permission.
    permission: Permission,
    /// What it allows, in a sentence.
    description: &'static str,
    /// The types of team whose roles can have it.
    team_types: Vec<TeamType>,
}

#[derive(Default)]
pub struct PermissionQuery;

#[Object(guard = "super::guard::Never", serial)]
impl PermissionQuery {
    /// All permissions that roles are made of.
    #[graphql(guard = "Gate::root(Action::Permissions)")]
    async fn permissions(&self) -> Vec<PermissionInfo> {
        let info = |permission: &Permission| PermissionInfo {
            permission: *permission,
            description: permission.description(),
            team_types: permission.team_types().collect(),
        };
        Permission::ALL.iter().map(info).collect()
    }
}
