//! A plan as SQL: one statement for the page, and all that hangs on each of its rows.
//!
//! The texts are the same for the same question whatever its values, so that each is prepared once. The page's size is
//! written out: with a bound one PostgreSQL would plan the statement anew each time. SQLite knows no `LATERAL`; there the
//! memberships of a page are told by their ids.

use std::fmt::Write;

use super::narrow::Narrowed;
use super::plan::{BY_JOINING, Plan, Sort, Source};
use super::selection::Cold;
use super::table::Type;
use crate::base::page::{Cursor, Page, SortKey};
use crate::entity::keyset::time_of;
use crate::entity::lanes::{Dialect, Param};

/// A statement with its values.
#[derive(Debug)]
pub struct Statement {
    dialect: Dialect,
    /// The text.
    pub sql: String,
    /// The values.
    pub params: Vec<Param>,
    /// How many places the values have taken.
    places: usize,
}

/// Which rows of the base table.
#[derive(Debug)]
pub enum Which<'l> {
    /// The one with the id of this parameter.
    One(Param),
    /// A page.
    Page(&'l Page, Sort, Narrowed),
}

impl Statement {
    /// The statement that finds what the plan needs. `counted` adds, as the last column, how many rows there are in
    /// all; it holds for a first page alone, as a cursor narrows what is counted.
    pub fn of(dialect: Dialect, plan: &Plan, which: &Which<'_>, counted: bool) -> Result<Self, Cold> {
        let mut statement = Self {
            dialect,
            sql: String::with_capacity(1024),
            params: Vec::new(),
            places: 0,
        };
        statement.push("SELECT ");
        for (place, (source, column)) in plan.columns.0.iter().enumerate() {
            let alias = statement.alias(*source);
            statement.push_all([comma(place), alias, column]);
        }
        if counted {
            statement.push(", b.total");
        }
        statement.push(" FROM (");
        statement.base(plan, which, counted)?;
        statement.push(") b");
        match (&plan.seats, dialect) {
            (None, _) => {}
            // All of a user's: they are few, and the page is cut off where it is written.
            (Some(page), Dialect::Postgres) if plan.base == Type::User && is_start(page) => {
                statement.push(" LEFT JOIN membership s ON s.user_id = b.id");
                statement.around_seats(plan, "s");
            }
            (Some(page), Dialect::Postgres) => {
                statement.push(" LEFT JOIN LATERAL (");
                statement.seats(plan, page)?;
                statement.push(") s ON true");
                statement.around_seats(plan, "s");
            }
            (Some(page), Dialect::Sqlite) => statement.join_seats(plan, page)?,
        }
        if let Which::Page(page, sort, _) = which {
            statement.order("b.", *sort, page);
        }
        if let Some(page) = &plan.seats {
            let more = if matches!(which, Which::Page(..)) {
                ", "
            } else {
                " ORDER BY "
            };
            statement.push(more);
            let alias = statement.alias(Source::Seat);
            statement.keys(alias, BY_JOINING, page);
        }
        Ok(statement)
    }

