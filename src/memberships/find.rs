//! Reads memberships, each with its user, team and role, in one statement a list.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, WindowStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, JoinType,
    PaginatorTrait, QueryFilter, QueryResult,
};

use crate::access::{Action, Subject, Viewer};
use crate::base::Result;
use crate::base::id::{MembershipId, RoleId, TeamId, UserId};
use crate::base::page::{Cursor, Keyed, Page, Slice};
use crate::base::text::fold;
use crate::entity::keyset::{Keyset, read, time_key};
use crate::entity::search;
use crate::entity::select::{columns, contains, total};
use crate::entity::{membership, role, team, user};

/// A membership with what stands around it.
#[derive(Clone, Debug)]
pub struct Seated {
    /// The membership.
    pub membership: membership::Model,
    /// Its user, where the list is a team's.
    pub user: Option<user::Model>,
    /// Its team, where the list is a user's.
    pub team: Option<team::Model>,
    /// Its role.
    pub role: role::Model,
}

impl Keyed for Seated {
    fn cursor(&self) -> Cursor {
        Cursor(time_key(self.membership.joined_at), self.membership.id.0)
    }
}

/// Which members of a team.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    /// Those whose name or account holds this.
    pub search: Option<String>,
    /// Those with one of these roles.
    pub role_ids: Option<Vec<RoleId>>,
}

fn by_joining(alias: &'static str) -> Keyset {
    Keyset {
        sort: Expr::col((alias, membership::Column::JoinedAt)),
        id: Expr::col((alias, membership::Column::Id)),
        descending: false,
        by_time: true,
    }
}

/// A page of a team's members, the longest there first.
pub async fn page_of_team(
    connection: &impl ConnectionTrait,
    team_id: TeamId,
    filter: &MemberFilter,
    page: &Page,
    with_total: bool,
) -> Result<Slice<Seated>> {
    let condition = member_condition(connection.get_database_backend(), team_id, filter);
    let mut select = members(&condition, true);
    // Each has a role. Told so, MariaDB goes through all roles first, and sorts whom it finds.
    select.join(
        JoinType::LeftJoin,
        role::Entity,
        Expr::col(("role", role::Column::Id)).equals(("membership", membership::Column::RoleId)),
    );
    columns::<membership::Entity>(&mut select, "membership", "m_");
    columns::<user::Entity>(&mut select, "user", "u_");
    columns::<role::Entity>(&mut select, "role", "r_");
    by_joining("membership").narrow(connection.get_database_backend(), &mut select, page)?;
    let rows = read(connection, &select).await?;
    let rows = rows.iter().map(|row| {
        Ok(Seated {
            membership: membership::Model::from_query_result(row, "m_")?,
            user: Some(user::Model::from_query_result(row, "u_")?),
            team: None,
            role: role::Model::from_query_result(row, "r_")?,
        })
    });
    let mut slice = page.slice(rows.collect::<Result<Vec<_>>>()?);
    if with_total {
        slice.total = Some(total(connection, members(&condition, filter.search.is_some())).await?);
    }
    Ok(slice)
}

/// Memberships, with their users where those are asked for.
fn members(condition: &Condition, with_users: bool) -> SelectStatement {
    let mut members = Query::select();
    members.from(membership::Entity).cond_where(condition.clone());
    if with_users {
        let is_theirs =
            Expr::col(("user", user::Column::Id)).equals(("membership", membership::Column::UserId));
        members.join(JoinType::InnerJoin, user::Entity, is_theirs);
    }
    members
}

fn member_condition(backend: DbBackend, team_id: TeamId, filter: &MemberFilter) -> Condition {
    let mut condition = Condition::all().add(membership::Column::TeamId.eq(team_id));
    if let Some(search) = &filter.search {
        let folded = fold(search);
        condition = condition.add_option(search::members(backend, &folded)).add(
            Condition::any()
                .add(contains(Expr::col(("user", user::Column::NameFolded)), &folded))
                .add(contains(
                    Expr::col(("user", user::Column::AccountFolded)),
                    &folded,
                )),
        );
    }
    if let Some(ids) = &filter.role_ids {
        condition = condition.add(membership::Column::RoleId.is_in(ids.iter().copied()));
    }
    condition
}

