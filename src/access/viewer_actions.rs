//! What the viewer may do to the object at hand, so that a console draws only what would work.
//!
//! Each of these is a way through a mutation: the guard asks the same row of the policy, and the verb the same rank.
//! Pure: of the viewer and the object's row, so that a list of a hundred costs no query more.

use async_graphql::Enum;

use super::policy::{self, Action};
use super::viewer::{Grant, SignedIn, Subject};
use crate::entity::team::{self, TeamType};
use crate::entity::user::{self, AccountType};

/// What the viewer may do to a user. An action is listed exactly when its mutation is not refused to this viewer for
/// this user, whatever state the user is in: `ENABLE` of a user who is active changes nothing and is listed, and so is
/// `DELETE` of a team's only admin, which first needs another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum UserAction {
    /// Change the name: `updateUser`, and `updateProfile` for one's own.
    EditName,
    /// Turn a member into a platform admin or back: `updateUser`.
    EditAccountType,
    /// Propose another email: `updateUser`; bind one to one's own account: `bindEmail`.
    EditEmail,
    /// Set another's password: `resetUserPassword`. One's own is changed by `changePassword`.
    ResetPassword,
    /// Switch dynamic codes off: `unbindUserTotp`, and `disableTotp` for one's own.
    UnbindTotp,
    /// Remove passkeys: all of another's, `unbindUserPasskeys`; one of one's own, `removePasskey`.
    UnbindPasskeys,
    /// Take away the bound email: `unbindUserEmail`; one's own, unless the account was registered with one:
    /// `unbindEmail`.
    UnbindEmail,
    /// Lift the lock of too many wrong passwords: `unlockUser`.
    Unlock,
    /// Disable the account: `disableUser`.
    Disable,
    /// Enable the account: `enableUser`.
    Enable,
    /// Delete the account: `deleteUser`.
    Delete,
    /// End sessions: `revokeSession`.
    EndSessions,
}

/// Whose account a way leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// That of everybody whom the rank reaches.
    ByRank,
    /// One's own alone: the mutation asks for no user.
    Own,
    /// The same, of an account that somebody else made.
    OwnNotRegistered,
}

impl UserAction {
    /// All of them, in the schema's order.
    pub const ALL: [Self; 12] = [
        Self::EditName,
        Self::EditAccountType,
        Self::EditEmail,
        Self::ResetPassword,
        Self::UnbindTotp,
        Self::UnbindPasskeys,
        Self::UnbindEmail,
        Self::Unlock,
        Self::Disable,
        Self::Enable,
        Self::Delete,
        Self::EndSessions,
    ];

    /// The mutations that do it; any one that is open to the viewer is enough.
    fn ways(self) -> &'static [(Action, Whose)] {
        use Whose::{ByRank, Own, OwnNotRegistered};
        match self {
            Self::EditName => &[(Action::UserUpdate, ByRank), (Action::ProfileUpdate, Own)],
            Self::EditAccountType => &[(Action::UserUpdate, ByRank)],
            Self::EditEmail => &[(Action::UserUpdate, ByRank), (Action::EmailBind, Own)],
            Self::ResetPassword => &[(Action::UserPasswordReset, ByRank)],
            Self::UnbindTotp => &[(Action::UserTotpUnbind, ByRank), (Action::TotpDisable, Own)],
            Self::UnbindPasskeys => &[(Action::UserPasskeysUnbind, ByRank), (Action::PasskeyRemove, Own)],
            Self::UnbindEmail => &[
                (Action::UserEmailUnbind, ByRank),
                (Action::EmailUnbind, OwnNotRegistered),
            ],
            Self::Unlock => &[(Action::UserUnlock, ByRank)],
            Self::Disable => &[(Action::UserDisable, ByRank)],
            Self::Enable => &[(Action::UserEnable, ByRank)],
            Self::Delete => &[(Action::UserDelete, ByRank)],
            Self::EndSessions => &[(Action::SessionRevoke, ByRank)],
        }
    }

    fn is_open(self, viewer: &SignedIn, target: &user::Model) -> bool {
        let open = |(action, whose): &(Action, Whose)| {
            let reached = match whose {
                Whose::ByRank => {
                    let grant = Grant {
                        user: viewer,
                        action: *action,
                    };
                    grant.over(target.id, target.account_type).is_ok()
                }
                Whose::Own => target.id == viewer.user_id,
                Whose::OwnNotRegistered => target.id == viewer.user_id && !keeps_an_email(target),
            };
            reached && viewer.may(*action, Subject::Any)
        };
        self.ways().iter().any(open) && (self != Self::EditAccountType || can_be_turned(viewer, target))
    }
}

