//! What there is: the plain data of the model, and what one sees of it.
//!
//! Written from `domain.md`, and not from the program. Everything is named by the number of the step that made it, so
//! that a history from which steps were taken out still means the same.

mod accounts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

pub use accounts::*;

/// The number of the step that made something.
pub type Handle = u32;

/// The super admin, whom no step made.
pub const ROOT: Handle = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountType {
    SuperAdmin,
    PlatformAdmin,
    Member,
}

impl AccountType {
    pub fn name(self) -> &'static str {
        match self {
            Self::SuperAdmin => "SUPER_ADMIN",
            Self::PlatformAdmin => "PLATFORM_ADMIN",
            Self::Member => "MEMBER",
        }
    }

    pub fn is_staff(self) -> bool {
        self != Self::Member
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TeamType {
    Superapp,
    MiniProgram,
}

impl TeamType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Superapp => "SUPERAPP",
            Self::MiniProgram => "MINI_PROGRAM",
        }
    }

    /// The permission by which the team's resources are managed.
    pub fn resource_permission(self) -> &'static str {
        match self {
            Self::Superapp => "SUPERAPP_MANAGEMENT",
            Self::MiniProgram => "MINI_PROGRAM_MANAGEMENT",
        }
    }

    /// The permissions of this type of team, each with the preset roles that hold it: the tables of `domain.md`.
    pub fn table(self) -> &'static [(&'static str, [bool; 6])] {
        match self {
            Self::Superapp => SUPERAPP,
            Self::MiniProgram => MINI_PROGRAM,
        }
    }
}

/// The preset roles, in the order of the columns of the tables.
pub const PRESETS: [&str; 6] = [
    "Administrator",
    "Member manager",
    "Senior developer",
    "Developer",
    "Operator",
    "Reviewer",
];
/// The column of the one that makes an admin.
pub const ADMINISTRATOR: usize = 0;
pub const MEMBER_MANAGEMENT: &str = "TEAM_MEMBER_MANAGEMENT";

const X: bool = true;
const O: bool = false;

#[rustfmt::skip] // They are tables.
const SUPERAPP: &[(&str, [bool; 6])] = &[
    (MEMBER_MANAGEMENT,               [X, X, O, O, O, O]),
    ("SUPERAPP_MANAGEMENT",           [X, O, X, O, O, O]),
    ("SUPERAPP_INTEGRATION",          [X, O, X, X, O, O]),
    ("MINI_PROGRAM_RELEASE_APPROVAL", [X, O, O, O, O, X]),
    ("SENSITIVE_API_MANAGEMENT",      [X, O, X, O, O, O]),
    ("SENSITIVE_API_CALL_APPROVAL",   [X, O, O, O, O, X]),
    ("DATA_DASHBOARD",                [X, O, X, O, X, O]),
    ("USER_FEEDBACK",                 [X, O, X, X, X, O]),
    ("USER_COMPLAINTS",               [X, O, O, O, X, O]),
    ("AD_UNIT_APPROVAL",              [X, O, O, O, O, X]),
];

#[rustfmt::skip]
const MINI_PROGRAM: &[(&str, [bool; 6])] = &[
    (MEMBER_MANAGEMENT,            [X, X, O, O, O, O]),
    ("MINI_PROGRAM_MANAGEMENT",    [X, O, X, O, O, O]),
    ("MINI_PROGRAM_CONFIGURATION", [X, O, X, O, O, O]),
    ("REALTIME_LOGS",              [X, O, X, X, O, O]),
    ("MINI_PROGRAM_DEVELOPMENT",   [X, O, X, X, O, O]),
    ("MINI_PROGRAM_TRIAL",         [X, O, X, X, X, X]),
    ("MINI_PROGRAM_SUBMISSION",    [X, O, X, O, O, X]),
    ("MINI_PROGRAM_RELEASE",       [X, O, X, O, O, O]),
    ("DATA_DASHBOARD",             [X, O, X, X, X, O]),
    ("USER_FEEDBACK",              [X, O, X, X, X, O]),
];

/// A role, as a step names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A preset one, by its column.
    Preset(TeamType, usize),
    /// One that a step made.
    Custom(Handle),
}

impl Role {
    pub fn administrator(team_type: TeamType) -> Self {
        Self::Preset(team_type, ADMINISTRATOR)
    }

    pub fn is_administrator(self) -> bool {
        matches!(self, Self::Preset(_, ADMINISTRATOR))
    }
}

#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub account: String,
    pub account_type: AccountType,
    pub is_disabled: bool,
    /// The tokens by which they do what they do.
    pub main: Option<Tokens>,
    pub guarded: Guarded,
}

#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names)] // The API calls them so.
pub struct Team {
    pub name: String,
    pub team_type: TeamType,
    pub remark: Option<String>,
    pub is_disabled: bool,
    pub expires: Option<Seconds>,
    pub superapp_team: Option<Handle>,
    /// The step that made the registration link which works.
    pub link: Option<Handle>,
    /// Who made the team by a link.
    pub registered_by: Option<Handle>,
    pub members: BTreeMap<Handle, Role>,
}

#[derive(Clone, Debug)]
pub struct CustomRole {
    pub team: Handle,
    pub name: String,
    pub permissions: BTreeSet<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    Open,
    Used,
    Revoked,
}

#[derive(Clone, Debug)]
pub struct Invitation {
    pub team: Handle,
    pub role: Role,
    pub state: CodeState,
    pub issuer: Option<Handle>,
    pub used_by: Option<Handle>,
    pub expires: Seconds,
}

