//! THE TABLE: from each action to who may.
//!
//! One row is one field of the schema that somebody may be refused, what of its input it is about, and who may. The
//! field's guard, its `@requires` directive, the verb's grant, the target of an event of what was not done, the README's
//! table and the tests' matrix all come from this row.
//! [`reach`] is the second half: how far platform staff's hands go over other accounts.

use async_graphql::Enum;

use crate::entity::user::AccountType;

/// What somebody has to be. Any one of the requirements of a field is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum Requirement {
    /// Somebody who is signed in.
    SignedIn,
    /// The very user that is looked at.
    #[graphql(name = "SELF")]
    Oneself,
    /// The super admin.
    SuperAdmin,
    /// A platform admin.
    PlatformAdmin,
    /// A member of the team, whatever the role and the team's status.
    TeamMember,
    /// An admin of the team, while the team is active.
    TeamAdmin,
    /// A holder of this permission in the team, while the team is active.
    TeamMemberManagement,
    /// A holder of this permission in the team, while the team is active.
    SuperappManagement,
    /// A holder of this permission in the team, while the team is active.
    MiniProgramManagement,
}

impl Requirement {
    /// The name, as the schema has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "SIGNED_IN",
            Self::Oneself => "SELF",
            Self::SuperAdmin => "SUPER_ADMIN",
            Self::PlatformAdmin => "PLATFORM_ADMIN",
            Self::TeamMember => "TEAM_MEMBER",
            Self::TeamAdmin => "TEAM_ADMIN",
            Self::TeamMemberManagement => "TEAM_MEMBER_MANAGEMENT",
            Self::SuperappManagement => "SUPERAPP_MANAGEMENT",
            Self::MiniProgramManagement => "MINI_PROGRAM_MANAGEMENT",
        }
    }
}

macro_rules! actions {
    (@target) => { None };
    (@target $target:literal) => { Some($target) };
    ($($name:ident $field:literal $(on $target:literal)? [$($requirement:ident)*];)+) => {
        /// Something that one can ask Rollcall to do or to show.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // The row says what it is: the field of the schema that asks for it.
        pub enum Action { $($name),+ }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The field of the schema, with its type.
            #[must_use]
            pub fn field(self) -> &'static str {
                match self { $(Self::$name => $field),+ }
            }

            /// The argument, or the field of the input, with the id of what it is about: the target of its event when it
            /// is not done. None where it is about nothing that is there already.
            #[must_use]
            pub fn target_argument(self) -> Option<&'static str> {
                match self { $(Self::$name => actions!(@target $($target)?)),+ }
            }

            /// Who may: any one of these is enough, and none at all means that everybody may.
            #[must_use]
            pub fn requirements(self) -> &'static [Requirement] {
                match self { $(Self::$name => &[$(Requirement::$requirement),*]),+ }
            }
        }
    };
}

