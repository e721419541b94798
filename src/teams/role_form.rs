//! What a custom role may be called and hold.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::role::PRESET_ROLES;
use crate::access::{Permission, PermissionSet};
use crate::base::Result;
use crate::base::error::UserErrorCode::{Invalid, Taken, TooLong};
use crate::base::form::{Flaw, Form};
use crate::base::id::RoleId;
use crate::base::text::{RoleName, fold};
use crate::entity::{role, team};

/// A list of permissions is not longer, however often it names one.
const MOST_PERMISSIONS: usize = 100;

/// What is said when the team has a role of this name.
pub(super) const NAME_TAKEN: &str = "The team has a role of this name.";

/// Reads a name: those of the preset roles, of both types of team, are reserved.
pub(super) fn parse_name(text: &str) -> Result<RoleName, Flaw> {
    let name = RoleName::parse(text)?;
    let folded = name.folded();
    if PRESET_ROLES.iter().any(|preset| fold(preset.name) == folded) {
        return Err(Flaw::new(Taken, "This is the name of a preset role."));
    }
    Ok(name)
}

/// Reads permissions of a team's type: none is enough, one twice is one.
pub(super) fn take_permissions(form: &mut Form, team: &team::Model, wanted: &[Permission]) -> PermissionSet {
    if wanted.len() > MOST_PERMISSIONS {
        let rule = format!("At most {MOST_PERMISSIONS} entries are allowed.");
        form.refuse("permissions", Flaw::new(TooLong, rule));
        return PermissionSet::default();
    }
    for (place, permission) in wanted.iter().enumerate() {
        let known = permission.team_types().any(|known| known == team.team_type);
        form.require(
            known,
            Invalid,
            &format!("permissions.{place}"),
            "Teams of this type do not know this permission.",
        );
    }
    wanted.iter().copied().collect()
}

/// Whether no other role of the team has this name.
pub(super) async fn name_is_free_in(
    txn: &impl ConnectionTrait,
    team: &team::Model,
    name: &RoleName,
    except: Option<RoleId>,
) -> Result<bool> {
    let holder = role::Entity::find()
        .filter(role::Column::Scope.eq(&team.scope))
        .filter(role::Column::NameFolded.eq(name.folded()))
        .one(txn)
        .await?;
    Ok(holder.is_none_or(|holder| Some(holder.id) == except))
}
