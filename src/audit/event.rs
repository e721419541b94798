//! What an event tells.

use serde::Serialize;

use crate::access::Action;
use crate::base::id::{TeamId, UserId};
use crate::entity::audit_event::AuditOutcome;
use crate::entity::user;

/// A field that changed. Secrets are never put here; a changed password is told by its field alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The field's name in the schema.
    pub field: &'static str,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Change {
    /// A field that went from one value to another.
    pub fn new(field: &'static str, before: Option<impl ToString>, after: Option<impl ToString>) -> Self {
        Self {
            field,
            before: before.map(|value| value.to_string()),
            after: after.map(|value| value.to_string()),
        }
    }

    /// The same, or nothing where the value stays as it is.
    pub fn between(
        field: &'static str,
        before: Option<impl ToString>,
        after: Option<impl ToString>,
    ) -> Option<Self> {
        let change = Self::new(field, before, after);
        (change.before != change.after).then_some(change)
    }

    /// A field of what was made, or nothing where it has no value.
    pub fn set(field: &'static str, value: Option<impl ToString>) -> Option<Self> {
        Self::between(field, None::<&str>, value)
    }

    /// A field whose values are not told.
    #[must_use]
    pub fn untold(field: &'static str) -> Self {
        Self {
            field,
            before: None,
            after: None,
        }
    }
}

/// What an event is about.
#[derive(Clone, Debug)]
pub enum Target {
    /// A user; the name is personal and goes with them.
    User {
        /// The id, which stays.
        id: UserId,
        /// The account, which stays.
        account: String,
        /// The name, which goes.
        name: String,
    },
    /// Anything else.
    Other {
        /// The printed id.
        id: String,
        /// The name, which is nobody's personal data and stays; none where there is none.
        name: Option<String>,
    },
}

impl From<&user::Model> for Target {
    fn from(user: &user::Model) -> Self {
        Self::User {
            id: user.id,
            account: user.account.clone(),
            name: user.name.clone(),
        }
    }
}

/// An event that is to be written.
#[derive(Clone, Debug)]
pub struct Event {
    pub(super) action: Action,
    pub(super) outcome: AuditOutcome,
    pub(super) actor: Option<(UserId, String)>,
    pub(super) target: Option<Target>,
    pub(super) team_id: Option<TeamId>,
    pub(super) changes: Vec<Change>,
    pub(super) personal: Vec<Change>,
}

impl Event {
    /// Something that was done.
    #[must_use]
    pub fn done(action: Action) -> Self {
        Self {
            action,
            outcome: AuditOutcome::Succeeded,
            actor: None,
            target: None,
            team_id: None,
            changes: Vec::new(),
            personal: Vec::new(),
        }
    }

    /// Something that was not done.
    #[must_use]
    pub fn not_done(action: Action, outcome: AuditOutcome) -> Self {
        Self {
            outcome,
            ..Self::done(action)
        }
    }

    /// Names the actor, where it is not the viewer: of a registration or a login, who was nobody before.
    #[must_use]
    pub fn by(mut self, user: &user::Model) -> Self {
        self.actor = Some((user.id, user.account.clone()));
        self
    }

    /// Names what it is about.
    #[must_use]
    pub fn on(mut self, target: impl Into<Target>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The same for anything but a user.
    #[must_use]
    pub fn on_id(mut self, id: impl std::fmt::Display) -> Self {
        self.target = Some(Target::Other {
            id: id.to_string(),
            name: None,
        });
        self
    }

    /// The same with the name that it has: a team's, a role's or a resource's.
    #[must_use]
    pub fn on_named(mut self, id: impl std::fmt::Display, name: impl Into<String>) -> Self {
        self.target = Some(Target::Other {
            id: id.to_string(),
            name: Some(name.into()),
        });
        self
    }

    /// Names the team in which it happened.
    #[must_use]
    pub fn in_team(mut self, team_id: TeamId) -> Self {
        self.team_id = Some(team_id);
        self
    }

    /// Adds changed fields that are nobody's personal data.
    #[must_use]
    pub fn changing(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.extend(changes);
        self
    }

    /// Adds changed fields of the target user that are personal: names and addresses.
    #[must_use]
    pub fn changing_personal(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.personal.extend(changes);
        self
    }
}