actions! {
    // What everybody may ask.
    Node "Query.node" [];
    Nodes "Query.nodes" [];
    Viewer "Query.viewer" [];
    User "Query.user" [];
    Team "Query.team" [];
    Permissions "Query.permissions" [];
    RegistrationSettings "Query.registrationSettings" [];
    PasswordStrength "Query.passwordStrength" [];
    TeamRegistration "Query.teamRegistration" [];
    VerificationCodeSend "Mutation.sendVerificationCode" [];
    Register "Mutation.register" [];
    Login "Mutation.login" [];
    LoginComplete "Mutation.completeLogin" [];
    SessionRefresh "Mutation.refreshSession" [];
    Logout "Mutation.logout" [];
    PasswordResetRequest "Mutation.requestPasswordReset" [];
    PasswordReset "Mutation.resetPassword" [];
    TotpEnroll "Mutation.enrollTotp" [];
    TotpConfirm "Mutation.confirmTotp" [];
    PasskeyLoginStart "Mutation.startPasskeyLogin" [];
    PasskeyLoginFinish "Mutation.finishPasskeyLogin" [];
    PasskeyAdd "Mutation.addPasskey" [];
    PasskeyConfirm "Mutation.confirmPasskey" [];

    // Lists.
    Users "Query.users" [SuperAdmin PlatformAdmin];
    Teams "Query.teams" [SignedIn];
    PresetRoles "Query.presetRoles" [SignedIn];
    AccessExplain "Query.explainAccess" on "teamId" [SuperAdmin PlatformAdmin TeamAdmin];
    AuditEvents "Query.auditEvents" [SignedIn];
    Invariants "Query.invariants" [SuperAdmin PlatformAdmin];
    AuditEventsFollow "Subscription.auditEvents" [SignedIn];

    // A user's fields.
    UserStatus "User.status" [Oneself SuperAdmin PlatformAdmin];
    UserEmail "User.email" [Oneself SuperAdmin PlatformAdmin];
    UserProposedEmail "User.proposedEmail" [Oneself SuperAdmin PlatformAdmin];
    UserLocale "User.locale" [Oneself SuperAdmin PlatformAdmin];
    UserTotpEnabled "User.totpEnabled" [Oneself SuperAdmin PlatformAdmin];
    UserPasskeys "User.passkeys" [Oneself SuperAdmin PlatformAdmin];
    UserMustChangePassword "User.mustChangePassword" [Oneself SuperAdmin PlatformAdmin];
    UserLastLoginAt "User.lastLoginAt" [Oneself SuperAdmin PlatformAdmin];
    UserMemberships "User.memberships" [Oneself SuperAdmin PlatformAdmin];
    UserSessions "User.sessions" [Oneself SuperAdmin PlatformAdmin];

    // A team's fields.
    TeamCreatedBy "Team.createdBy" [SuperAdmin PlatformAdmin];
    TeamMiniProgramTeams "Team.miniProgramTeams" [TeamAdmin SuperAdmin PlatformAdmin];
    TeamRegistrationLink "Team.registrationLink" [TeamAdmin SuperAdmin PlatformAdmin];
    TeamMembers "Team.members" [TeamMember SuperAdmin PlatformAdmin];
    TeamMemberCandidates "Team.memberCandidates" [TeamMemberManagement];
    TeamRoles "Team.roles" [TeamMember SuperAdmin PlatformAdmin];
    TeamInvitations "Team.invitations" [TeamMemberManagement SuperAdmin PlatformAdmin];
    TeamResources "Team.resources" [TeamMember SuperAdmin PlatformAdmin];

    // The viewer's own account.
    ProfileUpdate "Mutation.updateProfile" [SignedIn];
    PasswordChange "Mutation.changePassword" [SignedIn];
    EmailBind "Mutation.bindEmail" [SignedIn];
    EmailUnbind "Mutation.unbindEmail" [SignedIn];
    TotpDisable "Mutation.disableTotp" [SignedIn];
    PasskeyRename "Mutation.renamePasskey" on "passkeyId" [SignedIn];
    PasskeyRemove "Mutation.removePasskey" on "passkeyId" [SignedIn];
    SessionRevoke "Mutation.revokeSession" on "sessionId" [SignedIn];
    OtherSessionsRevoke "Mutation.revokeOtherSessions" [SignedIn];

    // Users.
    UserCreate "Mutation.createUser" [SuperAdmin PlatformAdmin];
    UserUpdate "Mutation.updateUser" on "userId" [SuperAdmin PlatformAdmin];
    UserPasswordReset "Mutation.resetUserPassword" on "userId" [SuperAdmin PlatformAdmin];
    UserTotpUnbind "Mutation.unbindUserTotp" on "userId" [SuperAdmin PlatformAdmin];
    UserPasskeysUnbind "Mutation.unbindUserPasskeys" on "userId" [SuperAdmin PlatformAdmin];
    UserEmailUnbind "Mutation.unbindUserEmail" on "userId" [SuperAdmin PlatformAdmin];
    UserUnlock "Mutation.unlockUser" on "userId" [SuperAdmin PlatformAdmin];
    UserDisable "Mutation.disableUser" on "userId" [SuperAdmin PlatformAdmin];
    UserEnable "Mutation.enableUser" on "userId" [SuperAdmin PlatformAdmin];
    UserDelete "Mutation.deleteUser" on "userId" [SuperAdmin PlatformAdmin];

    // Teams.
    TeamCreate "Mutation.createTeam" [SuperAdmin PlatformAdmin];
    TeamUpdate "Mutation.updateTeam" on "teamId" [SuperAdmin PlatformAdmin TeamMemberManagement];
    TeamDisable "Mutation.disableTeam" on "teamId" [SuperAdmin PlatformAdmin];
    TeamEnable "Mutation.enableTeam" on "teamId" [SuperAdmin PlatformAdmin];
    TeamDelete "Mutation.deleteTeam" on "teamId" [SuperAdmin PlatformAdmin];
    TeamLinkReset "Mutation.resetTeamRegistrationLink" on "teamId" [SuperAdmin PlatformAdmin TeamAdmin];
    TeamRegister "Mutation.registerTeam" [SignedIn];

    // Members, roles and invitations.
    TeamMembersAdd "Mutation.addTeamMembers" on "teamId" [TeamMemberManagement];
    TeamMemberCreate "Mutation.createTeamMember" on "teamId" [TeamMemberManagement];
    TeamMemberUpdate "Mutation.updateTeamMember" on "membershipId" [TeamMemberManagement];
    TeamMemberRemove "Mutation.removeTeamMember" on "membershipId" [TeamMemberManagement];
    TeamLeave "Mutation.leaveTeam" on "teamId" [TeamMember];
    RoleCreate "Mutation.createRole" on "teamId" [TeamMemberManagement];
    RoleUpdate "Mutation.updateRole" on "roleId" [TeamMemberManagement];
    RoleDelete "Mutation.deleteRole" on "roleId" [TeamMemberManagement];
    InvitationCreate "Mutation.createInvitation" on "teamId" [TeamMemberManagement];
    InvitationRevoke "Mutation.revokeInvitation" on "invitationId" [TeamMemberManagement];
    TeamJoin "Mutation.joinTeam" [SignedIn];

    // Resources.
    ResourceCreate "Mutation.createResource" on "teamId" [SuperappManagement MiniProgramManagement];
    ResourceUpdate "Mutation.updateResource" on "resourceId" [SuperappManagement MiniProgramManagement];
    ResourceDelete "Mutation.deleteResource" on "resourceId" [SuperappManagement MiniProgramManagement];

    // The platform.
    PasswordPolicyUpdate "Mutation.updatePasswordPolicy" [SuperAdmin PlatformAdmin];
}

