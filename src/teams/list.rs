//! Lists of teams: each read, with what the answer shows of every team, in one statement.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, Order, Query, SelectStatement,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbBackend, FromQueryResult, JoinType};

use crate::access::{Grant, SignedIn};
use crate::base::Result;
use crate::base::id::TeamId;
use crate::base::page::{Page, Slice};
use crate::base::text::fold;
use crate::entity::keyset::read;
use crate::entity::search;
use crate::entity::select::{columns, is, total_of};
use crate::entity::team::TeamType;
use crate::entity::{membership, team, user};
use crate::memberships::admins::administrators;

use super::find::Status;
pub use super::order::OrderField;

/// Which teams.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those whose name holds this.
    pub search: Option<String>,
    /// Those of this type.
    pub team_type: Option<TeamType>,
    /// Those with this status.
    pub status: Option<Status>,
    /// Those bound to this superapp team.
    pub superapp_team_id: Option<TeamId>,
}

/// A list of teams that is asked for, and what the answer will show of each.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // Each says whether a thing is shown; none depends on another.
pub struct List {
    /// Which teams.
    pub filter: Filter,
    /// By what they are ordered.
    pub order: OrderField,
    /// Whether the order is turned round.
    pub descending: bool,
    /// Which page.
    pub page: Page,
    /// Whether to read each one's admins with it.
    pub with_admins: bool,
    /// Whether to count each one's members with it.
    pub with_member_count: bool,
    /// Whether to read the superapp team of each with it.
    pub with_superapp_team: bool,
    /// Whether to count the whole list.
    pub with_total: bool,
}

impl List {
    /// The list of which nothing is shown but the teams themselves.
    #[must_use]
    pub fn plain(filter: Filter, (order, descending): (OrderField, bool), page: Page) -> Self {
        Self {
            filter,
            order,
            descending,
            page,
            with_admins: false,
            with_member_count: false,
            with_superapp_team: false,
            with_total: false,
        }
    }
}

/// A team of a list, with what was read with it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The team.
    pub team: team::Model,
    /// Its admins.
    pub admins: Option<Vec<user::Model>>,
    /// How many members it has.
    pub member_count: Option<u64>,
    /// Its superapp team; the inner `None` is that of a superapp team.
    pub superapp_team: Option<Option<team::Model>>,
}

/// A page of teams: all of them for platform staff, their own for the others.
pub async fn page(
    connection: &impl ConnectionTrait,
    grant: &Grant<'_>,
    now: DateTime<Utc>,
    list: &List,
) -> Result<Slice<Listed>> {
    let condition = own(grant.user).add(condition(connection, &list.filter, now).await?);
    let few = few_others(&list.filter, now).filter(|_| grant.user.is_staff());
    page_where(connection, list, condition, few).await
}

/// A page of the teams that are bound to this superapp team.
pub async fn page_of_bound(
    connection: &impl ConnectionTrait,
    superapp_team_id: TeamId,
    list: &List,
) -> Result<Slice<Listed>> {
    page_where(
        connection,
        list,
        Condition::all().add(team::Column::SuperappTeamId.eq(superapp_team_id)),
        None,
    )
    .await
}

/// `few_others` are all teams that the condition does not find, in groups, where they are the fewer.
async fn page_where(
    connection: &impl ConnectionTrait,
    list: &List,
    condition: Condition,
    few_others: Option<Vec<Condition>>,
) -> Result<Slice<Listed>> {
    let rows = read(
        connection,
        &statement(connection.get_database_backend(), list, &condition)?,
    )
    .await?;
    let mut listed: Vec<Listed> = Vec::new();
    for row in &rows {
        let team = team::Model::from_query_result(row, "")?;
        if listed.last().is_none_or(|last| last.team.id != team.id) {
            let member_count = if list.with_member_count {
                u64::try_from(row.try_get::<i64>("", "member_count")?).ok()
            } else {
                None
            };
            let superapp_team = if list.with_superapp_team {
                Some(team::Model::from_query_result_optional(row, "s_")?)
            } else {
                None
            };
            let admins = list.with_admins.then(Vec::new);
            listed.push(Listed {
                team,
                admins,
                member_count,
                superapp_team,
            });
        }
        if let Some(admins) = listed.last_mut().and_then(|last| last.admins.as_mut()) {
            admins.extend(user::Model::from_query_result_optional(row, "a_")?);
        }
    }
    let mut slice = list.page.slice(listed);
    if list.with_total {
        slice.total = Some(total_of(connection, team::Entity, condition, few_others).await?);
    }
    Ok(slice)
}

