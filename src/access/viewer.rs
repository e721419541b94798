//! One person, and what the policy says of them.

use chrono::{DateTime, Utc};

use super::permission::{Permission, PermissionSet};
use super::policy::{self, Action, Reach, Requirement};
use crate::base::id::{MembershipId, RoleId, SessionId, TeamId, UserId};
use crate::base::tally::Tally;
use crate::base::{Error, Result};
use crate::entity::team::TeamType;
use crate::entity::user::AccountType;

/// Where a request came from; for the audit log and for limits, never for rights.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The source address.
    pub address: Option<String>,
    /// The user agent, cut to 512 characters.
    pub user_agent: Option<String>,
    /// The request's id.
    pub request_id: String,
    /// What it has counted.
    pub tally: Tally,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    /// The user, when somebody is signed in.
    pub signed_in: Option<SignedIn>,
    /// Where the request came from.
    pub origin: Origin,
}

/// A user with a live session, as the database had it at the start of the request.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user.
    pub user_id: UserId,
    /// The user's account.
    pub account: String,
    /// The user's account type.
    pub account_type: AccountType,
    /// The session of the access token.
    pub session_id: SessionId,
    /// The user's teams.
    pub seats: Vec<Seat>,
}

/// A membership, seen from its user.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The membership.
    pub membership_id: MembershipId,
    /// The team.
    pub team_id: TeamId,
    /// The team's type.
    pub team_type: TeamType,
    /// The superapp team that the team is bound to.
    pub superapp_team_id: Option<TeamId>,
    /// The role.
    pub role_id: RoleId,
    /// Whether the team is active: a disabled or expired one gives no permissions to anyone.
    pub team_is_active: bool,
    /// Whether the role is Administrator.
    pub is_administrator: bool,
    /// The role's permissions, none when the team is not active.
    pub permissions: PermissionSet,
}

/// What an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Not known yet: a requirement on a team holds when it holds in any team.
    Any,
    /// This user.
    User(UserId),
    /// This team.
    Team(TeamId),
}

/// The proof that the policy allows an action to somebody. A verb takes it first, and asks it the
/// rest: whose account, which team.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'v> {
    /// Who was granted it.
    pub user: &'v SignedIn,
    /// What was granted.
    pub action: Action,
}

impl Viewer {
    /// Whether the policy's row for the action lets this viewer do it to the subject.
    #[must_use]
    pub fn may(&self, action: Action, subject: Subject) -> bool {
        action.requirements().is_empty()
            || self
                .signed_in
                .as_ref()
                .is_some_and(|user| user.may(action, subject))
    }

    /// Lets the action through, or says why not.
    pub fn check(&self, action: Action, subject: Subject) -> Result<()> {
        if self.may(action, subject) {
            Ok(())
        } else if self.signed_in.is_none() {
            Err(Error::Unauthenticated)
        } else {
            Err(refusal(action))
        }
    }

    /// The grant of an action that takes somebody who is signed in.
    pub fn grant(&self, action: Action) -> Result<Grant<'_>> {
        self.check(action, Subject::Any)?;
        let user = self.user()?;
        Ok(Grant { user, action })
    }

    /// The same request as if nobody were signed in: for a try to log in as somebody, which is no deed of whoever happens
    /// to be signed in beside it, and of whom it is they must not read in their own log.
    #[must_use]
    pub fn as_nobody(&self) -> Self {
        Self {
            signed_in: None,
            origin: self.origin.clone(),
        }
    }

    /// Who is signed in.
    pub fn user(&self) -> Result<&SignedIn> {
        self.signed_in.as_ref().ok_or(Error::Unauthenticated)
    }
}

fn refusal(action: Action) -> Error {
    Error::Forbidden {
        requires: action.requirement_names(),
    }
}

impl SignedIn {
    /// Whether this is the super admin or a platform admin.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.account_type.is_staff()
    }

    /// Whether the policy's row for the action lets this user do it to the subject.
    #[must_use]
    pub fn may(&self, action: Action, subject: Subject) -> bool {
        let requirements = action.requirements();
        requirements.is_empty()
            || requirements
                .iter()
                .any(|requirement| self.satisfies(*requirement, subject))
    }

    /// The user's place in a team.
    #[must_use]
    pub fn seat(&self, team_id: TeamId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.team_id == team_id)
    }

    /// The user's permissions in a team.
    #[must_use]
    pub fn permissions(&self, team_id: TeamId) -> PermissionSet {
        self.seat(team_id)
            .map(|seat| seat.permissions)
            .unwrap_or_default()
    }

    fn satisfies(&self, requirement: Requirement, subject: Subject) -> bool {
        let seats = || {
            self.seats
                .iter()
                .filter(move |seat| !matches!(subject, Subject::Team(team_id) if team_id != seat.team_id))
        };
        let holds = |permission| seats().any(|seat| seat.permissions.contains(permission));
        match requirement {
            Requirement::SignedIn => true,
            Requirement::Oneself => subject == Subject::User(self.user_id),
            Requirement::SuperAdmin => self.account_type == AccountType::SuperAdmin,
            Requirement::PlatformAdmin => self.account_type == AccountType::PlatformAdmin,
            Requirement::TeamMember => seats().next().is_some(),
            Requirement::TeamAdmin => seats().any(|seat| seat.is_administrator && seat.team_is_active),
            Requirement::TeamMemberManagement => holds(Permission::TeamMemberManagement),
            Requirement::SuperappManagement => holds(Permission::SuperappManagement),
            Requirement::MiniProgramManagement => holds(Permission::MiniProgramManagement),
        }
    }
}

impl Grant<'_> {
    /// Lets the action through to a user's account, by rank.
    pub fn over(&self, target: UserId, target_type: AccountType) -> Result<()> {
        let oneself = target == self.user.user_id;
        let allowed = match policy::reach(self.action, self.user.account_type) {
            Reach::Anyone => true,
            Reach::AnyoneElse => !oneself,
            Reach::MembersAndOneself => oneself || target_type == AccountType::Member,
            Reach::Members => target_type == AccountType::Member,
            Reach::Oneself => oneself,
            Reach::Nobody => false,
        };
        if allowed {
            Ok(())
        } else {
            Err(refusal(self.action))
        }
    }

    /// Lets the making of an account of this type through.
    pub fn to_make(&self, made: AccountType) -> Result<()> {
        if policy::may_make(self.user.account_type, made) {
            Ok(())
        } else {
            Err(refusal(self.action))
        }
    }

    /// Lets the turning of an account of one type into another through.
    pub fn to_turn(&self, from: AccountType, to: AccountType) -> Result<()> {
        if policy::may_turn(self.user.account_type, from, to) {
            Ok(())
        } else {
            Err(refusal(self.action))
        }
    }

    /// The refusal of this very action.
    #[must_use]
    pub fn refusal(&self) -> Error {
        refusal(self.action)
    }
}

/// The status of a team, worked out from its row.
#[must_use]
pub fn team_is_active(
    disabled_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    disabled_at.is_none() && expires_at.is_none_or(|expiry| now < expiry)
}