    /// What stands before the name of a column in the outermost select.
    fn alias(&self, source: Source) -> &'static str {
        match (self.dialect, source) {
            (_, Source::Base) => "b.",
            (Dialect::Postgres, Source::Seat) => "s.",
            (_, source) => table(source).1,
        }
    }

    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Pushes the parts of a text. Formatting them would take several times as long, and a statement has dozens.
    fn push_all<const N: usize>(&mut self, parts: [&str; N]) {
        for part in parts {
            self.push(part);
        }
    }

    fn base(&mut self, plan: &Plan, which: &Which<'_>, counted: bool) -> Result<(), Cold> {
        self.push("SELECT ");
        let columns = plan
            .columns
            .0
            .iter()
            .filter(|(source, _)| *source == Source::Base);
        for (place, (_, column)) in columns.enumerate() {
            self.push_all([comma(place), "b.", column]);
        }
        if counted {
            self.push(", count(*) OVER () AS total");
        }
        self.push(if plan.base == Type::Team {
            " FROM team b"
        } else {
            " FROM \"user\" b"
        });
        match which {
            Which::One(id) => self.condition(" WHERE ", "b.id = ?", std::slice::from_ref(id)),
            Which::Page(page, sort, narrowed) => {
                let mut word = " WHERE ";
                for (condition, values) in &narrowed.conditions {
                    self.condition(word, condition, values);
                    word = " AND ";
                }
                self.bounds(word, "b.", *sort, page)?;
                self.order("b.", *sort, page);
                let _ = write!(self.sql, " LIMIT {}", page.size + 1);
            }
        }
        Ok(())
    }

    /// The page of memberships of a row of `b`. What stands around them is joined outside: most are of the same few teams
    /// and roles, which PostgreSQL then looks up once.
    fn seats(&mut self, plan: &Plan, page: &Page) -> Result<(), Cold> {
        let keys = ["user_id", "team_id", "role_id"];
        self.push("SELECT m.user_id, m.team_id, m.role_id");
        for (source, column) in &plan.columns.0 {
            if *source == Source::Seat && !keys.contains(column) {
                self.push_all([", m.", column]);
            }
        }
        self.push_all([" FROM membership m WHERE m.", seat_of(plan.base), " = b.id"]);
        self.bounds(" AND ", "m.", BY_JOINING, page)?;
        self.order("m.", BY_JOINING, page);
        let _ = write!(self.sql, " LIMIT {}", page.size + 1);
        Ok(())
    }

    /// The same, joined by the ids of the page's memberships.
    fn join_seats(&mut self, plan: &Plan, page: &Page) -> Result<(), Cold> {
        let of = seat_of(plan.base);
        self.push_all([
            " LEFT JOIN membership m ON m.",
            of,
            " = b.id AND m.id IN (SELECT p.id FROM membership p WHERE p.",
            of,
            " = b.id",
        ]);
        self.bounds(" AND ", "p.", BY_JOINING, page)?;
        self.order("p.", BY_JOINING, page);
        let _ = write!(self.sql, " LIMIT {})", page.size + 1);
        self.around_seats(plan, "m");
        Ok(())
    }

    /// Joins the tables around the memberships that columns are selected of.
    fn around_seats(&mut self, plan: &Plan, seat: &str) {
        for (source, key) in [
            (Source::SeatUser, "user_id"),
            (Source::SeatTeam, "team_id"),
            (Source::SeatRole, "role_id"),
        ] {
            if plan.columns.any_of(source) {
                let (table, alias) = table(source);
                let name = alias.trim_end_matches('.');
                self.push_all([
                    " LEFT JOIN ",
                    table,
                    " ",
                    name,
                    " ON ",
                    alias,
                    "id = ",
                    seat,
                    ".",
                    key,
                ]);
            }
        }
    }

    /// Adds a condition; each `?` becomes the place of the next value.
    fn condition(&mut self, word: &str, condition: &str, values: &[Param]) {
        self.push(word);
        let mut values = values.iter();
        for part in condition.split_inclusive('?') {
            match part.strip_suffix('?').zip(values.next()) {
                Some((text, value)) => {
                    self.push(text);
                    self.value(value.clone());
                }
                None => self.push(part),
            }
        }
    }

    /// Narrows to what lies between the page's cursors.
    fn bounds(&mut self, mut word: &str, alias: &str, sort: Sort, page: &Page) -> Result<(), Cold> {
        for (cursor, forward) in [(&page.after, true), (&page.before, false)] {
            let Some(Cursor(key, id)) = cursor else { continue };
            let bound = match (key, sort.by_time) {
                (SortKey::Time(micros), true) => Param::Time(time_of(*micros).ok_or(Cold)?),
                (SortKey::Text(text), false) if !text.contains('\0') => Param::Text(text.clone()),
                _ => return Err(Cold),
            };
            let sign = if forward == sort.descending { "<" } else { ">" };
            self.push_all([word, "(", alias, sort.column, ", ", alias, "id) ", sign, " ("]);
            self.value(bound);
            self.push(", ");
            self.value(Param::Uuid(*id));
            self.push(")");
            word = " AND ";
        }
        Ok(())
    }

    /// Adds a value, and its place in the text.
    fn value(&mut self, value: Param) {
        let mark = match self.dialect {
            Dialect::Postgres => '$',
            Dialect::Sqlite => '?',
        };
        let places = match (self.dialect, &value) {
            (Dialect::Sqlite, Param::Uuids(ids)) => ids.len(),
            _ => 1,
        };
        for place in 0..places {
            self.places += 1;
            let _ = write!(self.sql, "{}{mark}{}", comma(place), self.places);
        }
        self.params.push(value);
    }

    fn order(&mut self, alias: &str, sort: Sort, page: &Page) {
        self.push(" ORDER BY ");
        self.keys(alias, sort, page);
    }

    fn keys(&mut self, alias: &str, sort: Sort, page: &Page) {
        let direction = if sort.descending == page.backwards {
            ""
        } else {
            " DESC"
        };
        self.push_all([alias, sort.column, direction, ", ", alias, "id", direction]);
    }
}

/// What stands before an item in this place of a list.
fn comma(place: usize) -> &'static str {
    if place == 0 { "" } else { ", " }
}

/// Whether a page of memberships begins with the oldest.
pub fn is_start(page: &Page) -> bool {
    !page.backwards && page.after.is_none() && page.before.is_none()
}

/// The column of a membership that names the base.
fn seat_of(base: Type) -> &'static str {
    if base == Type::Team { "team_id" } else { "user_id" }
}

/// The table of a source, and its alias.
fn table(source: Source) -> (&'static str, &'static str) {
    match source {
        Source::Base => ("", "b."),
        Source::Seat => ("membership", "m."),
        Source::SeatUser => ("\"user\"", "u."),
        Source::SeatTeam => ("team", "t."),
        Source::SeatRole => ("role", "r."),
    }
}
