//! Lists of users: each read, with what the answer shows of every user, in one statement.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::extension::mysql::{IndexHintScope, MySqlSelectStatementExt};
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, Order, Query, SelectStatement,
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, IdenStatic, JoinType};

use crate::access::Grant;
use crate::base::Result;
use crate::base::page::{Cursor, Page, Slice, SortKey};
use crate::entity::keyset::{Keyset, read, time_key};
use crate::entity::select::columns;
use crate::entity::{membership, user};
use crate::memberships;
use crate::memberships::find::Seated;

pub use super::filter::Filter;
use super::filter::condition;
use super::total::total;

/// By what users are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderField {
    /// By the time they were made.
    #[default]
    CreatedAt,
    /// By name.
    Name,
    /// By account.
    Account,
    /// By their last login; those who never did count as the oldest.
    LastLoginAt,
}

impl OrderField {
    /// Where a user stands in this order.
    #[must_use]
    pub fn cursor(self, user: &user::Model) -> Cursor {
        let key = match self {
            Self::CreatedAt => time_key(user.created_at),
            Self::Name => SortKey::Text(user.name_folded.clone()),
            Self::Account => SortKey::Text(user.account_folded.clone()),
            Self::LastLoginAt => time_key(user.last_login_sort),
        };
        Cursor(key, user.id.0)
    }

    fn column(self) -> user::Column {
        match self {
            Self::CreatedAt => user::Column::CreatedAt,
            Self::Name => user::Column::NameFolded,
            Self::Account => user::Column::AccountFolded,
            Self::LastLoginAt => user::Column::LastLoginSort,
        }
    }

    /// The name of the column that sorts, and whether it holds times.
    #[must_use]
    pub fn sort(self) -> (&'static str, bool) {
        let by_time = matches!(self, Self::CreatedAt | Self::LastLoginAt);
        (self.column().as_str(), by_time)
    }

    fn keyset(self, alias: &'static str, descending: bool) -> Keyset {
        Keyset {
            sort: Expr::col((alias, self.column())),
            id: Expr::col((alias, user::Column::Id)),
            descending,
            by_time: self.sort().1,
        }
    }
}

/// A list of users that is asked for, and what the answer will show of each: the list is read in one
/// statement with all of it.
#[derive(Clone, Debug)]
pub struct List {
    /// Which users.
    pub filter: Filter,
    /// By what they are ordered.
    pub order: OrderField,
    /// Whether the order is turned round.
    pub descending: bool,
    /// Which page.
    pub page: Page,
    /// Which page of each user's memberships to read with it.
    pub memberships: Option<Page>,
    /// Whether to count the whole list.
    pub with_total: bool,
}

/// A user of a list, with what was read with it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The user.
    pub user: user::Model,
    /// The page of memberships that was asked for.
    pub memberships: Option<Slice<Seated>>,
}

/// A page of all users, for platform staff.
pub async fn page(
    connection: &impl ConnectionTrait,
    _grant: &Grant<'_>,
    now: DateTime<Utc>,
    list: &List,
) -> Result<Slice<Listed>> {
    let backend = connection.get_database_backend();
    let condition = condition(connection, &list.filter, now).await?;
    let mut users = Query::select()
        .from(user::Entity)
        .cond_where(condition.clone())
        .take();
    columns::<user::Entity>(&mut users, "user", "");
    list.order
        .keyset("user", list.descending)
        .narrow(backend, &mut users, &list.page)?;
    if backend == DbBackend::MySql && list.filter.team_id.is_some() && list.filter.search.is_some() {
        // A team's members are few, and it would rather look for them among all users: in the list's order, or among those
        // who are active.
        users.use_index("PRIMARY", IndexHintScope::All);
    }
    let select = match &list.memberships {
        None => users,
        Some(page) => with_memberships(backend, users, list, page)?,
    };
    let rows = read(connection, &select).await?;
    let mut listed: Vec<Listed> = Vec::new();
    for row in &rows {
        let user = user::Model::from_query_result(row, "")?;
        if listed.last().is_none_or(|last| last.user.id != user.id) {
            listed.push(Listed {
                user,
                memberships: None,
            });
        }
        if let (Some(page), Some(last)) = (&list.memberships, listed.last_mut()) {
            let slice = last.memberships.get_or_insert_with(|| page.slice(Vec::new()));
            slice.rows.extend(memberships::find::read_numbered(row)?);
        }
    }
    if let Some(page) = &list.memberships {
        for user in &mut listed {
            user.memberships = user.memberships.take().map(|slice| page.slice(slice.rows));
        }
    }
    let mut slice = list.page.slice(listed);
    if list.with_total {
        slice.total = Some(total(connection, &list.filter, condition, now).await?);
    }
    Ok(slice)
}

/// The page of users, joined with a page of each one's memberships: still one statement.
fn with_memberships(
    backend: DbBackend,
    users: SelectStatement,
    list: &List,
    page: &Page,
) -> Result<SelectStatement> {
    let listed = Query::select()
        .column(user::Column::Id)
        .from(Alias::new("listed"))
        .take();
    let of_listed = Expr::col(("membership", membership::Column::UserId)).in_subquery(listed);
    let seats = memberships::find::numbered(backend, of_listed, page)?;
    let mut select = Query::select()
        .column((Alias::new("listed"), Asterisk))
        .column((Alias::new("seated"), Asterisk))
        .from(Alias::new("listed"))
        .join_subquery(
            JoinType::LeftJoin,
            seats,
            Alias::new("seated"),
            Expr::col((Alias::new("seated"), Alias::new("m_user_id")))
                .equals((Alias::new("listed"), user::Column::Id)),
        )
        .take();
    list.order
        .keyset("listed", list.descending)
        .order(&mut select, &list.page);
    select.order_by((Alias::new("seated"), Alias::new("place")), Order::Asc);
    let mut table = CommonTableExpression::new();
    table.query(users).table_name(Alias::new("listed"));
    if backend == DbBackend::Sqlite {
        // It is named twice, and would be found twice.
        table.materialized(true);
    }
    select.with_cte(table);
    Ok(select)
}
