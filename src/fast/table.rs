//! The fields of the hot types: how each is made of columns, and which are left to the ordinary way.
//!
//! A test compares these tables with the schema: a field that is missing here fails it.

use crate::access::Action;
use crate::base::id::{Id, MembershipId, RoleId, TeamId, UserId};

/// A hot type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `User`.
    User,
    /// `Team`.
    Team,
    /// `Role`.
    Role,
    /// `Membership`.
    Membership,
    /// `Viewer`.
    Viewer,
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The id in the column.
    Id,
    /// The text in the column, or null.
    Text,
    /// The enum value that the column holds under the schema's own name.
    Enum,
    /// The time in the column, or null.
    Time,
    /// The truth in the column.
    Flag,
    /// A user's status, of `disabled_at` and `locked_until`.
    UserStatus,
    /// A team's status, of `disabled_at` and `expires_at`.
    TeamStatus,
    /// A role's permissions, of `id`, `kind` and `permissions`.
    Permissions,
    /// Whether the role with this id makes an admin.
    IsAdministrator,
    /// What the viewer may do in the team with this id.
    ViewerPermissions,
    /// The viewer's menus.
    Menus,
    /// One object of another type.
    Object(Type),
    /// A page of memberships.
    Memberships,
    /// Left to the ordinary way.
    Cold,
}

/// What somebody has to be to see the field of an object. Where they are not, the ordinary way answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Whoever sees the object.
    Nothing,
    /// What the policy says of this action and the object.
    Policy(Action),
    /// A full sight of the team: its members and platform staff.
    FullSight,
}

/// A field of a hot type.
#[derive(Debug)]
pub struct Row {
    /// Its name in the schema.
    pub name: &'static str,
    /// How it is written.
    pub kind: Kind,
    /// Of which columns.
    pub columns: &'static [&'static str],
    /// Who sees it.
    pub need: Need,
}

const fn row(name: &'static str, kind: Kind, columns: &'static [&'static str], need: Need) -> Row {
    Row {
        name,
        kind,
        columns,
        need,
    }
}

const fn plain(name: &'static str, kind: Kind, columns: &'static [&'static str]) -> Row {
    row(name, kind, columns, Need::Nothing)
}

const fn guarded(name: &'static str, kind: Kind, columns: &'static [&'static str], action: Action) -> Row {
    row(name, kind, columns, Need::Policy(action))
}

const fn cold(name: &'static str) -> Row {
    plain(name, Kind::Cold, &[])
}

const USER: &[Row] = &[
    plain("id", Kind::Id, &["id"]),
    plain("name", Kind::Text, &["name"]),
    plain("account", Kind::Text, &["account"]),
    plain("accountType", Kind::Enum, &["account_type"]),
    guarded(
        "status",
        Kind::UserStatus,
        &["disabled_at", "locked_until"],
        Action::UserStatus,
    ),
    guarded("email", Kind::Text, &["email"], Action::UserEmail),
    guarded(
        "proposedEmail",
        Kind::Text,
        &["proposed_email"],
        Action::UserProposedEmail,
    ),
    guarded("locale", Kind::Enum, &["locale"], Action::UserLocale),
    cold("totpEnabled"),
    cold("passkeys"),
    guarded(
        "mustChangePassword",
        Kind::Flag,
        &["must_change_password"],
        Action::UserMustChangePassword,
    ),
    plain("createdAt", Kind::Time, &["created_at"]),
    guarded(
        "lastLoginAt",
        Kind::Time,
        &["last_login_at"],
        Action::UserLastLoginAt,
    ),
    guarded("memberships", Kind::Memberships, &[], Action::UserMemberships),
    cold("sessions"),
    cold("viewerActions"),
];

const TEAM: &[Row] = &[
    plain("id", Kind::Id, &["id"]),
    plain("name", Kind::Text, &["name"]),
    plain("type", Kind::Enum, &["team_type"]),
    plain("status", Kind::TeamStatus, &["disabled_at", "expires_at"]),
    row("remark", Kind::Text, &["remark"], Need::FullSight),
    row("expiresAt", Kind::Time, &["expires_at"], Need::FullSight),
    row("createdAt", Kind::Time, &["created_at"], Need::FullSight),
    cold("createdBy"),
    cold("admins"),
    cold("memberCount"),
    cold("superappTeam"),
    cold("miniProgramTeams"),
    cold("registrationLink"),
    guarded("members", Kind::Memberships, &[], Action::TeamMembers),
    cold("memberCandidates"),
    cold("roles"),
    cold("invitations"),
    cold("resources"),
    cold("viewerActions"),
    plain("viewerPermissions", Kind::ViewerPermissions, &["id"]),
];

const ROLE: &[Row] = &[
    plain("id", Kind::Id, &["id"]),
    plain("name", Kind::Text, &["name"]),
    plain("kind", Kind::Enum, &["kind"]),
    plain("teamType", Kind::Enum, &["team_type"]),
    cold("team"),
    plain("isAdministrator", Kind::IsAdministrator, &["id"]),
    plain("permissions", Kind::Permissions, &["id", "kind", "permissions"]),
    cold("memberCount"),
];

const MEMBERSHIP: &[Row] = &[
    plain("id", Kind::Id, &["id"]),
    plain("user", Kind::Object(Type::User), &[]),
    plain("team", Kind::Object(Type::Team), &[]),
    plain("role", Kind::Object(Type::Role), &[]),
    plain("joinedAt", Kind::Time, &["joined_at"]),
    cold("viewerCanEdit"),
];

const VIEWER: &[Row] = &[
    plain("user", Kind::Object(Type::User), &[]),
    cold("session"),
    plain("menus", Kind::Menus, &[]),
    plain("memberships", Kind::Memberships, &[]),
    cold("sessions"),
    cold("can"),
];

impl Type {
    /// All hot types.
    pub const ALL: [Self; 5] = [Self::User, Self::Team, Self::Role, Self::Membership, Self::Viewer];

    /// The name in the schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Team => "Team",
            Self::Role => "Role",
            Self::Membership => "Membership",
            Self::Viewer => "Viewer",
        }
    }

    /// What an id of it begins with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::User => UserId::PREFIX,
            Self::Team => TeamId::PREFIX,
            Self::Role => RoleId::PREFIX,
            Self::Membership => MembershipId::PREFIX,
            Self::Viewer => "",
        }
    }

    /// Its fields.
    #[must_use]
    pub fn rows(self) -> &'static [Row] {
        match self {
            Self::User => USER,
            Self::Team => TEAM,
            Self::Role => ROLE,
            Self::Membership => MEMBERSHIP,
            Self::Viewer => VIEWER,
        }
    }

    /// The names of its connection and of that one's edge.
    #[must_use]
    pub fn connection(self) -> (&'static str, &'static str) {
        match self {
            Self::User => ("UserConnection", "UserEdge"),
            Self::Team => ("TeamConnection", "TeamEdge"),
            Self::Role | Self::Viewer => ("", ""),
            Self::Membership => ("MembershipConnection", "MembershipEdge"),
        }
    }
}
