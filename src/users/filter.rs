//! Which users a list is of.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbBackend};

use super::find::Status;
use crate::base::Result;
use crate::base::id::TeamId;
use crate::base::text::fold;
use crate::entity::search;
use crate::entity::select::{is, is_not};
use crate::entity::user::AccountType;
use crate::entity::{membership, user};

/// Which users.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those whose name, account or email holds this.
    pub search: Option<String>,
    /// Those of this type.
    pub account_type: Option<AccountType>,
    /// Those in this team.
    pub team_id: Option<TeamId>,
    /// Those with this status.
    pub status: Option<Status>,
}

/// The condition that finds them.
pub(super) async fn condition(
    connection: &impl ConnectionTrait,
    filter: &Filter,
    now: DateTime<Utc>,
) -> Result<Condition> {
    let mut all = Condition::all();
    let sought = filter.search.as_deref().map(fold);
    // Beside its memberships a team's are found sooner than among all.
    let backend = connection.get_database_backend();
    let in_team = filter.team_id.and(sought.as_deref());
    let in_team = in_team.and_then(|sought| search::members(backend, sought));
    if let (Some(sought), None) = (&sought, &in_team) {
        all = all.add(search::users(connection, sought).await?);
    }
    if let Some(account_type) = filter.account_type {
        let is_of_type = is(("user", user::Column::AccountType), &account_type);
        all = all.add(match backend {
            // It takes every equality for rare, and would rather sort than walk the list's order.
            DbBackend::Sqlite if !account_type.is_staff() => Func::cust("likely").arg(is_of_type).into(),
            _ => is_of_type,
        });
        if account_type.is_staff() {
            // Their index holds nobody else, and some databases take it only when told so in its own words.
            all = all.add(is_not(("user", user::Column::AccountType), &AccountType::Member));
        }
    }
    if let Some(team_id) = filter.team_id {
        all = all.add(
            user::Column::Id.in_subquery(
                Query::select()
                    .column(membership::Column::UserId)
                    .from(membership::Entity)
                    .and_where(membership::Column::TeamId.eq(team_id))
                    .and_where_option(in_team)
                    .take(),
            ),
        );
    }
    Ok(all.add_option(filter.status.map(|status| of_status(status, now))))
}

/// Those with this status.
pub(super) fn of_status(status: Status, now: DateTime<Utc>) -> Condition {
    let until = user::Column::LockedUntil;
    let enabled = || Condition::all().add(user::Column::DisabledAt.is_null());
    match status {
        Status::Disabled => Condition::all().add(user::Column::DisabledAt.is_not_null()),
        Status::Locked => enabled().add(until.is_not_null().and(until.gt(now))),
        Status::Active => enabled().add(until.is_null().or(until.lte(now))),
    }
}
