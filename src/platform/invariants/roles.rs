//! The invariants of roles.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait};

use super::{Invariant, Rule, by_id};
use crate::access::PermissionSet;
use crate::access::role::{PRESET_ROLES, administrator};
use crate::base::Result;
use crate::base::id::RoleId;
use crate::base::text::fold;
use crate::entity::role::RoleKind;
use crate::entity::{invitation, membership, role};

pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "preset-roles-are-there",
        description: "Every preset role of both types of team is there.",
        statement: preset_roles,
        rule: Rule::Exactly(PRESET_ROLES.len(), by_id::<RoleId>),
    },
    Invariant {
        name: "custom-role-fits-team",
        description: "Every custom role has only permissions that its team's type knows, and a folded name that agrees with its name.",
        statement: custom_roles,
        rule: Rule::Every(unfit_role),
    },
    Invariant {
        name: "deleted-role-is-out-of-use",
        description: "Every custom role that was deleted and stands behind old invitations is held by nobody, holds no permission, and is given by no code.",
        statement: deleted_roles_in_use,
        rule: Rule::Every(by_id::<RoleId>),
    },
];

fn preset_roles(_: DateTime<Utc>) -> SelectStatement {
    role::Entity::find()
        .select_only()
        .column(role::Column::Id)
        .filter(role::Column::Kind.eq(RoleKind::Preset))
        .into_query()
}

fn custom_roles(_: DateTime<Utc>) -> SelectStatement {
    role::Entity::find()
        .select_only()
        .columns([
            role::Column::Id,
            role::Column::Name,
            role::Column::NameFolded,
            role::Column::TeamType,
            role::Column::Permissions,
        ])
        .filter(role::Column::Kind.eq(RoleKind::Custom))
        .filter(role::Column::DeletedAt.is_null())
        .into_query()
}

fn unfit_role(row: &QueryResult) -> Result<Option<String>> {
    let (name, folded): (String, String) = (row.try_get("", "name")?, row.try_get("", "name_folded")?);
    let known = administrator(row.try_get("", "team_type")?).permissions;
    let stored: String = row.try_get("", "permissions")?;
    let set = PermissionSet::read(&stored);
    // What does not print as it was read is no permission of ours, or is there twice.
    let fits = set.print() == stored && set.iter().all(|permission| known.contains(&permission));
    if fits && fold(&name) == folded {
        Ok(None)
    } else {
        by_id::<RoleId>(row)
    }
}

fn deleted_roles_in_use(now: DateTime<Utc>) -> SelectStatement {
    let held = Query::select()
        .column(membership::Column::RoleId)
        .from(membership::Entity)
        .take();
    let given = Query::select()
        .column(invitation::Column::RoleId)
        .from(invitation::Entity)
        .and_where(invitation::Column::CodeHash.is_not_null())
        .and_where(invitation::Column::ExpiresAt.gt(now))
        .take();
    role::Entity::find()
        .select_only()
        .column(role::Column::Id)
        .filter(role::Column::DeletedAt.is_not_null())
        .filter(
            Condition::any()
                .add(role::Column::Permissions.ne(""))
                .add(role::Column::Id.in_subquery(held))
                .add(role::Column::Id.in_subquery(given)),
        )
        .into_query()
}
