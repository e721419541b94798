//! The fields that have a fast path: each reads in one statement, beside the one that tells who asks.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::asked::Asked;
use super::fetch::fetch;
use super::narrow::{Narrowed, narrow_users};
use super::plan::{Sort, Source};
use super::planned::{Planned, Shape};
use super::selection::Cold;
use super::statement::{Statement, Which, is_start};
use super::table::Type;
use super::write::Writer;
use crate::access::Viewer;
use crate::base::Result;
use crate::base::id::{TeamId, UserId};
use crate::base::page::Page;
use crate::entity::lanes::{Dialect, Param, Rows};
use crate::sessions::identify::Column;
use crate::{teams, users};

/// What the fast path says: the JSON of the field, or that the ordinary way has to give it.
type Tried = Option<Vec<u8>>;

/// A page of users, for platform staff: `viewer` lets nobody else through.
pub async fn users(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    list: &users::list::List,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let Ok((planned, statement)) = plan_users(asked, asked.way.lane.dialect(), list) else {
        return Ok(None);
    };
    let (viewer, Some(rows)) = fetch(asked.way, &statement, viewer).await? else {
        return Ok(None);
    };
    Ok(page(&rows, &viewer, now, &planned, &list.page).ok())
}

fn page(
    rows: &Rows,
    viewer: &Viewer,
    now: DateTime<Utc>,
    planned: &Planned,
    page: &Page,
) -> Result<Vec<u8>, Cold> {
    let connection = planned.page()?;
    let total = match (connection.is_counted(), rows.is_empty()) {
        (false, _) => None,
        (true, true) => Some(0),
        (true, false) => rows.number(0, rows.width() - 1)?,
    };
    let mut writer = Writer::new(rows, viewer, now, total);
    writer.page(connection, page)?;
    Ok(writer.finish())
}

fn plan_users(
    asked: &Asked<'_>,
    dialect: Dialect,
    list: &users::list::List,
) -> Result<(Arc<Planned>, Statement), Cold> {
    let narrowed = narrow_users(dialect, &list.filter)?;
    let sort = Sort::of(list.order.sort(), list.descending);
    // A cursor would narrow what is counted beside the rows, and the whole table is counted otherwise.
    let may_count = list.filter.team_id.is_some() && list.page.after.is_none() && list.page.before.is_none();
    plan_list(
        asked,
        dialect,
        Type::User,
        (&list.page, sort, narrowed),
        may_count,
    )
}

/// The page of a list, and the statement that finds it.
fn plan_list(
    asked: &Asked<'_>,
    dialect: Dialect,
    of: Type,
    (page, sort, narrowed): (&Page, Sort, Narrowed),
    may_count: bool,
) -> Result<(Arc<Planned>, Statement), Cold> {
    let planned = Planned::of(asked, of, |plan| {
        plan.connection(asked, of, (Source::Base, sort), asked.selection())
            .map(Shape::Page)
    })?;
    let counted = planned.page()?.is_counted();
    if counted && !may_count {
        return Err(Cold);
    }
    let statement = Statement::of(
        dialect,
        &planned.plan,
        &Which::Page(page, sort, narrowed),
        counted,
    )?;
    Ok((planned, statement))
}

/// A page of teams: all of them for platform staff, their own for the others. Which they are depends on who asks, so that
/// is known already.
pub async fn teams(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    list: &teams::list::List,
    viewer: &Viewer,
) -> Result<Tried> {
    let Ok((planned, statement)) = plan_teams(asked, asked.way.lane.dialect(), viewer, list) else {
        return Ok(None);
    };
    let (viewer, Some(rows)) = fetch(asked.way, &statement, async { Ok(viewer) }).await? else {
        return Ok(None);
    };
    Ok(page(&rows, viewer, now, &planned, &list.page).ok())
}

