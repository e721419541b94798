//! The preset roles: the two tables of `domain.md`, "Roles and permissions".

use uuid::Uuid;

use super::permission::Permission::{
    self, AdUnitApproval, DataDashboard, MiniProgramConfiguration, MiniProgramDevelopment,
    MiniProgramManagement, MiniProgramRelease, MiniProgramReleaseApproval, MiniProgramSubmission,
    MiniProgramTrial, RealtimeLogs, SensitiveApiCallApproval, SensitiveApiManagement, SuperappIntegration,
    SuperappManagement, TeamMemberManagement, UserComplaints, UserFeedback,
};
use super::permission::PermissionSet;
use crate::base::id::RoleId;
use crate::entity::role::{self, RoleKind};
use crate::entity::team::TeamType;

/// A role that the platform gives to every team of a type.
#[derive(Debug)]
pub struct PresetRole {
    /// Fixed for ever: memberships and clients name it.
    pub id: RoleId,
    /// The type of the teams that have it.
    pub team_type: TeamType,
    /// Its English name.
    pub name: &'static str,
    /// What its holders may do.
    pub permissions: &'static [Permission],
}

/// The name of the role that makes its holder an admin of the team.
pub const ADMINISTRATOR: &str = "Administrator";

/// A UUID of version 8 (RFC 9562, section 5.8), which no generator of ids ever makes.
const fn id(number: u128) -> RoleId {
    RoleId(Uuid::from_u128(
        0x726f_6c6c_6361_8000_8000_0000_0000_0000 | number,
    ))
}

const fn preset(
    number: u128,
    team_type: TeamType,
    name: &'static str,
    permissions: &'static [Permission],
) -> PresetRole {
    PresetRole {
        id: id(number),
        team_type,
        name,
        permissions,
    }
}

/// All preset roles, the Administrator of each type first.
#[rustfmt::skip] // It is a table: one row a role.
pub const PRESET_ROLES: &[PresetRole] = &[
    preset(0x11, TeamType::Superapp, ADMINISTRATOR, &[TeamMemberManagement, SuperappManagement, SuperappIntegration, MiniProgramReleaseApproval, SensitiveApiManagement, SensitiveApiCallApproval, DataDashboard, UserFeedback, UserComplaints, AdUnitApproval]),
    preset(0x12, TeamType::Superapp, "Member manager", &[TeamMemberManagement]),
    preset(0x13, TeamType::Superapp, "Senior developer", &[SuperappManagement, SuperappIntegration, SensitiveApiManagement, DataDashboard, UserFeedback]),
    preset(0x14, TeamType::Superapp, "Developer", &[SuperappIntegration, UserFeedback]),
    preset(0x15, TeamType::Superapp, "Operator", &[DataDashboard, UserFeedback, UserComplaints]),
    preset(0x16, TeamType::Superapp, "Reviewer", &[MiniProgramReleaseApproval, SensitiveApiCallApproval, AdUnitApproval]),
    preset(0x21, TeamType::MiniProgram, ADMINISTRATOR, &[TeamMemberManagement, MiniProgramManagement, MiniProgramConfiguration, RealtimeLogs, MiniProgramDevelopment, MiniProgramTrial, MiniProgramSubmission, MiniProgramRelease, DataDashboard, UserFeedback]),
    preset(0x22, TeamType::MiniProgram, "Member manager", &[TeamMemberManagement]),
    preset(0x23, TeamType::MiniProgram, "Senior developer", &[MiniProgramManagement, MiniProgramConfiguration, RealtimeLogs, MiniProgramDevelopment, MiniProgramTrial, MiniProgramSubmission, MiniProgramRelease, DataDashboard, UserFeedback]),
    preset(0x24, TeamType::MiniProgram, "Developer", &[RealtimeLogs, MiniProgramDevelopment, MiniProgramTrial, DataDashboard, UserFeedback]),
    preset(0x25, TeamType::MiniProgram, "Operator", &[MiniProgramTrial, DataDashboard, UserFeedback]),
    preset(0x26, TeamType::MiniProgram, "Reviewer", &[MiniProgramTrial, MiniProgramSubmission]),
];

/// The preset roles of one type of team.
pub fn presets(team_type: TeamType) -> impl Iterator<Item = &'static PresetRole> {
    PRESET_ROLES
        .iter()
        .filter(move |role| role.team_type == team_type)
}

/// The preset role with this id.
#[must_use]
pub fn preset_by_id(id: RoleId) -> Option<&'static PresetRole> {
    PRESET_ROLES.iter().find(|role| role.id == id)
}

/// The role that makes an admin of a team of this type.
#[must_use]
pub fn administrator(team_type: TeamType) -> &'static PresetRole {
    match team_type {
        TeamType::Superapp => &PRESET_ROLES[0],
        TeamType::MiniProgram => &PRESET_ROLES[6],
    }
}

/// Whether holding this role makes an admin of the team. Only the preset "Administrator" does: a
/// custom role with all permissions does not.
#[must_use]
pub fn is_administrator(id: RoleId) -> bool {
    preset_by_id(id).is_some_and(|role| role.name == ADMINISTRATOR)
}

/// What the holders of a role may do: this table's word for a preset role, the row's for a custom one.
#[must_use]
pub fn permissions_of(id: RoleId, kind: RoleKind, stored: Option<&str>) -> PermissionSet {
    match (kind, preset_by_id(id)) {
        (RoleKind::Preset, Some(role)) => role.permissions.iter().copied().collect(),
        (RoleKind::Preset, None) => PermissionSet::default(),
        (RoleKind::Custom, _) => PermissionSet::read(stored.unwrap_or_default()),
    }
}

/// The same, of a row.
#[must_use]
pub fn permissions(role: &role::Model) -> PermissionSet {
    permissions_of(role.id, role.kind, role.permissions.as_deref())
}

/// What a member with this role may do in a team: nothing while the team is not active.
#[must_use]
pub fn permissions_in_team(role: &role::Model, team_is_active: bool) -> PermissionSet {
    while_active(team_is_active, permissions(role))
}

/// What is left of a role's permissions: nothing while the team is not active.
#[must_use]
pub fn while_active(team_is_active: bool, permissions: PermissionSet) -> PermissionSet {
    if team_is_active {
        permissions
    } else {
        PermissionSet::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_holds_every_permission_of_the_type() {
        for role in PRESET_ROLES {
            let all: PermissionSet = administrator(role.team_type)
                .permissions
                .iter()
                .copied()
                .collect();
            assert_eq!(administrator(role.team_type).team_type, role.team_type);
            assert!(
                role.permissions
                    .iter()
                    .all(|permission| all.contains(*permission)),
                "{}",
                role.name
            );
        }
    }

    #[test]
    fn a_set_reads_what_it_prints() {
        for role in PRESET_ROLES {
            let set: PermissionSet = role.permissions.iter().copied().collect();
            assert_eq!(PermissionSet::read(&set.print()), set);
        }
    }
}