/// The memberships of these users as a subquery, each numbered within its user in the page's order and
/// cut to one more than the page, with their teams and roles under the prefixes `m_`, `t_`, `r_`.
pub fn numbered(backend: DbBackend, users: Expr, page: &Page) -> Result<SelectStatement> {
    let keyset = by_joining("membership");
    let mut numbers = WindowStatement::partition_by(("membership", membership::Column::UserId));
    let order = if page.backwards { Order::Desc } else { Order::Asc };
    numbers
        .order_by_expr(keyset.sort.clone(), order.clone())
        .order_by_expr(keyset.id.clone(), order);
    let mut inner = Query::select();
    columns::<membership::Entity>(&mut inner, "membership", "m_");
    inner
        .expr_window_as(Func::cust("ROW_NUMBER"), numbers, "place")
        .from(membership::Entity)
        .and_where(users);
    let unbounded = Page {
        size: u64::from(u32::MAX),
        ..page.clone()
    };
    keyset.narrow(backend, &mut inner, &unbounded)?;
    inner.reset_limit().clear_order_by();

    let mut outer = Query::select();
    outer
        .column(("seat", sea_orm::sea_query::Asterisk))
        .from_subquery(inner, "seat");
    columns::<team::Entity>(&mut outer, "team", "t_");
    columns::<role::Entity>(&mut outer, "role", "r_");
    outer
        .join(
            JoinType::InnerJoin,
            team::Entity,
            Expr::col(("team", team::Column::Id)).equals(("seat", Alias::new("m_team_id"))),
        )
        .join(
            JoinType::InnerJoin,
            role::Entity,
            Expr::col(("role", role::Column::Id)).equals(("seat", Alias::new("m_role_id"))),
        )
        .and_where(Expr::col(("seat", Alias::new("place"))).lte(Expr::Constant((page.size + 1).into())));
    Ok(outer)
}

/// Reads a row of [`numbered`].
pub fn read_numbered(row: &QueryResult) -> Result<Option<Seated>> {
    let Some(membership) = membership::Model::from_query_result_optional(row, "m_")? else {
        return Ok(None);
    };
    Ok(Some(Seated {
        membership,
        user: None,
        team: Some(team::Model::from_query_result(row, "t_")?),
        role: role::Model::from_query_result(row, "r_")?,
    }))
}

/// The same page of the memberships of each of these users, in one statement.
pub async fn pages_of_users(
    connection: &impl ConnectionTrait,
    ids: &[UserId],
    page: &Page,
) -> Result<Vec<Seated>> {
    let users = Expr::col(("membership", membership::Column::UserId)).is_in(ids.iter().copied());
    let mut select = numbered(connection.get_database_backend(), users, page)?;
    select.order_by((Alias::new("seat"), Alias::new("place")), Order::Asc);
    let rows = connection.query_all(&select).await?;
    rows.iter()
        .filter_map(|row| read_numbered(row).transpose())
        .collect()
}

/// How many teams the user is in.
pub async fn count_of_user(connection: &impl ConnectionTrait, user_id: UserId) -> Result<u64> {
    Ok(membership::Entity::find()
        .filter(membership::Column::UserId.eq(user_id))
        .count(connection)
        .await?)
}

/// One membership, in a transaction that holds its team's lock.
pub async fn by_id_in(txn: &impl ConnectionTrait, id: MembershipId) -> Result<Option<membership::Model>> {
    Ok(membership::Entity::find_by_id(id).one(txn).await?)
}

/// The user's membership in the team.
pub async fn of_user_in(
    txn: &impl ConnectionTrait,
    user_id: UserId,
    team_id: TeamId,
) -> Result<Option<membership::Model>> {
    let select = membership::Entity::find()
        .filter(membership::Column::UserId.eq(user_id))
        .filter(membership::Column::TeamId.eq(team_id));
    Ok(select.one(txn).await?)
}

/// One membership, when the viewer may see it: their own, and those of their teams.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: MembershipId,
) -> Result<Option<membership::Model>> {
    let row = membership::Entity::find_by_id(id).one(connection).await?;
    Ok(row.filter(|row| {
        viewer.may(Action::TeamMembers, Subject::Team(row.team_id))
            || viewer.may(Action::UserMemberships, Subject::User(row.user_id))
    }))
}
