//! The permissions that roles are made of.

use async_graphql::Enum;

use super::role;
use crate::entity::team::TeamType;

macro_rules! permissions {
    ($($name:ident $text:literal $about:literal;)+) => {
        /// What a role lets its holders do inside of their team.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
        pub enum Permission {
            $(#[doc = $about] $name),+
        }

        impl Permission {
            /// All permissions, in the order of the tables of `domain.md`.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name, as the schema and the database have it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What it allows, in a sentence.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => $about),+ }
            }
        }
    };
}

permissions! {
    TeamMemberManagement "TEAM_MEMBER_MANAGEMENT" "Edit the team's name and remark; manage its members, custom roles and invitations.";
    SuperappManagement "SUPERAPP_MANAGEMENT" "Create, rename and delete the team's superapps.";
    SuperappIntegration "SUPERAPP_INTEGRATION" "Integrate the platform's kit into a superapp.";
    MiniProgramReleaseApproval "MINI_PROGRAM_RELEASE_APPROVAL" "Approve releases of the mini programs that run in the superapp.";
    SensitiveApiManagement "SENSITIVE_API_MANAGEMENT" "Manage the superapp's sensitive interfaces.";
    SensitiveApiCallApproval "SENSITIVE_API_CALL_APPROVAL" "Approve requests to call the sensitive interfaces.";
    MiniProgramManagement "MINI_PROGRAM_MANAGEMENT" "Create, rename and delete the team's mini programs.";
    MiniProgramConfiguration "MINI_PROGRAM_CONFIGURATION" "Configure the team's mini programs.";
    RealtimeLogs "REALTIME_LOGS" "Read the real-time logs of the mini programs.";
    MiniProgramDevelopment "MINI_PROGRAM_DEVELOPMENT" "Develop and upload versions of the mini programs.";
    MiniProgramTrial "MINI_PROGRAM_TRIAL" "Open the trial versions of the mini programs.";
    MiniProgramSubmission "MINI_PROGRAM_SUBMISSION" "Submit versions of the mini programs for approval.";
    MiniProgramRelease "MINI_PROGRAM_RELEASE" "Release approved versions of the mini programs.";
    DataDashboard "DATA_DASHBOARD" "See the data dashboards.";
    UserFeedback "USER_FEEDBACK" "Read and answer users' feedback.";
    UserComplaints "USER_COMPLAINTS" "Handle users' complaints.";
    AdUnitApproval "AD_UNIT_APPROVAL" "Approve advertising units.";
}

impl Permission {
    /// The permission with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.name() == name)
    }

    /// The types of team that know this permission: those whose Administrator holds it, as the
    /// Administrator holds all.
    pub fn team_types(self) -> impl Iterator<Item = TeamType> {
        TeamType::ALL
            .into_iter()
            .filter(move |team_type| role::administrator(*team_type).permissions.contains(&self))
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// Whether the set holds the permission.
    #[must_use]
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// The permissions, in the order of the tables of `domain.md`.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.contains(*permission))
    }

    /// Reads what [`PermissionSet::print`] wrote. A name that this version does not know gives nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        text.split(' ').filter_map(Permission::parse).collect()
    }

    /// The names, parted by spaces.
    #[must_use]
    pub fn print(self) -> String {
        self.iter().map(Permission::name).collect::<Vec<_>>().join(" ")
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(
            permissions
                .into_iter()
                .fold(0, |set, permission| set | (1 << permission as u32)),
        )
    }
}
