//! Finds a page of events that are one thing or another: an admin's own and those of their teams, or those with one of
//! several actions.
//!
//! Each of these has an index in the order of the list, and all of them together have none: asked for them at once, a
//! database sorts all there are, or goes through the log from its end, however rare they are. So each is asked for a page by
//! itself, and the first of all these are the page.

use sea_orm::sea_query::{Alias, Asterisk, Expr, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use super::filter::Filter;
use super::scope::{Scope, any};
use crate::base::Result;
use crate::base::page::Page;
use crate::entity::audit_event;
use crate::entity::keyset::Keyset;

/// With more of them than this they are much of the log, which finds a page of them soon; and no database has to plan
/// hundreds of pages.
const MOST: usize = 100;

/// The conditions that each find a part of the list; an event may be in several. Never none of them.
pub(super) fn arms(scope: &Scope<'_>, filter: &Filter) -> Vec<Condition> {
    let narrowed = |arm: Condition, filter: &Filter| Condition::all().add(arm).add(filter.condition());
    let in_scope = scope.arms(filter);
    let arms: Vec<Condition> = match filter.actions.as_deref() {
        // Who or what they are about has few of them.
        Some(actions) if in_scope.len() == 1 && actions.len() > 1 && filter.is_broad() => {
            let others = Filter {
                actions: None,
                ..filter.clone()
            };
            let with = |action: &String| {
                in_scope[0]
                    .clone()
                    .add(audit_event::Column::Action.eq(action.as_str()))
            };
            actions
                .iter()
                .map(|action| narrowed(with(action), &others))
                .collect()
        }
        _ => in_scope
            .iter()
            .cloned()
            .map(|arm| narrowed(arm, filter))
            .collect(),
    };
    if arms.len() > MOST {
        return vec![narrowed(any(in_scope), filter)];
    }
    arms
}

/// The order of the list, in the table or subquery of this name.
pub(super) fn newest_first(alias: &'static str) -> Keyset {
    Keyset {
        sort: Expr::col((alias, audit_event::Column::CreatedAt)),
        id: Expr::col((alias, audit_event::Column::Id)),
        descending: true,
        by_time: true,
    }
}

/// The ids and times of the page's events, the one after them included.
pub(super) fn page_of(backend: DbBackend, arms: &[Condition], page: &Page) -> Result<SelectStatement> {
    let mut together: Option<SelectStatement> = None;
    for arm in arms {
        let mut first = Query::select()
            .columns([audit_event::Column::Id, audit_event::Column::CreatedAt])
            .from(audit_event::Entity)
            .cond_where(arm.clone())
            .take();
        newest_first("audit_event").narrow(backend, &mut first, page)?;
        // SQLite wants what has an end of its own to be a table.
        let first = Query::select()
            .column(Asterisk)
            .from_subquery(first, Alias::new("arm"))
            .take();
        match &mut together {
            None => together = Some(first),
            Some(together) => {
                together.union(UnionType::Distinct, first);
            }
        }
    }
    let together = together.unwrap_or_default();
    let mut select = Query::select()
        .column(Asterisk)
        .from_subquery(together, Alias::new("found"))
        .take();
    newest_first("found").order(&mut select, page);
    select.limit(page.size + 1);
    Ok(select)
}
