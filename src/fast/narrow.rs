//! What narrows the page of a list.

use super::selection::Cold;
use crate::base::text::fold;
use crate::entity::lanes::{Dialect, Param};
use crate::entity::search;
use crate::entity::select::pattern;
use crate::users;

/// What narrows a page.
#[derive(Debug, Default)]
pub struct Narrowed {
    /// Conditions on the base table, with `?` in the place of each value.
    pub conditions: Vec<(&'static str, Vec<Param>)>,
}

impl Narrowed {
    /// Adds a condition on the base table, which is called `b`; each `?` stands for the next value.
    pub fn and(&mut self, condition: &'static str, values: Vec<Param>) {
        self.conditions.push((condition, values));
    }
}

/// The list's conditions, where the same plan is good for all their values: without any, or inside of one team.
pub fn narrow_users(dialect: Dialect, filter: &users::list::Filter) -> Result<Narrowed, Cold> {
    let mut narrowed = Narrowed::default();
    let users::list::Filter {
        search: text,
        account_type,
        team_id,
        status,
    } = filter;
    let Some(team_id) = team_id else {
        let is_whole = text.is_none() && account_type.is_none() && status.is_none();
        return if is_whole { Ok(narrowed) } else { Err(Cold) };
    };
    if status.is_some() {
        return Err(Cold);
    }
    let team_id = Param::Uuid(team_id.0);
    let sought = text.as_deref().map(fold);
    match (dialect, &sought) {
        // Its index has the texts beside the memberships (`entity::search`). It would put another escape than its own
        // into the pattern anew for each row.
        (Dialect::Postgres, Some(sought)) if search::is_of_one_text(sought) => narrowed.and(
            "b.id IN (SELECT user_id FROM membership WHERE team_id = ? AND found_by LIKE ?)",
            vec![team_id, Param::Text(pattern(sought, '\\').ok_or(Cold)?)],
        ),
        (Dialect::Postgres, Some(_)) => return Err(Cold),
        _ => narrowed.and(
            "b.id IN (SELECT user_id FROM membership WHERE team_id = ?)",
            vec![team_id],
        ),
    }
    if let Some(account_type) = account_type {
        let account_type = Param::Text(account_type.column_value());
        narrowed.and("b.account_type = ?", vec![account_type]);
    }
    if let (Dialect::Sqlite, Some(sought)) = (dialect, sought) {
        let pattern = Param::Text(pattern(&sought, '!').ok_or(Cold)?);
        narrowed.and(
            "(b.name_folded LIKE ? ESCAPE '!' OR b.account_folded LIKE ? ESCAPE '!' \
             OR b.email_folded LIKE ? ESCAPE '!')",
            vec![pattern.clone(), pattern.clone(), pattern],
        );
    }
    Ok(narrowed)
}
