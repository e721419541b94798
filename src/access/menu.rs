//! The menus of the console, worked out from account type and permissions (`domain.md`, "Menus").

use async_graphql::Enum;

use super::permission::Permission::{DataDashboard, TeamMemberManagement, UserComplaints, UserFeedback};
use super::viewer::SignedIn;
use crate::entity::team::TeamType;

/// A menu of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum Menu {
    /// One's own account; everybody has it.
    Account,
    /// All users; for platform staff.
    UserManagement,
    /// Teams; for platform staff and those who manage the members of an active team.
    TeamManagement,
    /// Superapps; for members of a superapp team, whatever their role and its status, and to read for platform staff.
    SuperappManagement,
    /// Mini programs; for members of a mini program team, whatever their role and its status, and to read for
    /// platform staff.
    MiniProgramManagement,
    /// Dashboards, feedback and complaints; for platform staff and those who may see one of them in an active team.
    OperationsManagement,
    /// The platform itself; for platform staff.
    PlatformManagement,
    /// Password policy and audit log; for platform staff.
    SecurityCenter,
}

impl Menu {
    const ALL: [Self; 8] = [
        Self::Account,
        Self::UserManagement,
        Self::TeamManagement,
        Self::SuperappManagement,
        Self::MiniProgramManagement,
        Self::OperationsManagement,
        Self::PlatformManagement,
        Self::SecurityCenter,
    ];

    /// The name, as the schema has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "ACCOUNT",
            Self::UserManagement => "USER_MANAGEMENT",
            Self::TeamManagement => "TEAM_MANAGEMENT",
            Self::SuperappManagement => "SUPERAPP_MANAGEMENT",
            Self::MiniProgramManagement => "MINI_PROGRAM_MANAGEMENT",
            Self::OperationsManagement => "OPERATIONS_MANAGEMENT",
            Self::PlatformManagement => "PLATFORM_MANAGEMENT",
            Self::SecurityCenter => "SECURITY_CENTER",
        }
    }

    fn shows_to(self, user: &SignedIn) -> bool {
        let staff = user.is_staff();
        let member_of = |team_type| user.seats.iter().any(|seat| seat.team_type == team_type);
        let holds = |permission| {
            user.seats
                .iter()
                .any(|seat| seat.permissions.contains(permission))
        };
        match self {
            Self::Account => true,
            Self::UserManagement | Self::PlatformManagement | Self::SecurityCenter => staff,
            Self::TeamManagement => staff || holds(TeamMemberManagement),
            Self::SuperappManagement => staff || member_of(TeamType::Superapp),
            Self::MiniProgramManagement => staff || member_of(TeamType::MiniProgram),
            Self::OperationsManagement => {
                staff
                    || [DataDashboard, UserFeedback, UserComplaints]
                        .into_iter()
                        .any(holds)
            }
        }
    }
}

/// The menus that the console shows to this user.
#[must_use]
pub fn menus(user: &SignedIn) -> Vec<Menu> {
    Menu::ALL.into_iter().filter(|menu| menu.shows_to(user)).collect()
}
