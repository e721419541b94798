//! Which events a list or a subscription holds: once as SQL, for what is read, and once over a row, for what is
//! passed on while it happens. The two stand side by side, and a test holds them against each other.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition};

use crate::base::id::{TeamId, UserId};
use crate::entity::audit_event::{AuditOutcome, Column, Model};
use crate::entity::select::{is, is_not};

/// Which events; each condition narrows them further.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those with one of these actions.
    pub actions: Option<Vec<String>>,
    /// Those of this actor.
    pub actor_id: Option<UserId>,
    /// Those about what has this printed id.
    pub target_id: Option<String>,
    /// Those in this team.
    pub team_id: Option<TeamId>,
    /// Those that ended so.
    pub outcome: Option<AuditOutcome>,
    /// Those from this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Those before this moment.
    pub to: Option<DateTime<Utc>>,
}

impl Filter {
    /// In SQL.
    pub(super) fn condition(&self) -> Condition {
        Condition::all()
            .add_option(
                self.actions
                    .as_ref()
                    .map(|actions| Column::Action.is_in(actions.iter().map(String::as_str))),
            )
            .add_option(self.actor_id.map(|id| Column::ActorId.eq(id)))
            .add_option(self.target_id.as_deref().map(|id| Column::TargetId.eq(id)))
            .add_option(self.team_id.map(|id| Column::TeamId.eq(id)))
            .add_option(self.outcome.map(with_outcome))
            .add_option(self.from.map(|from| Column::CreatedAt.gte(from)))
            .add_option(self.to.map(|to| Column::CreatedAt.lt(to)))
    }

    /// Whether it names nobody and nothing that the events are of or about.
    pub(super) fn is_broad(&self) -> bool {
        self.actor_id.is_none() && self.target_id.is_none() && self.team_id.is_none()
    }

    /// All events that it does not let through, where it asks for those that succeeded and for nothing else: most did.
    pub(super) fn few_others(&self) -> Option<Vec<Condition>> {
        let is_of_outcome_alone =
            self.is_broad() && self.actions.is_none() && self.from.is_none() && self.to.is_none();
        (is_of_outcome_alone && self.outcome == Some(AuditOutcome::Succeeded)).then(|| {
            vec![Condition::all().add(is_not(("audit_event", Column::Outcome), &AuditOutcome::Succeeded))]
        })
    }

    /// Whether it lets this event through.
    #[must_use]
    pub fn holds(&self, event: &Model) -> bool {
        let all = [
            self.actions
                .as_ref()
                .is_none_or(|actions| actions.contains(&event.action)),
            self.actor_id.is_none_or(|id| event.actor_id == Some(id)),
            self.target_id.is_none() || event.target_id == self.target_id,
            self.team_id.is_none_or(|id| event.team_id == Some(id)),
            self.outcome.is_none_or(|outcome| event.outcome == outcome),
            self.from.is_none_or(|from| from <= event.created_at),
            self.to.is_none_or(|to| event.created_at < to),
        ];
        all.into_iter().all(|holds| holds)
    }
}

/// What did not succeed is rare, and has an index that holds nothing else: some databases take it only when told so in its
/// own words.
fn with_outcome(outcome: AuditOutcome) -> Condition {
    let column = ("audit_event", Column::Outcome);
    let rare = (outcome != AuditOutcome::Succeeded).then(|| is_not(column, &AuditOutcome::Succeeded));
    Condition::all().add(is(column, &outcome)).add_option(rare)
}
