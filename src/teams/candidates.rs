//! Finds members of the platform who could be added to a team.

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::base::id::{TeamId, UserId};
use crate::base::text::{fold, is_han};
use crate::base::{Error, Result};
use crate::entity::membership;
use crate::entity::select::FirstLetters;
use crate::entity::user::{self, AccountType};

/// The most that a search answers (`domain.md`, "Roles and permissions").
pub const MOST: u64 = 20;

/// A user who could become a member, and nothing else of them.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Candidate {
    /// The user.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The account.
    pub account: String,
    name_folded: String,
    account_folded: String,
}

/// The active members of the platform, but not of the team, whose name or account begins with the text: those that are
/// exactly it first. A text of fewer than three characters, or two Han ones, finds nobody: who types is not done yet.
pub async fn candidates(
    connection: &impl ConnectionTrait,
    team_id: TeamId,
    text: &str,
    first: Option<i32>,
) -> Result<Vec<Candidate>> {
    let most = match first {
        None => MOST,
        Some(first) => u64::try_from(first)
            .ok()
            .filter(|first| *first <= MOST)
            .ok_or_else(|| Error::BadInput("A search answers 0 to 20 candidates.".into()))?,
    };
    if text.len() > 1024 {
        return Err(Error::BadInput("A search has at most 1024 bytes.".into()));
    }
    let folded = fold(text.trim());
    if most == 0 || !is_enough(&folded) {
        return Ok(Vec::new());
    }
    let mut found: Vec<Candidate> = Vec::new();
    // Each by its own index, and cut there, so that a common beginning costs no more than a rare one.
    for column in [user::Column::NameFolded, user::Column::AccountFolded] {
        for row in beginning_with(connection, team_id, column, &folded, most).await? {
            if !found.iter().any(|other| other.id == row.id) {
                found.push(row);
            }
        }
    }
    found.sort_by_cached_key(|row| {
        let exact = row.account_folded == folded || row.name_folded == folded;
        (!exact, row.name_folded.clone(), row.account_folded.clone())
    });
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

/// Whether a search may say so much of who exists.
fn is_enough(folded: &str) -> bool {
    let length = folded.chars().count();
    length >= 3 || (length == 2 && folded.chars().all(is_han))
}

async fn beginning_with(
    connection: &impl ConnectionTrait,
    team_id: TeamId,
    column: user::Column,
    folded: &str,
    most: u64,
) -> Result<Vec<Candidate>> {
    let Some(letters) = FirstLetters::new(connection.get_database_backend(), ("user", column), folded) else {
        return Ok(Vec::new());
    };
    let in_team = Query::select()
        .expr(Expr::value(1))
        .from(membership::Entity)
        .and_where(Expr::col(("membership", membership::Column::UserId)).equals(("user", user::Column::Id)))
        .and_where(Expr::col(("membership", membership::Column::TeamId)).eq(team_id))
        .take();
    let mut select = Query::select();
    for column in [
        user::Column::Id,
        user::Column::Name,
        user::Column::Account,
        user::Column::NameFolded,
        user::Column::AccountFolded,
    ] {
        select.column(("user", column));
    }
    select
        .from(user::Entity)
        .and_where(letters.found)
        .and_where(Expr::col(("user", user::Column::AccountType)).eq(AccountType::Member))
        .and_where(Expr::col(("user", user::Column::DisabledAt)).is_null())
        .and_where(Expr::exists(in_team).not())
        .order_by_expr(letters.order, Order::Asc)
        .limit(most);
    let rows = connection.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok(Candidate::from_query_result(row, "")?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_enough;

    #[test]
    fn three_characters_or_two_han_ones_are_enough() {
        for enough in ["abc", "张三", "〇々", "张三丰", "a张b"] {
            assert!(is_enough(enough), "{enough}");
        }
        for too_few in ["", "a", "ab", "张", "张a", "a张", "ミア"] {
            assert!(!is_enough(too_few), "{too_few}");
        }
    }
}
