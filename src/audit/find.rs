//! Reads events, and none that is out of the viewer's sight.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryResult};

use super::arms::{self, newest_first};
use super::filter::Filter;
use super::scope::{Found, Scope, Shown, any};
use crate::access::{Grant, Viewer};
use crate::base::Result;
use crate::base::id::AuditEventId;
use crate::base::page::{Cursor, Page, Slice};
use crate::entity::keyset::{self, time_key};
use crate::entity::select::{columns, total_of};
use crate::entity::{audit_event, audit_head, audit_personal};

/// A list of events that is asked for, the newest first.
#[derive(Clone, Debug)]
pub struct List {
    /// Which events.
    pub filter: Filter,
    /// Which page.
    pub page: Page,
    /// Whether to count the whole list.
    pub with_total: bool,
}

/// Where an event stands in a list.
#[must_use]
pub fn cursor(event: &audit_event::Model) -> Cursor {
    Cursor(time_key(event.created_at), event.id.0)
}

/// A page of the events that the grant's user sees, each with its personal rows, in one statement.
pub async fn page(connection: &impl ConnectionTrait, grant: &Grant<'_>, list: &List) -> Result<Slice<Shown>> {
    let scope = Scope::of(grant.user);
    let backend = connection.get_database_backend();
    let arms = arms::arms(&scope, &list.filter);
    let select = if let [only] = arms.as_slice() {
        let mut select = events(only.clone());
        newest_first("audit_event").narrow(backend, &mut select, &list.page)?;
        select
    } else {
        let mut select = events(Condition::all());
        let found = ("page", audit_event::Column::Id);
        select.join_subquery(
            JoinType::InnerJoin,
            arms::page_of(backend, &arms, &list.page)?,
            "page",
            Expr::col(found).equals(("audit_event", audit_event::Column::Id)),
        );
        newest_first("page").order(&mut select, &list.page);
        select
    };
    let rows = keyset::read(connection, &select).await?;
    let found: Vec<Found> = rows.iter().map(read).collect::<Result<_>>()?;
    let mut slice = list.page.slice(found).map(|found| scope.show(found));
    if list.with_total {
        let few = list.filter.few_others().filter(|_| grant.user.is_staff());
        slice.total = Some(total_of(connection, audit_event::Entity, any(arms), few).await?);
    }
    Ok(slice)
}

/// Those of the events that are in sight, as they are seen.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[AuditEventId],
) -> Result<HashMap<AuditEventId, Shown>> {
    let Some(user) = &viewer.signed_in else {
        return Ok(HashMap::new());
    };
    let scope = Scope::of(user);
    let named = audit_event::Column::Id.is_in(ids.iter().copied());
    let select = events(Condition::all().add(scope.condition()).add(named));
    let rows = connection.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok(scope.show(read(row)?)))
        .map(|shown: Result<Shown>| shown.map(|shown| (shown.event.id, shown)))
        .collect()
}

/// The next events of the chain after this place, the first of them first, whoever may see them.
pub(super) async fn sealed_after(
    connection: &impl ConnectionTrait,
    position: i64,
    most: u64,
) -> Result<Vec<Found>> {
    let mut select = events(Condition::all().add(audit_event::Column::Position.gt(position)));
    select
        .order_by(("audit_event", audit_event::Column::Position), Order::Asc)
        .limit(most);
    let rows = connection.query_all(&select).await?;
    rows.iter().map(read).collect()
}

/// The last place of the chain; 0 when nothing is sealed.
pub(super) async fn last_position(connection: &impl ConnectionTrait) -> Result<i64> {
    let head = audit_head::Entity::find_by_id(1).one(connection).await?;
    Ok(head.map_or(0, |head| head.position))
}

/// Events with their personal rows: at most one row of each side, so that a page's limit counts events.
fn events(condition: Condition) -> SelectStatement {
    let mut select = Query::select();
    columns::<audit_event::Entity>(&mut select, "audit_event", "");
    select.from(audit_event::Entity).cond_where(condition);
    for (side, alias, prefix) in [("ACTOR", "source", "s_"), ("TARGET", "target", "t_")] {
        columns::<audit_personal::Entity>(&mut select, alias, prefix);
        let of_the_event = Expr::col((alias, audit_personal::Column::EventId))
            .equals(("audit_event", audit_event::Column::Id));
        select.join_as(
            JoinType::LeftJoin,
            audit_personal::Entity,
            alias,
            Condition::all()
                .add(of_the_event)
                .add(Expr::col((alias, audit_personal::Column::Side)).eq(side)),
        );
    }
    select
}

fn read(row: &QueryResult) -> Result<Found> {
    Ok(Found {
        event: audit_event::Model::from_query_result(row, "")?,
        source: audit_personal::Model::from_query_result_optional(row, "s_")?,
        target: audit_personal::Model::from_query_result_optional(row, "t_")?,
    })
}
