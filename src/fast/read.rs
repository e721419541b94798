//! The fields that have a fast path: each reads in one statement, beside the one that tells who asks.

use std::future::Future;
use std::sync::Arc;

use async_graphql::parser::types::SelectionSet;
use async_graphql::{Context, Value};
use chrono::{DateTime, Utc};

use super::field::Way;
use super::plan::{Plan, Sort, Source};
use super::selection::Cold;
use super::shape::{Connection, Object};
use super::statement::{Narrowed, Statement, Which};
use super::table::Type;
use super::write::Writer;
use crate::access::Viewer;
use crate::base::Result;
use crate::base::id::{TeamId, UserId};
use crate::base::page::Page;
use crate::base::text::fold;
use crate::entity::lanes::{Dialect, Lane, Param, Rows};
use crate::entity::select::pattern;
use crate::{teams, users};

/// What the fast path says: the answer, or that the ordinary way has to give it.
type Tried = Option<Value>;

/// The way of this request, where it has one.
fn way<'c>(ctx: &Context<'c>) -> Option<&'c Way> {
    ctx.data_opt::<Way>()
}

fn selection<'c>(ctx: &'c Context<'_>) -> &'c SelectionSet {
    &ctx.item.node.selection_set.node
}

/// Runs the statement, and learns meanwhile who asks.
async fn read(
    lane: &Lane,
    statement: &Statement,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<(Arc<Viewer>, Option<Rows>)> {
    // The viewer's comes first: it was asked first, and its answer is the first that is needed.
    let (viewer, rows) = tokio::join!(viewer, lane.query(&statement.sql, &statement.params));
    Ok((viewer?, rows))
}

fn done(written: Result<Vec<u8>, Cold>) -> Tried {
    written.ok().map(|bytes| Value::Binary(bytes.into()))
}

/// A page of users, for platform staff: `viewer` lets nobody else through.
pub async fn users(
    ctx: &Context<'_>,
    now: DateTime<Utc>,
    list: &users::list::List,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let Some(way) = way(ctx) else { return Ok(None) };
    let Ok((connection, statement)) = plan_users(ctx, way.lane.dialect(), list) else {
        return Ok(None);
    };
    let (viewer, Some(rows)) = read(&way.lane, &statement, viewer).await? else {
        return Ok(None);
    };
    let total = match (list.with_total, rows.is_empty()) {
        (false, _) => None,
        (true, true) => Some(0),
        (true, false) => rows.number(0, rows.width() - 1)?,
    };
    Ok(done(page(&rows, &viewer, now, total, &connection)))
}

fn page(
    rows: &Rows,
    viewer: &Viewer,
    now: DateTime<Utc>,
    total: Option<i64>,
    connection: &Connection,
) -> Result<Vec<u8>, Cold> {
    let mut writer = Writer::new(rows, viewer, now, total);
    writer.page(connection)?;
    Ok(writer.finish())
}

fn plan_users(
    ctx: &Context<'_>,
    dialect: Dialect,
    list: &users::list::List,
) -> Result<(Connection, Statement), Cold> {
    let narrowed = narrow_users(&list.filter)?;
    // A cursor would narrow what is counted beside the rows.
    if list.with_total
        && (list.filter.team_id.is_none() || list.page.after.is_some() || list.page.before.is_some())
    {
        return Err(Cold);
    }
    let sort = sorted(list.order.sort(), list.descending);
    plan_list(
        ctx,
        dialect,
        Type::User,
        (&list.page, sort, narrowed),
        list.with_total,
    )
}

fn sorted((column, by_time): (&'static str, bool), descending: bool) -> Sort {
    Sort {
        column,
        by_time,
        descending,
    }
}

/// The page of a list, and the statement that finds it.
fn plan_list(
    ctx: &Context<'_>,
    dialect: Dialect,
    of: Type,
    (page, sort, narrowed): (&Page, Sort, Narrowed),
    counted: bool,
) -> Result<(Connection, Statement), Cold> {
    let mut plan = Plan::of(of);
    let connection = plan.connection(ctx, of, (Source::Base, sort), page.clone(), selection(ctx))?;
    let statement = Statement::of(dialect, &plan, &Which::Page(page, sort, narrowed), counted)?;
    Ok((connection, statement))
}

/// The list's conditions, where the same plan is good for all their values: without any, or inside of one team.
fn narrow_users(filter: &users::list::Filter) -> Result<Narrowed, Cold> {
    let mut narrowed = Narrowed::default();
    let users::list::Filter {
        search,
        account_type,
        team_id,
        status,
    } = filter;
    let Some(team_id) = team_id else {
        let is_whole = search.is_none() && account_type.is_none() && status.is_none();
        return if is_whole { Ok(narrowed) } else { Err(Cold) };
    };
    if status.is_some() {
        return Err(Cold);
    }
    let in_team = "b.id IN (SELECT user_id FROM membership WHERE team_id = ?)";
    narrowed.and(in_team, vec![Param::Uuid(team_id.0)]);
    if let Some(account_type) = account_type {
        narrowed.and(
            "b.account_type = ?",
            vec![Param::Text(account_type.column_value())],
        );
    }
    if let Some(search) = search {
        let pattern = Param::Text(pattern(&fold(search)).ok_or(Cold)?);
        narrowed.and(
            "(b.name_folded LIKE ? ESCAPE '!' OR b.account_folded LIKE ? ESCAPE '!' OR b.email_folded LIKE ? ESCAPE '!')",
            vec![pattern.clone(), pattern.clone(), pattern],
        );
    }
    Ok(narrowed)
}

/// A page of teams: all of them for platform staff, their own for the others. Which they are depends on who asks, so that
/// is known already.
pub async fn teams(
    ctx: &Context<'_>,
    now: DateTime<Utc>,
    list: &teams::list::List,
    viewer: &Viewer,
) -> Result<Tried> {
    let Some(way) = way(ctx) else { return Ok(None) };
    let Ok((connection, statement)) = plan_teams(ctx, way.lane.dialect(), viewer, list) else {
        return Ok(None);
    };
    let Some(rows) = way.lane.query(&statement.sql, &statement.params).await else {
        return Ok(None);
    };
    Ok(done(page(&rows, viewer, now, None, &connection)))
}

fn plan_teams(
    ctx: &Context<'_>,
    dialect: Dialect,
    viewer: &Viewer,
    list: &teams::list::List,
) -> Result<(Connection, Statement), Cold> {
    let teams::list::Filter {
        search,
        team_type,
        status,
        superapp_team_id,
    } = &list.filter;
    if search.is_some() || team_type.is_some() || status.is_some() || list.with_total {
        return Err(Cold);
    }
    let mut narrowed = Narrowed::default();
    let user = viewer.signed_in.as_ref().ok_or(Cold)?;
    if !user.is_staff() {
        let own: Vec<_> = user.seats.iter().map(|seat| seat.team_id.0).collect();
        let condition = match dialect {
            Dialect::Postgres => "b.id = ANY(?)",
            // Each number of teams is a statement of its own there; most people have few.
            Dialect::Sqlite if (1..=20).contains(&own.len()) => "b.id IN (?)",
            Dialect::Sqlite => return Err(Cold),
        };
        narrowed.and(condition, vec![Param::Uuids(own)]);
    }
    if let Some(id) = superapp_team_id {
        narrowed.and("b.superapp_team_id = ?", vec![Param::Uuid(id.0)]);
    }
    let sort = sorted(list.order.sort(), list.descending);
    plan_list(ctx, dialect, Type::Team, (&list.page, sort, narrowed), false)
}

/// One user: for platform staff, and for the user.
pub async fn user(
    ctx: &Context<'_>,
    now: DateTime<Utc>,
    id: UserId,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let is_in_sight = |viewer: &Viewer| {
        let user = viewer.signed_in.as_ref();
        user.is_some_and(|user| user.is_staff() || user.user_id == id)
    };
    one(ctx, now, (Type::User, Type::User), id.0, viewer, is_in_sight).await
}

/// One team: for platform staff, and for its members.
pub async fn team(
    ctx: &Context<'_>,
    now: DateTime<Utc>,
    id: TeamId,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let is_in_sight = |viewer: &Viewer| {
        let user = viewer.signed_in.as_ref();
        user.is_some_and(|user| user.is_staff() || user.seat(id).is_some())
    };
    one(ctx, now, (Type::Team, Type::Team), id.0, viewer, is_in_sight).await
}

/// Who asks, and what they may do.
pub async fn viewer(
    ctx: &Context<'_>,
    now: DateTime<Utc>,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let Some(id) = way(ctx).and_then(|way| way.claims_to_be) else {
        return Ok(None);
    };
    let is_oneself = |viewer: &Viewer| viewer.signed_in.as_ref().is_some_and(|user| user.user_id == id);
    one(ctx, now, (Type::Viewer, Type::User), id.0, viewer, is_oneself).await
}

/// One object, which stands in the columns of `base`.
async fn one(
    ctx: &Context<'_>,
    now: DateTime<Utc>,
    (on, base): (Type, Type),
    id: uuid::Uuid,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
    is_in_sight: impl Fn(&Viewer) -> bool,
) -> Result<Tried> {
    let Some(way) = way(ctx) else { return Ok(None) };
    let mut plan = Plan::of(base);
    let Ok(object) = plan.object(ctx, on, Source::Base, selection(ctx)) else {
        return Ok(None);
    };
    let Ok(statement) = Statement::of(way.lane.dialect(), &plan, &Which::One(Param::Uuid(id)), false) else {
        return Ok(None);
    };
    let (viewer, Some(rows)) = read(&way.lane, &statement, viewer).await? else {
        return Ok(None);
    };
    // One that is not there, or gone meanwhile, is for the ordinary way to tell.
    if rows.is_empty() || !is_in_sight(&viewer) {
        return Ok(None);
    }
    Ok(done(object_of(&rows, &viewer, now, &object)))
}

fn object_of(rows: &Rows, viewer: &Viewer, now: DateTime<Utc>, object: &Object) -> Result<Vec<u8>, Cold> {
    let mut writer = Writer::new(rows, viewer, now, None);
    writer.one(object)?;
    Ok(writer.finish())
}
