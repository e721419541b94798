//! What can be done, and how it can end.

use std::collections::BTreeSet;

use super::seen::Seen;
use super::state::{AccountType, Handle, Minutes, Role, SessionName, TeamType};

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody without a token.
    Nobody,
    /// A user, who signs in first if they can and are not; with the token of before if they cannot.
    Person(Handle),
    /// A user with a token whose session was ended.
    Stale(Handle),
}

/// How a password is chosen for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Generated,
    Left,
    Both,
    Weak,
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
    },
    DisableUser(Handle),
    EnableUser(Handle),
    DeleteUser(Handle),
    ResetPassword(Handle, Choice),
    UnlockUser(Handle),
    CreateTeam {
        name: String,
        team_type: TeamType,
        admins: Vec<Handle>,
        /// Name and account.
        new_admin: Option<(String, String)>,
        superapp_team: Option<Handle>,
        /// From now on.
        expires: Option<Minutes>,
    },
    UpdateTeam {
        team: Handle,
        name: Option<String>,
        remark: Option<String>,
        admins: Option<Vec<Handle>>,
        superapp_team: Option<Handle>,
        expires: Option<Minutes>,
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
    /// With the password or a wrong one, and through a change of password where it is asked for.
    Login {
        user: Handle,
        is_right: bool,
    },
    /// Goes on with the session that this step opened.
    Refresh(Handle),
    Logout,
    RevokeSession(SessionName),
    RevokeOthers,
    /// Reads what there is, and writes nothing.
    Look,
    /// Time passes.
    Pass(Minutes),
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
            Self::Refresh(_) => "refreshSession",
            Self::Logout => "logout",
            Self::RevokeSession(_) => "revokeSession",
            Self::RevokeOthers => "revokeOtherSessions",
            Self::Look => "a look around",
            Self::Pass(_) => super::draw::TIME_PASSES,
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

    /// The users and the teams that it names.
    pub fn names(&self) -> (Vec<Handle>, Vec<Handle>) {
        match self {
            Self::UpdateUser { user, .. }
            | Self::DisableUser(user)
            | Self::EnableUser(user)
            | Self::DeleteUser(user)
            | Self::ResetPassword(user, _)
            | Self::UnlockUser(user)
            | Self::Login { user, .. }
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

/// How a step ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
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
