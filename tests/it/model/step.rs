//! What can be done, and how it can end.

use std::collections::BTreeSet;

use super::seen::Seen;
use super::state::{AccountType, Factor, Handle, Password, Role, Seconds, SessionName, TeamType, Tokens};

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody without a token.
    Nobody,
    /// A user, who signs in first if they can and are not; with the token of before if they cannot.
    Person(Handle),
    /// Whoever has these tokens, good ones or not.
    Device(Tokens),
}

/// How a password is chosen for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Generated,
    Left,
    Both,
    Typed(Password),
}

/// A password that somebody chooses for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPassword {
    pub password: Password,
    /// Whether it is typed the same again.
    pub is_confirmed: bool,
}

/// What somebody logs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginName {
    /// The account of this user.
    AccountOf(Handle),
    Email(String),
}

/// A setting of the password policy, and what it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    MinimumLength(usize),
    RefusesPrevious(usize),
    ExpiresAfterDays(i64),
    ChangeAfterReset(bool),
    LockAfterFailures(usize),
    FailureWindowMinutes(i64),
    LockMinutes(i64),
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    CreateUser {
        name: String,
        account: String,
        account_type: AccountType,
        password: Choice,
    },
    UpdateUser {
        user: Handle,
        name: Option<String>,
        account_type: Option<AccountType>,
        /// Proposed, and not bound before its owner confirms it.
        email: Option<String>,
    },
    DisableUser(Handle),
    EnableUser(Handle),
    DeleteUser(Handle),
    ResetPassword(Handle, Choice),
    UnlockUser(Handle),
    UnbindUserTotp(Handle),
    UnbindUserEmail(Handle),
    UpdatePolicy(Vec<Setting>),
    CreateTeam {
        name: String,
        team_type: TeamType,
        admins: Vec<Handle>,
        /// Name and account.
        new_admin: Option<(String, String)>,
        superapp_team: Option<Handle>,
        /// From now on.
        expires: Option<Seconds>,
    },
    UpdateTeam {
        team: Handle,
        name: Option<String>,
        remark: Option<String>,
        admins: Option<Vec<Handle>>,
        superapp_team: Option<Handle>,
        expires: Option<Seconds>,
        never_expires: bool,
    },
    DisableTeam(Handle),
    EnableTeam(Handle),
    DeleteTeam {
        team: Handle,
        /// Whether the name is typed right.
        confirmed: bool,
    },
    ResetLink {
        team: Handle,
        revoke: bool,
    },
    RegisterTeam {
        /// The step that made the link.
        link: Handle,
        name: String,
    },
    AddMembers {
        team: Handle,
        members: Vec<(Handle, Role)>,
    },
    CreateMember {
        team: Handle,
        role: Role,
        name: String,
        account: String,
    },
    UpdateMember {
        team: Handle,
        user: Handle,
        role: Role,
    },
    RemoveMember {
        team: Handle,
        user: Handle,
    },
    Leave(Handle),
    CreateRole {
        team: Handle,
        name: String,
        permissions: Vec<&'static str>,
    },
    UpdateRole {
        role: Role,
        name: Option<String>,
        permissions: Option<Vec<&'static str>>,
    },
    DeleteRole(Role),
    Invite {
        team: Handle,
        role: Role,
    },
    Revoke(Handle),
    /// With the code of this step.
    Join(Handle),
    CreateResource {
        team: Handle,
        kind: TeamType,
        name: String,
        manager: Option<Handle>,
    },
    UpdateResource {
        resource: Handle,
        name: Option<String>,
        manager: Option<Handle>,
        no_manager: bool,
    },
    DeleteResource(Handle),
    Login {
        name: LoginName,
        password: Password,
        /// The login that made the device known.
        device: Option<Tokens>,
    },
    /// Goes on with the login that has the challenge of this step.
    CompleteLogin {
        challenge: Handle,
        factor: Option<Factor>,
        password: Option<NewPassword>,
    },
    /// Goes on with a session.
    Refresh(Tokens),
    Logout,
    RevokeSession(SessionName),
    RevokeOthers,
    /// Reads what there is, and writes nothing.
    Look,
    UpdateProfile(String),
    ChangePassword {
        current: Password,
        new: NewPassword,
    },
    SendCode {
        email: String,
        /// To bind the address, or to register with it.
        is_to_bind: bool,
    },
    Register {
        name: String,
        account: String,
        email: String,
        /// The step that had the code mailed.
        code: Handle,
        password: NewPassword,
        invitation: Option<Handle>,
    },
    BindEmail {
        email: String,
        code: Handle,
        password: Password,
    },
    UnbindEmail(Password),
    RequestReset(String),
    ResetForgotten {
        email: String,
        code: Handle,
        new: NewPassword,
    },
    EnrollTotp {
        password: Option<Password>,
        challenge: Option<Handle>,
    },
    ConfirmTotp {
        code: Factor,
        challenge: Option<Handle>,
    },
    DisableTotp {
        password: Password,
        factor: Option<Factor>,
    },
    /// Time passes; perhaps what has expired by then is swept out.
    Pass {
        time: Seconds,
        is_swept: bool,
    },
}