impl Action {
    /// The field's name alone: what an audit event calls the action.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.field()
            .split_once('.')
            .map_or(self.field(), |(_, name)| name)
    }

    /// The type that has the field.
    #[must_use]
    pub fn parent(self) -> &'static str {
        self.field().split_once('.').map_or("", |(parent, _)| parent)
    }

    /// The names of the requirements, as a refusal tells them.
    #[must_use]
    pub fn requirement_names(self) -> Vec<&'static str> {
        self.requirements()
            .iter()
            .map(|requirement| requirement.name())
            .collect()
    }
}

/// Over whose account somebody's hand goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anyone's.
    Anyone,
    /// Anyone's but one's own.
    AnyoneElse,
    /// The members', and one's own.
    MembersAndOneself,
    /// The members'.
    Members,
    /// One's own alone.
    Oneself,
    /// Nobody's.
    Nobody,
}

/// How far an action on accounts goes (`domain.md`, "Account types and what they may do").
#[must_use]
pub fn reach(action: Action, actor: AccountType) -> Reach {
    match (actor, action) {
        // One's own sessions are at everybody's hand.
        (AccountType::Member, Action::SessionRevoke) => Reach::Oneself,
        (AccountType::Member, _) => Reach::Nobody,
        (AccountType::SuperAdmin, Action::UserUpdate | Action::SessionRevoke) => Reach::Anyone,
        (AccountType::SuperAdmin, _) => Reach::AnyoneElse,
        (AccountType::PlatformAdmin, Action::UserUpdate | Action::SessionRevoke) => Reach::MembersAndOneself,
        (AccountType::PlatformAdmin, _) => Reach::Members,
    }
}

/// The account types that an account type may make (`domain.md`, the same table). Nobody makes a
/// second super admin; only the super admin makes platform admins, as platform admins could not
/// edit or delete what they made.
#[must_use]
pub fn may_make(actor: AccountType, made: AccountType) -> bool {
    match actor {
        AccountType::SuperAdmin => made != AccountType::SuperAdmin,
        AccountType::PlatformAdmin => made == AccountType::Member,
        AccountType::Member => false,
    }
}

/// Whether an account type turns accounts of one type into another: only who may make accounts of both does. So the
/// super admin's own is never turned.
#[must_use]
pub fn may_turn(actor: AccountType, from: AccountType, to: AccountType) -> bool {
    may_make(actor, from) && may_make(actor, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_has_two_rows() {
        let mut fields: Vec<_> = Action::ALL.iter().map(|action| action.field()).collect();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!(fields.len(), Action::ALL.len());
    }
}
