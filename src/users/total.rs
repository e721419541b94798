//! How many users a list has.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::extension::mysql::{IndexHintScope, MySqlSelectStatementExt};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, DbBackend};

use super::filter::{Filter, of_status};
use super::find::Status;
use crate::base::Result;
use crate::entity::select::{self, is_not, total_of};
use crate::entity::user::{self, AccountType};

/// How many users the condition of this filter finds.
pub(super) async fn total(
    connection: &impl ConnectionTrait,
    filter: &Filter,
    condition: Condition,
    now: DateTime<Utc>,
) -> Result<u64> {
    if !is_of_most(filter) {
        return total_of(connection, user::Entity, condition, None).await;
    }
    if filter.search.is_none() {
        let few = few_others(filter, now);
        return total_of(connection, user::Entity, condition, few).await;
    }
    let mut users = Query::select().from(user::Entity).cond_where(condition).take();
    if connection.get_database_backend() == DbBackend::MySql {
        read_texts(&mut users);
    }
    select::total(connection, users).await
}

/// Whether it asks for nothing but what most users are, and perhaps for a text.
fn is_of_most(filter: &Filter) -> bool {
    matches!(
        filter,
        Filter {
            team_id: None,
            account_type: None | Some(AccountType::Member),
            status: None | Some(Status::Active),
            ..
        }
    )
}

/// Lets MySQL and MariaDB look for a text in the index that has all texts, unless a few ids are given. They would rather
/// read each member's row, by the index of account types, in three times the time. MariaDB 10.11 forgets that an index has
/// all that is asked for once a prepared statement is run again, and takes the table: so the index has to have a beginning.
fn read_texts(users: &mut SelectStatement) {
    users
        .force_index("PRIMARY", IndexHintScope::All)
        .force_index("user_by_name_with_texts", IndexHintScope::All)
        .and_where(Expr::col(("user", user::Column::NameFolded)).gte(""));
}

/// All who are not in the list, in groups, of one that asks for no text; nothing where these are all users.
fn few_others(filter: &Filter, now: DateTime<Utc>) -> Option<Vec<Condition>> {
    let is_staff = is_not(("user", user::Column::AccountType), &AccountType::Member);
    let mut few = Vec::new();
    let mut others = Condition::all();
    if filter.account_type.is_some() {
        few.push(Condition::all().add(is_staff.clone()));
        others = others.add(is_staff.not());
    }
    if filter.status.is_some() {
        few.extend([Status::Disabled, Status::Locked].map(|it| of_status(it, now).add(others.clone())));
    }
    (!few.is_empty()).then_some(few)
}