/// The page, and what the answer shows of each team, in one statement.
fn statement(backend: DbBackend, list: &List, condition: &Condition) -> Result<SelectStatement> {
    let keyset = list.order.keyset("team", list.descending);
    let mut teams = Query::select()
        .from(team::Entity)
        .cond_where(condition.clone())
        .take();
    columns::<team::Entity>(&mut teams, "team", "");
    keyset.narrow(backend, &mut teams, &list.page)?;
    if list.with_member_count {
        // Within the page: joined with the admins, a team would be counted for each of them.
        let count = Query::select()
            .expr(Expr::col(Asterisk).count())
            .from(membership::Entity)
            .and_where(
                Expr::col((membership::Entity, membership::Column::TeamId))
                    .equals((team::Entity, team::Column::Id)),
            )
            .take();
        teams.expr_as(Expr::SubQuery(None, Box::new(count.into())), "member_count");
    }
    if !(list.with_admins || list.with_superapp_team) {
        return Ok(teams);
    }
    let listed = Alias::new("listed");
    let mut select = Query::select()
        .column((listed.clone(), Asterisk))
        .from(listed.clone())
        .take();
    if list.with_superapp_team {
        columns::<team::Entity>(&mut select, "superapp_team", "s_");
        select.join_as(
            JoinType::LeftJoin,
            team::Entity,
            "superapp_team",
            Expr::col(("superapp_team", team::Column::Id))
                .equals((listed.clone(), team::Column::SuperappTeamId)),
        );
    }
    if list.with_admins {
        columns::<user::Entity>(&mut select, "admin", "a_");
        select
            .join_as(
                JoinType::LeftJoin,
                membership::Entity,
                "seat",
                Condition::all()
                    .add(
                        Expr::col(("seat", membership::Column::TeamId))
                            .equals((listed.clone(), team::Column::Id)),
                    )
                    .add(Expr::col(("seat", membership::Column::RoleId)).is_in(administrators())),
            )
            .join_as(
                JoinType::LeftJoin,
                user::Entity,
                "admin",
                Expr::col(("admin", user::Column::Id)).equals(("seat", membership::Column::UserId)),
            );
    }
    list.order
        .keyset("listed", list.descending)
        .order(&mut select, &list.page);
    if list.with_admins {
        select.order_by(("seat", membership::Column::JoinedAt), Order::Asc);
        select.order_by(("seat", membership::Column::Id), Order::Asc);
    }
    let mut table = CommonTableExpression::new();
    table.query(teams).table_name(listed);
    select.with_cte(table);
    Ok(select)
}

fn own(user: &SignedIn) -> Condition {
    if user.is_staff() {
        return Condition::all();
    }
    Condition::all().add(team::Column::Id.is_in(user.seats.iter().map(|seat| seat.team_id)))
}

async fn condition(
    connection: &impl ConnectionTrait,
    filter: &Filter,
    now: DateTime<Utc>,
) -> Result<Condition> {
    let mut all = Condition::all();
    if let Some(search) = &filter.search {
        all = all.add(search::teams(connection, &fold(search)).await?);
    }
    if let Some(team_type) = filter.team_type {
        all = all.add(is(("team", team::Column::TeamType), &team_type));
    }
    if let Some(id) = filter.superapp_team_id {
        all = all.add(team::Column::SuperappTeamId.eq(id));
    }
    Ok(all.add_option(filter.status.map(|status| of_status(status, now))))
}

fn of_status(status: Status, now: DateTime<Utc>) -> Condition {
    let end = team::Column::ExpiresAt;
    let enabled = || Condition::all().add(team::Column::DisabledAt.is_null());
    match status {
        Status::Disabled => Condition::all().add(team::Column::DisabledAt.is_not_null()),
        Status::Expired => enabled().add(end.lte(now)),
        Status::Active => enabled().add(end.is_null().or(end.gt(now))),
    }
}

/// All teams that are not in the list, in groups, where it is of the active ones and of nothing else: most are.
fn few_others(filter: &Filter, now: DateTime<Utc>) -> Option<Vec<Condition>> {
    let Filter {
        search: None,
        team_type: None,
        superapp_team_id: None,
        status: Some(Status::Active),
    } = filter
    else {
        return None;
    };
    Some(
        [Status::Disabled, Status::Expired]
            .map(|it| of_status(it, now))
            .into(),
    )
}