impl Deed {
    /// The mutation, as the schema has it.
    pub fn field(&self) -> &'static str {
        match self {
            Self::CreateUser { .. } => "createUser",
            Self::UpdateUser { .. } => "updateUser",
            Self::DisableUser(_) => "disableUser",
            Self::EnableUser(_) => "enableUser",
            Self::DeleteUser(_) => "deleteUser",
            Self::ResetPassword(..) => "resetUserPassword",
            Self::UnlockUser(_) => "unlockUser",
            Self::UnbindUserTotp(_) => "unbindUserTotp",
            Self::UnbindUserEmail(_) => "unbindUserEmail",
            Self::UpdatePolicy(_) => "updatePasswordPolicy",
            Self::CreateTeam { .. } => "createTeam",
            Self::UpdateTeam { .. } => "updateTeam",
            Self::DisableTeam(_) => "disableTeam",
            Self::EnableTeam(_) => "enableTeam",
            Self::DeleteTeam { .. } => "deleteTeam",
            Self::ResetLink { .. } => "resetTeamRegistrationLink",
            Self::RegisterTeam { .. } => "registerTeam",
            Self::AddMembers { .. } => "addTeamMembers",
            Self::CreateMember { .. } => "createTeamMember",
            Self::UpdateMember { .. } => "updateTeamMember",
            Self::RemoveMember { .. } => "removeTeamMember",
            Self::Leave(_) => "leaveTeam",
            Self::CreateRole { .. } => "createRole",
            Self::UpdateRole { .. } => "updateRole",
            Self::DeleteRole(_) => "deleteRole",
            Self::Invite { .. } => "createInvitation",
            Self::Revoke(_) => "revokeInvitation",
            Self::Join(_) => "joinTeam",
            Self::CreateResource { .. } => "createResource",
            Self::UpdateResource { .. } => "updateResource",
            Self::DeleteResource(_) => "deleteResource",
            Self::Login { .. } => "login",
            Self::CompleteLogin { .. } => "completeLogin",
            Self::Refresh(_) => "refreshSession",
            Self::Logout => "logout",
            Self::RevokeSession(_) => "revokeSession",
            Self::RevokeOthers => "revokeOtherSessions",
            Self::UpdateProfile(_) => "updateProfile",
            Self::ChangePassword { .. } => "changePassword",
            Self::SendCode { .. } => "sendVerificationCode",
            Self::Register { .. } => "register",
            Self::BindEmail { .. } => "bindEmail",
            Self::UnbindEmail(_) => "unbindEmail",
            Self::RequestReset(_) => "requestPasswordReset",
            Self::ResetForgotten { .. } => "resetPassword",
            Self::EnrollTotp { .. } => "enrollTotp",
            Self::ConfirmTotp { .. } => "confirmTotp",
            Self::DisableTotp { .. } => "disableTotp",
            Self::Look => super::draw::A_LOOK,
            Self::Pass { .. } => super::draw::TIME_PASSES,
        }
    }

    /// Whether it can be previewed.
    pub fn has_preview(&self) -> bool {
        matches!(
            self,
            Self::UpdateUser { .. }
                | Self::DisableUser(_)
                | Self::DeleteUser(_)
                | Self::UpdateTeam { .. }
                | Self::DisableTeam(_)
                | Self::DeleteTeam { .. }
                | Self::UpdateMember { .. }
                | Self::RemoveMember { .. }
                | Self::UpdateRole { .. }
                | Self::DeleteRole(_)
        )
    }

    /// Whether something of it stays though it is refused: a try that is counted, or a session that ends.
    pub fn is_counted(&self) -> bool {
        matches!(
            self,
            Self::Join(_)
                | Self::Login { .. }
                | Self::CompleteLogin { .. }
                | Self::Refresh(_)
                | Self::ChangePassword { .. }
                | Self::SendCode { .. }
                | Self::Register { .. }
                | Self::BindEmail { .. }
                | Self::UnbindEmail(_)
                | Self::RequestReset(_)
                | Self::ResetForgotten { .. }
                | Self::EnrollTotp { .. }
                | Self::DisableTotp { .. }
        )
    }

    /// The users and the teams that it names.
    pub fn names(&self) -> (Vec<Handle>, Vec<Handle>) {
        match self {
            Self::UpdateUser { user, .. }
            | Self::DisableUser(user)
            | Self::EnableUser(user)
            | Self::DeleteUser(user)
            | Self::ResetPassword(user, _)
            | Self::UnlockUser(user)
            | Self::UnbindUserTotp(user)
            | Self::UnbindUserEmail(user)
            | Self::Login {
                name: LoginName::AccountOf(user),
                ..
            }
            | Self::RevokeSession(SessionName::Main(user)) => (vec![*user], Vec::new()),
            Self::UpdateTeam { team, .. }
            | Self::DisableTeam(team)
            | Self::EnableTeam(team)
            | Self::DeleteTeam { team, .. }
            | Self::ResetLink { team, .. }
            | Self::CreateMember { team, .. }
            | Self::Leave(team)
            | Self::CreateRole { team, .. }
            | Self::Invite { team, .. }
            | Self::CreateResource { team, .. } => (Vec::new(), vec![*team]),
            Self::AddMembers { team, members } => {
                (members.iter().map(|(user, _)| *user).collect(), vec![*team])
            }
            Self::UpdateMember { team, user, .. } | Self::RemoveMember { team, user } => {
                (vec![*user], vec![*team])
            }
            _ => (Vec::new(), Vec::new()),
        }
    }
}

