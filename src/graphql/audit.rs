//! The audit log, for who may read it.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Datelike, Utc};

use super::answer::{app, viewer};
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::loader::Loaders;
use super::page::{page_args, page_cost};
use super::selection;
use super::team::Team;
use super::user::User;
use crate::access::Action;
use crate::audit::filter::Filter;
use crate::audit::find::{List, cursor, page};
use crate::audit::scope::{Shown, ShownChange};
use crate::base::Error;
use crate::base::id::{AnyId, Id, TeamId, UserId};
use crate::base::page::Page;
use crate::entity::audit_event::AuditOutcome;

/// Who did what to whom, when, from where, and how it ended. The log is only ever appended to.
pub struct AuditEvent(Shown);

impl From<Shown> for AuditEvent {
    fn from(shown: Shown) -> Self {
        Self(shown)
    }
}

/// Who did what to whom, when, from where, and how it ended. The log is only ever appended to.
#[Object(serial)]
impl AuditEvent {
    /// The id.
    pub async fn id(&self) -> ID {
        self.0.event.id.to_string().into()
    }

    /// What was done: the name of the field that was asked for, such as `createTeam`.
    async fn action(&self) -> &str {
        &self.0.event.action
    }

    /// How it ended.
    async fn outcome(&self) -> AuditOutcome {
        self.0.event.outcome
    }

    /// Who did it; null when nobody was signed in, or that user is deleted or out of sight.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(id) = self.0.event.actor_id else {
            return Ok(None);
        };
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(user.map(User::from))
    }

    /// The account of who did it, also when that user is deleted; null when nobody was signed in.
    async fn actor_account(&self) -> Option<&str> {
        self.0.event.actor_account.as_deref()
    }

    /// The id of what it is about; it may not exist any more. For a membership, a session or a passkey it is its user.
    async fn target_id(&self) -> Option<ID> {
        self.0.event.target_id.clone().map(ID)
    }

    /// The name that the target had then; null when it has none, of a user who is deleted, and of what was tried in vain
    /// with something that is out of the sight of who tried.
    async fn target_name(&self) -> Option<&str> {
        self.0.target_name.as_deref()
    }

    /// The team in which it happened, or was tried by one of its members or platform staff; null when it was in none, or
    /// the team is deleted or out of sight.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        let Some(id) = self.0.event.team_id else {
            return Ok(None);
        };
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(team.map(Team::from))
    }

    /// The fields that changed. What was personal goes when the user whom it is about is deleted.
    async fn changes(&self) -> Vec<AuditChange> {
        self.0.changes.iter().cloned().map(AuditChange::from).collect()
    }

    /// The source address; for platform staff, and for who did it.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The user agent; for platform staff, and for who did it.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// The request that it was done by: what the header `X-Request-Id` of the answer and the server's log said.
    async fn request_id(&self) -> &str {
        &self.0.event.request_id
    }

    /// When it was done.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.event.created_at
    }
}

/// A field that changed.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct AuditChange {
    /// The field's name in the schema.
    field: String,
    /// The value before; null when there was none, when it is a secret, and when it is not for the viewer: an email
    /// is shown to its owner and to platform staff.
    before: Option<String>,
    /// The value after; null as above.
    after: Option<String>,
}

impl From<ShownChange> for AuditChange {
    fn from(change: ShownChange) -> Self {
        Self {
            field: change.field,
            before: change.before,
            after: change.after,
        }
    }
}

/// Which events; each condition narrows them further. An id that is out of the viewer's sight leads to none.
#[derive(InputObject)]
pub struct AuditFilter {
    /// Those with one of these actions, such as `login` or `createTeam`; at most 100.
    actions: Option<Vec<String>>,
    /// Those of this user.
    actor_id: Option<ID>,
    /// Those about what has this id: a user, a team, a membership …
    target_id: Option<ID>,
    /// Those in this team.
    team_id: Option<ID>,
    /// Those that ended so.
    outcome: Option<AuditOutcome>,
    /// Those from this moment on.
    from: Option<DateTime<Utc>>,
    /// Those before this moment.
    to: Option<DateTime<Utc>>,
}

/// The most actions of a filter.
const MOST_ACTIONS: usize = 100;

pub(super) fn read_filter(filter: Option<AuditFilter>) -> Result<Filter, Error> {
    let Some(filter) = filter else {
        return Ok(Filter::default());
    };
    let mut actions = filter.actions;
    if let Some(actions) = &mut actions {
        if actions.len() > MOST_ACTIONS {
            return Err(Error::BadInput("At most 100 actions.".into()));
        }
        // What cannot be a field's name is no event's action, and no text for every database.
        actions.retain(|action| {
            action.len() <= 64
                && action
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
    }
    let target_id = filter
        .target_id
        .map(|id| AnyId::parse(&id).map(|_| id.0))
        .transpose()?;
    Ok(Filter {
        actions,
        actor_id: filter.actor_id.map(|id| UserId::parse(&id)).transpose()?,
        target_id,
        team_id: filter.team_id.map(|id| TeamId::parse(&id)).transpose()?,
        outcome: filter.outcome,
        from: filter.from.map(storable).transpose()?,
        to: filter.to.map(storable).transpose()?,
    })
}

/// What some databases hold no time beyond.
fn storable(time: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    if (1..=9999).contains(&time.year()) {
        Ok(time)
    } else {
        Err(Error::BadInput("A time is of the years 1 to 9999.".into()))
    }
}

#[derive(Default)]
pub struct AuditQuery;

#[Object(guard = "super::guard::Never", serial)]
impl AuditQuery {
    /// The audit log, the newest first: all of it for platform staff; for the others what they did themselves and
    /// what happened in the teams that they are an admin of.
    #[graphql(
        guard = "Gate::root(Action::AuditEvents)",
        directive = requires::apply(needs(Action::AuditEvents)),
        complexity = "page_cost(first, last) * child_complexity"
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which events.")] filter: Option<AuditFilter>,
    ) -> Result<Option<AuditEventConnection>> {
        let grant = viewer(ctx).grant(Action::AuditEvents)?;
        let list = List {
            filter: read_filter(filter)?,
            page: Page::parse(&page_args(first, after, last, before))?,
            with_total: selection::wants_total(ctx),
        };
        let slice = page(app(ctx).database.reader(), &grant, &list).await?;
        Ok(Some(AuditEventConnection::new(slice, |shown| {
            (cursor(&shown.event), shown.into())
        })))
    }
}

connection!(AuditEventConnection, AuditEventEdge, AuditEvent, "event");