/// Whether the owner can change the bound email, but not drop it: who registered had one from the start.
#[must_use]
pub fn keeps_an_email(user: &user::Model) -> bool {
    user.registered_at.is_some()
}

/// Whether the viewer can turn the account into one of some other type.
fn can_be_turned(viewer: &SignedIn, target: &user::Model) -> bool {
    let others = AccountType::ALL
        .into_iter()
        .filter(|to| *to != target.account_type);
    others
        .into_iter()
        .any(|to| policy::may_turn(viewer.account_type, target.account_type, to))
}

/// What the viewer may do to this user.
#[must_use]
pub fn on_user(viewer: &SignedIn, target: &user::Model) -> Vec<UserAction> {
    let open = UserAction::ALL
        .into_iter()
        .filter(|action| action.is_open(viewer, target));
    open.collect()
}

/// What the viewer may do to a team. An action is listed exactly when its mutation is not refused to this viewer for
/// this team, whatever the state of what it is done to: `DELETE` of a superapp team with bound teams, which have to go
/// first, is listed, and so is `LEAVE` for the only admin. A disabled or expired team takes no writes but those of
/// platform staff and `LEAVE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum TeamAction {
    /// Change the name and the remark: `updateTeam`.
    Edit,
    /// Set the admins, the superapp team that it is bound to, and the expiry: `updateTeam`.
    SetAdmins,
    /// Disable and enable the team: `disableTeam`, `enableTeam`.
    SetStatus,
    /// Delete the team: `deleteTeam`.
    Delete,
    /// Add, make and remove members, and give them roles: `addTeamMembers`, `createTeamMember`, `updateTeamMember`,
    /// `removeTeamMember`. Administrators only by admins of the team: `Membership.viewerCanEdit` tells of each.
    ManageMembers,
    /// Make, change and delete roles of the team's own: `createRole`, `updateRole`, `deleteRole`.
    ManageRoles,
    /// Issue and revoke invitation codes: `createInvitation`, `revokeInvitation`.
    Invite,
    /// Create, rename and delete the superapps or mini programs of the team: `createResource`, `updateResource`,
    /// `deleteResource`.
    ManageResources,
    /// Replace and revoke the registration link of a superapp team: `resetTeamRegistrationLink`.
    ManageRegistrationLink,
    /// Leave the team: `leaveTeam`.
    Leave,
}

impl TeamAction {
    /// All of them, in the schema's order.
    pub const ALL: [Self; 10] = [
        Self::Edit,
        Self::SetAdmins,
        Self::SetStatus,
        Self::Delete,
        Self::ManageMembers,
        Self::ManageRoles,
        Self::Invite,
        Self::ManageResources,
        Self::ManageRegistrationLink,
        Self::Leave,
    ];

    /// The mutations that make up the right: all of them are open, or none is.
    fn mutations(self) -> &'static [Action] {
        match self {
            Self::Edit | Self::SetAdmins => &[Action::TeamUpdate],
            Self::SetStatus => &[Action::TeamDisable, Action::TeamEnable],
            Self::Delete => &[Action::TeamDelete],
            Self::ManageMembers => &[
                Action::TeamMembersAdd,
                Action::TeamMemberCreate,
                Action::TeamMemberUpdate,
                Action::TeamMemberRemove,
            ],
            Self::ManageRoles => &[Action::RoleCreate, Action::RoleUpdate, Action::RoleDelete],
            Self::Invite => &[Action::InvitationCreate, Action::InvitationRevoke],
            Self::ManageResources => &[
                Action::ResourceCreate,
                Action::ResourceUpdate,
                Action::ResourceDelete,
            ],
            Self::ManageRegistrationLink => &[Action::TeamLinkReset],
            Self::Leave => &[Action::TeamLeave],
        }
    }

    fn is_open(self, viewer: &SignedIn, team: &team::Model) -> bool {
        let subject = Subject::Team(team.id);
        let kept = match self {
            // Of what `updateTeam` does, the rest is for staff.
            Self::SetAdmins => viewer.is_staff(),
            Self::ManageRegistrationLink => team.team_type == TeamType::Superapp,
            _ => true,
        };
        kept && self.mutations().iter().all(|action| viewer.may(*action, subject))
    }
}

/// What the viewer may do to this team.
#[must_use]
pub fn on_team(viewer: &SignedIn, team: &team::Model) -> Vec<TeamAction> {
    let open = TeamAction::ALL
        .into_iter()
        .filter(|action| action.is_open(viewer, team));
    open.collect()
}
