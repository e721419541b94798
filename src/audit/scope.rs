//! What somebody sees of the log (`domain.md`, "Audit log"): which events, and what of each.
//!
//! Platform staff read all of it; a team's admins their team's, without source address and agent; a user what they
//! did themselves. As everywhere, a team that is not active makes nobody its admin.

use sea_orm::{ColumnTrait, Condition};
use serde::Deserialize;

use super::filter::Filter;
use crate::access::SignedIn;
use crate::base::id::TeamId;
use crate::entity::audit_event::{Column, Model};
use crate::entity::audit_personal;

/// An event as it was read, with the personal rows that are still there.
#[derive(Clone, Debug)]
pub struct Found {
    /// The event.
    pub event: Model,
    /// From where the actor acted.
    pub(super) source: Option<audit_personal::Model>,
    /// The name of the user whom it is about, and their personal changes.
    pub(super) target: Option<audit_personal::Model>,
}

/// An event as somebody sees it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The event.
    pub event: Model,
    /// The name of what it is about.
    pub target_name: Option<String>,
    /// The changed fields: those that are nobody's personal data, then the others, each in the order of the verb.
    pub changes: Vec<ShownChange>,
    /// The source address.
    pub address: Option<String>,
    /// The user agent.
    pub user_agent: Option<String>,
}

/// A changed field as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShownChange {
    /// The field.
    pub field: String,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    address: Option<String>,
    user_agent: Option<String>,
}

#[derive(Default, Deserialize)]
struct About {
    name: Option<String>,
    #[serde(default)]
    changes: Vec<ShownChange>,
}

/// What somebody sees of the log.
#[derive(Debug)]
pub struct Scope<'v> {
    user: &'v SignedIn,
    /// The teams whose events they see.
    teams: Vec<TeamId>,
}

impl<'v> Scope<'v> {
    /// The scope of this user, with the teams and roles that they have now.
    #[must_use]
    pub fn of(user: &'v SignedIn) -> Self {
        let administered = user
            .seats
            .iter()
            .filter(|seat| seat.is_administrator && seat.team_is_active);
        Self {
            user,
            teams: administered.map(|seat| seat.team_id).collect(),
        }
    }

    /// Which events, in SQL.
    pub(super) fn condition(&self) -> Condition {
        any(self.arms(&Filter::default()))
    }

    /// Which of the filter's events: they are one of these. What the filter itself has out of sight is left out.
    pub(super) fn arms(&self, filter: &Filter) -> Vec<Condition> {
        let own = self.user.user_id;
        let sees_all = self.user.is_staff()
            || filter.actor_id == Some(own)
            || filter.team_id.is_some_and(|id| self.teams.contains(&id));
        if sees_all {
            return vec![Condition::all()];
        }
        let acted = Condition::all().add(Column::ActorId.eq(own));
        let in_teams = self.teams.iter().filter(|_| filter.team_id.is_none());
        std::iter::once(acted)
            .chain(in_teams.map(|id| Condition::all().add(Column::TeamId.eq(*id))))
            .collect()
    }

    /// Whether this event is one of them.
    #[must_use]
    pub fn holds(&self, event: &Model) -> bool {
        self.user.is_staff()
            || event.actor_id == Some(self.user.user_id)
            || event.team_id.is_some_and(|id| self.teams.contains(&id))
    }

    /// The event as this user sees it.
    #[must_use]
    pub fn show(&self, found: Found) -> Shown {
        let Found {
            event,
            source,
            target,
        } = found;
        let acted = event.actor_id == Some(self.user.user_id);
        let source: Source = source
            .filter(|_| acted || self.user.is_staff())
            .map(|row| read(&row.data))
            .unwrap_or_default();
        let mut changes: Vec<ShownChange> = read(&event.changes);
        let mut target_name = event.target_name.clone();
        if let Some(row) = target {
            let about: About = read(&row.data);
            // Names are seen by all of a team; an address only by its owner and by platform staff. That it
            // changed is told, as it is of a password.
            let sees_all = self.user.is_staff() || row.user_id == self.user.user_id;
            changes.extend(about.changes.into_iter().map(|change| {
                if sees_all || change.field == "name" {
                    change
                } else {
                    ShownChange {
                        before: None,
                        after: None,
                        ..change
                    }
                }
            }));
            target_name = about.name;
        }
        Shown {
            event,
            target_name,
            changes,
            address: source.address,
            user_agent: source.user_agent,
        }
    }
}

/// Those that at least one of the conditions finds.
pub(super) fn any(conditions: Vec<Condition>) -> Condition {
    conditions.into_iter().fold(Condition::any(), Condition::add)
}

/// What was stored as JSON. A row that somebody tampered with must not hide the others of its page.
fn read<T: Default + for<'de> Deserialize<'de>>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}