fn plan_teams(
    asked: &Asked<'_>,
    dialect: Dialect,
    viewer: &Viewer,
    list: &teams::list::List,
) -> Result<(Arc<Planned>, Statement), Cold> {
    let teams::list::Filter {
        search,
        team_type,
        status,
        superapp_team_id,
    } = &list.filter;
    if search.is_some() || team_type.is_some() || status.is_some() {
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
    let sort = Sort::of(list.order.sort(), list.descending);
    plan_list(asked, dialect, Type::Team, (&list.page, sort, narrowed), false)
}

/// One user: for platform staff, and for the user.
pub async fn user(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    id: UserId,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let is_in_sight = |viewer: &Viewer| {
        let user = viewer.signed_in.as_ref();
        user.is_some_and(|user| user.is_staff() || user.user_id == id)
    };
    one(asked, now, Type::User, id.0, viewer, is_in_sight).await
}

/// One team: for platform staff, and for its members.
pub async fn team(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    id: TeamId,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
) -> Result<Tried> {
    let is_in_sight = |viewer: &Viewer| {
        let user = viewer.signed_in.as_ref();
        user.is_some_and(|user| user.is_staff() || user.seat(id).is_some())
    };
    one(asked, now, Type::Team, id.0, viewer, is_in_sight).await
}

/// Who asks, and what they may do. `beside` tells who it is, with more columns of the same rows where it can: then it is
/// one statement.
pub async fn viewer(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    beside: impl AsyncFnOnce(&[Column]) -> Result<(Arc<Viewer>, Option<Rows>)>,
) -> Result<Tried> {
    let Some(id) = asked.way.claims_to_be else {
        return Ok(None);
    };
    let planned = Planned::of(asked, Type::User, |plan| {
        plan.object(asked, Type::Viewer, Source::Base, asked.selection())
            .map(Shape::One)
    });
    let Ok(planned) = planned else {
        return Ok(None);
    };
    let plan = &planned.plan;
    // The rows are all memberships, from the oldest on.
    let columns = if plan.seats.as_ref().is_none_or(is_start) {
        plan.columns.of_viewer()
    } else {
        Vec::new()
    };
    let (viewer, rows) = beside(&columns).await?;
    if let Some(rows) = rows.filter(|_| !columns.is_empty()) {
        return Ok(object_of(&rows, &viewer, now, &planned).ok());
    }
    let viewer = async { Ok(viewer) };
    let is_oneself = |viewer: &Viewer| viewer.signed_in.as_ref().is_some_and(|user| user.user_id == id);
    found(asked, now, &planned, id.0, viewer, is_oneself).await
}

/// One object of this type.
async fn one(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    of: Type,
    id: Uuid,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
    is_in_sight: impl Fn(&Viewer) -> bool,
) -> Result<Tried> {
    let planned = Planned::of(asked, of, |plan| {
        plan.object(asked, of, Source::Base, asked.selection())
            .map(Shape::One)
    });
    match planned {
        Ok(planned) => found(asked, now, &planned, id, viewer, is_in_sight).await,
        Err(Cold) => Ok(None),
    }
}

async fn found(
    asked: &Asked<'_>,
    now: DateTime<Utc>,
    planned: &Planned,
    id: Uuid,
    viewer: impl Future<Output = Result<Arc<Viewer>>>,
    is_in_sight: impl Fn(&Viewer) -> bool,
) -> Result<Tried> {
    let which = Which::One(Param::Uuid(id));
    let Ok(statement) = Statement::of(asked.way.lane.dialect(), &planned.plan, &which, false) else {
        return Ok(None);
    };
    let (viewer, Some(rows)) = fetch(asked.way, &statement, viewer).await? else {
        return Ok(None);
    };
    // One that is not there, or gone meanwhile, is for the ordinary way to tell.
    if rows.is_empty() || !is_in_sight(&viewer) {
        return Ok(None);
    }
    Ok(object_of(&rows, &viewer, now, planned).ok())
}

fn object_of(rows: &Rows, viewer: &Viewer, now: DateTime<Utc>, planned: &Planned) -> Result<Vec<u8>, Cold> {
    let mut writer = Writer::new(rows, viewer, now, None);
    writer.one(planned.one()?)?;
    Ok(writer.finish())
}
