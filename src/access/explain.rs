//! Why somebody has a permission in a team, or has not.
//!
//! Worked out from what [`SignedIn::permissions`](super::SignedIn::permissions) is made of: the team's status and the
//! role's permissions by [`role::permissions_in_team`], so that the two cannot tell different stories.

use async_graphql::Enum;
use chrono::{DateTime, Utc};

use super::permission::Permission;
use super::role;
use super::viewer::team_is_active;
use crate::entity::team::TeamType;
use crate::entity::{role as role_table, team, user};

/// What decides over a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum AccessReason {
    /// The user's role in the team grants it.
    GrantedByRole,
    /// The user is disabled, and so cannot sign in at all.
    UserDisabled,
    /// The user is platform staff, who hold no permissions inside of teams: they read only.
    StaffReadOnly,
    /// The user is not a member of the team.
    NotAMember,
    /// Teams of this type do not know the permission, so that none of their roles grants it.
    PermissionOfOtherTeamType,
    /// The user's role in the team does not grant it.
    RoleLacksPermission,
    /// The team is disabled, and gives no permissions to anyone until it is enabled.
    TeamDisabled,
    /// The team has expired, and gives no permissions to anyone until it is extended.
    TeamExpired,
}

/// What is asked: this user, this team, this permission, by the rows as they are.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The user.
    pub user: &'a user::Model,
    /// The team.
    pub team: &'a team::Model,
    /// The role that the user holds in the team, when they are a member of it.
    pub held: Option<&'a role_table::Model>,
    /// The permission.
    pub permission: Permission,
    /// Whether who asks may learn that the user is disabled.
    pub tells_status: bool,
    /// The present.
    pub now: DateTime<Utc>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the user may.
    pub allowed: bool,
    /// Everything that is in the way, the most personal first; nothing when the user may.
    pub missing: Vec<AccessReason>,
    /// The same in words.
    pub text: String,
}

impl Explanation {
    /// What decides: the first thing that is in the way, or the role that grants it.
    #[must_use]
    pub fn reason(&self) -> AccessReason {
        self.missing
            .first()
            .copied()
            .unwrap_or(AccessReason::GrantedByRole)
    }
}

/// Explains the case.
#[must_use]
pub fn explain(case: Case<'_>) -> Explanation {
    let Case { user, team, held, .. } = case;
    let active = team_is_active(team.disabled_at, team.expires_at, case.now);
    let granted = held.is_some_and(|role| role::permissions_in_team(role, active).contains(case.permission));
    let allowed = granted && user.disabled_at.is_none();
    let missing = if allowed {
        Vec::new()
    } else {
        in_the_way(case, active)
    };
    let text = if allowed {
        case.sentence(AccessReason::GrantedByRole)
    } else {
        let sentences = missing.iter().map(|reason| case.sentence(*reason));
        sentences.collect::<Vec<_>>().join(" ")
    };
    Explanation {
        allowed,
        missing,
        text,
    }
}

/// Everything that is in the way.
fn in_the_way(case: Case<'_>, active: bool) -> Vec<AccessReason> {
    let Case {
        user,
        team,
        held,
        permission,
        ..
    } = case;
    let known = permission
        .team_types()
        .any(|team_type| team_type == team.team_type);
    let lacks = |role: &role_table::Model| !role::permissions(role).contains(permission);
    let obstacles = [
        (
            AccessReason::UserDisabled,
            user.disabled_at.is_some() && case.tells_status,
        ),
        (AccessReason::StaffReadOnly, user.account_type.is_staff()),
        (
            AccessReason::NotAMember,
            held.is_none() && !user.account_type.is_staff(),
        ),
        (AccessReason::PermissionOfOtherTeamType, !known),
        (
            AccessReason::RoleLacksPermission,
            known && held.is_some_and(lacks),
        ),
        (AccessReason::TeamDisabled, team.disabled_at.is_some()),
        (AccessReason::TeamExpired, team.disabled_at.is_none() && !active),
    ];
    let there = obstacles.into_iter().filter(|(_, is_there)| *is_there);
    there.map(|(reason, _)| reason).collect()
}

fn type_name(team_type: TeamType) -> &'static str {
    match team_type {
        TeamType::Superapp => "superapp",
        TeamType::MiniProgram => "mini program",
    }
}

impl Case<'_> {
    fn sentence(&self, reason: AccessReason) -> String {
        let (user, team, permission) = (&self.user.account, &self.team.name, self.permission.name());
        let role = self.held.map_or("", |role| role.name.as_str());
        match reason {
            AccessReason::GrantedByRole => {
                format!("{user} is a member of {team} with the role {role}, which grants {permission}.")
            }
            AccessReason::UserDisabled => format!("{user} is disabled and cannot sign in."),
            AccessReason::StaffReadOnly => {
                format!("{user} is platform staff, who hold no permissions inside of teams.")
            }
            AccessReason::NotAMember => format!("{user} is not a member of {team}."),
            AccessReason::PermissionOfOtherTeamType => format!(
                "{team} is a {} team, whose roles never grant {permission}.",
                type_name(self.team.team_type)
            ),
            AccessReason::RoleLacksPermission => {
                format!("{user} holds the role {role} in {team}, which does not grant {permission}.")
            }
            AccessReason::TeamDisabled => {
                format!("{team} is disabled, and gives no permissions until it is enabled.")
            }
            AccessReason::TeamExpired => {
                format!("{team} has expired, and gives no permissions until it is extended.")
            }
        }
    }
}