/// One step of a history.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it makes is named by this.
    pub number: Handle,
    pub actor: Actor,
    pub deed: Deed,
    /// Whether it is only foreseen.
    pub preview: bool,
}

impl Step {
    /// Whether it asks for a mutation, and means it.
    pub fn is_operation(&self) -> bool {
        !self.preview && !matches!(self.deed, Deed::Look | Deed::Pass { .. })
    }

    /// How long it takes. A second each, so that nothing happens at the moment of something else.
    pub fn time(&self) -> Seconds {
        match self.deed {
            Deed::Pass { time, .. } => time,
            _ => 1,
        }
    }
}

/// How a step ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// How far a login has come.
    Came {
        step: String,
        /// How many logins to the account have failed, as the answer tells when it is done.
        failed: Option<usize>,
        /// When the account logged in before.
        before: Option<Seconds>,
    },
    /// What somebody sees.
    Seen(Box<Seen>),
    /// User errors, each as `CODE path`.
    Errors(BTreeSet<String>),
    /// The one GraphQL error.
    Fails(String),
}

impl Outcome {
    pub fn fails(code: &str) -> Self {
        Self::Fails(code.to_owned())
    }

    pub fn error(code: &str, field: &str) -> Self {
        Self::Errors([format!("{code} {field}").trim_end().to_owned()].into())
    }
}