#[derive(Clone, Debug)]
pub struct Resource {
    pub team: Handle,
    pub name: String,
    pub manager: Option<Handle>,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Model {
    pub now: Seconds,
    pub users: BTreeMap<Handle, User>,
    pub teams: BTreeMap<Handle, Team>,
    pub roles: BTreeMap<Handle, CustomRole>,
    pub invitations: BTreeMap<Handle, Invitation>,
    pub resources: BTreeMap<Handle, Resource>,
    /// By their first tokens.
    pub sessions: BTreeMap<Tokens, Session>,
    pub issued: BTreeMap<Tokens, Issued>,
    pub devices: BTreeMap<Tokens, Device>,
    /// The counts of tries and mails.
    pub counters: BTreeMap<Count, Counter>,
    /// The last for each purpose and address, folded.
    pub codes: BTreeMap<(Purpose, String), MailedCode>,
    pub policy: Policy,
    /// Whether platform staff log in with dynamic codes alone.
    pub requires_staff_totp: bool,
}

impl Model {
    pub fn new(requires_staff_totp: bool) -> Self {
        let mut root = User::new("root", "root", AccountType::SuperAdmin, Password::First, 0);
        root.guarded.must_change = false;
        Self {
            now: 0,
            users: [(ROOT, root)].into(),
            teams: BTreeMap::new(),
            roles: BTreeMap::new(),
            invitations: BTreeMap::new(),
            resources: BTreeMap::new(),
            sessions: BTreeMap::new(),
            issued: BTreeMap::new(),
            devices: BTreeMap::new(),
            counters: BTreeMap::new(),
            codes: BTreeMap::new(),
            policy: Policy::default(),
            requires_staff_totp,
        }
    }

    /// What everybody may see of a team who sees all of it; empty where there is none.
    pub fn show_team(&self, handle: Handle) -> String {
        let Some(team) = self.teams.get(&handle) else {
            return String::new();
        };
        let mut text = format!(
            "{} {:?} {}, remark {:?}, expires at {:?}, bound to {:?}, a link: {}\n",
            team.team_type.name(),
            team.name,
            self.status(team),
            team.remark,
            team.expires,
            team.superapp_team,
            team.link.is_some(),
        );
        let admins: BTreeSet<Handle> = team
            .members
            .iter()
            .filter(|(_, role)| role.is_administrator())
            .map(|(user, _)| *user)
            .collect();
        writeln!(text, "admins {admins:?}").unwrap();
        for (user, role) in &team.members {
            writeln!(text, "member {user} {role:?}").unwrap();
        }
        for (number, role) in self.roles.iter().filter(|(_, role)| role.team == handle) {
            let holders = team
                .members
                .values()
                .filter(|held| **held == Role::Custom(*number));
            writeln!(
                text,
                "role {number} {:?} {:?} held by {}",
                role.name,
                role.permissions,
                holders.count()
            )
            .unwrap();
        }
        for (number, code) in self.invitations.iter().filter(|(_, code)| code.team == handle) {
            writeln!(
                text,
                "invitation {number} {} {:?} by {:?} used by {:?}",
                self.code_status(code),
                code.role,
                code.issuer,
                code.used_by
            )
            .unwrap();
        }
        for (number, resource) in self.resources.iter().filter(|(_, it)| it.team == handle) {
            let kind = team.team_type.name();
            writeln!(
                text,
                "resource {number} {kind} {:?} managed by {:?}",
                resource.name, resource.manager
            )
            .unwrap();
        }
        text
    }

    /// What staff see of a user; empty where there is none.
    pub fn show_user(&self, handle: Handle) -> String {
        let Some(user) = self.users.get(&handle) else {
            return String::new();
        };
        let status = if user.is_disabled {
            "DISABLED"
        } else if self.now < user.guarded.locked_until {
            "LOCKED"
        } else {
            "ACTIVE"
        };
        let teams: BTreeMap<Handle, Role> = self
            .teams
            .iter()
            .filter_map(|(team, row)| Some((*team, *row.members.get(&handle)?)))
            .collect();
        format!(
            "{} {:?} {} {status}, email {:?}, proposed {:?}, must change: {}, TOTP: {}, last login at {:?}, \
             sessions {:?}, in {teams:?}\n",
            user.account_type.name(),
            user.name,
            user.account,
            user.guarded.email,
            user.guarded.proposed_email,
            user.guarded.must_change,
            user.guarded.totp_is_on(),
            user.guarded.last_login,
            self.sessions_of(handle),
        )
    }

    pub fn status(&self, team: &Team) -> &'static str {
        if team.is_disabled {
            "DISABLED"
        } else if self.is_active(team) {
            "ACTIVE"
        } else {
            "EXPIRED"
        }
    }

    /// Whether the team gives permissions and takes writes.
    pub fn is_active(&self, team: &Team) -> bool {
        !team.is_disabled && team.expires.is_none_or(|expires| self.now < expires)
    }

    fn code_status(&self, code: &Invitation) -> &'static str {
        match code.state {
            CodeState::Used => "USED",
            CodeState::Revoked => "REVOKED",
            CodeState::Open if self.now < code.expires => "ACTIVE",
            CodeState::Open => "EXPIRED",
        }
    }
}

impl User {
    pub fn new(
        name: &str,
        account: &str,
        account_type: AccountType,
        password: Password,
        now: Seconds,
    ) -> Self {
        Self {
            name: name.to_owned(),
            account: account.to_owned(),
            account_type,
            is_disabled: false,
            main: None,
            guarded: Guarded::new(password, true, now),
        }
    }
}
