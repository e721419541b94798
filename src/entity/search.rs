//! Finds the rows whose texts hold a text, by the index of their bigrams: each database by its own.
//!
//! The index gives candidates, and the texts themselves decide. Where a text is in many rows its index is no help: the
//! order of the list finds a page of them sooner. PostgreSQL knows from its statistics which is better. The others do
//! not, so they are asked for a few candidates first, by a short statement more; MySQL and MariaDB by two.
//!
//! A single Latin letter or sign has no bigram, and is in most rows: it is looked for in the order of the list.

use std::fmt::Write;

use migration::bigrams;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Query};
use sea_orm::{Condition, ConnectionTrait, DbBackend, DbErr, Statement};
use uuid::Uuid;

use super::select::contains;
use super::{team, user};
use crate::base::Result;

/// With more candidates than this, the order of the list finds a page of them sooner.
const FEW: usize = 500;
/// So many of the youngest rows tell how frequent a token is, where nothing else does,
const SAMPLE: u64 = 1000;
/// and one that more of them have is frequent.
const RARE: i64 = 20;
/// The longest text that we search in has as many characters: an email.
const LONGEST: usize = 254;

/// The users whose name, account or bound email holds the folded text.
pub async fn users(connection: &impl ConnectionTrait, folded: &str) -> Result<Condition> {
    let columns = [
        user::Column::NameFolded,
        user::Column::AccountFolded,
        user::Column::EmailFolded,
    ];
    let held = columns.map(|column| contains(Expr::col(("user", column)), folded));
    let index = Index {
        table: "user_search",
        id: "user_id",
    };
    index
        .narrow(connection, Expr::col(("user", user::Column::Id)), held, folded)
        .await
}

/// The teams whose name holds the folded text.
pub async fn teams(connection: &impl ConnectionTrait, folded: &str) -> Result<Condition> {
    let held = [contains(Expr::col(("team", team::Column::NameFolded)), folded)];
    let index = Index {
        table: "team_search",
        id: "team_id",
    };
    index
        .narrow(connection, Expr::col(("team", team::Column::Id)), held, folded)
        .await
}

/// The memberships whose user's name, account or email holds the folded text, by the texts that PostgreSQL keeps beside
/// them (migration 20); none on the others, which look at each member of a team.
#[must_use]
pub fn members(backend: DbBackend, folded: &str) -> Option<Expr> {
    let found_by = Expr::col(("membership", "found_by"));
    (backend == DbBackend::Postgres && is_of_one_text(folded)).then(|| contains(found_by, folded))
}

/// Whether the sought text cannot reach from one text into the next: a line's end parts them there, and is in none.
#[must_use]
pub fn is_of_one_text(folded: &str) -> bool {
    !folded.contains('\n')
}

/// A table of bigrams, and its column with the id of what they are of.
struct Index {
    table: &'static str,
    id: &'static str,
}

impl Index {
    async fn narrow<const N: usize>(
        &self,
        connection: &impl ConnectionTrait,
        id: Expr,
        held: [Expr; N],
        folded: &str,
    ) -> Result<Condition> {
        if folded.is_empty() {
            return Ok(Condition::all());
        }
        if folded.contains('\0') || folded.chars().nth(LONGEST).is_some() {
            return Ok(Condition::all().add(Expr::value(false)));
        }
        let backend = connection.get_database_backend();
        let held = held.into_iter().fold(Condition::any(), Condition::add);
        let tokens = bigrams::sought(folded);
        if backend == DbBackend::Postgres {
            // It cannot tell how many rows hold a text, and guesses from the pattern. The bigrams tell it better, and a
            // CASE it does not look into.
            let answer = |held: bool| Expr::Constant(held.into());
            let held: Expr = CaseStatement::new()
                .case(held, answer(true))
                .finally(answer(false))
                .into();
            let held = Condition::all().add(held);
            if tokens.is_empty() {
                return Ok(held);
            }
            // The tokens stand in the statement, as the plan depends on them. They are letters and digits.
            let wanted = format!("string_to_array(bigrams, ' ') @> '{{{}}}'", tokens.join(","));
            let candidates = Query::select()
                .column(self.id)
                .from(self.table)
                .and_where(Expr::cust(wanted))
                .take();
            return Ok(held.add(id.in_subquery(candidates)));
        }
        if tokens.is_empty() {
            return Ok(held);
        }
        let mut few = self.candidates(connection, &tokens).await?;
        if let Some(ids) = few.as_mut().filter(|ids| ids.is_empty()) {
            // Nobody's id: even to count nothing, a database would look at all rows for a condition that names none.
            ids.push(Uuid::nil());
        }
        Ok(Condition::all()
            .add_option(few.map(|ids| id.is_in(ids)))
            .add(held))
    }

    /// The ids of the rows with all of these tokens; nothing where they are more than a few.
    async fn candidates(
        &self,
        connection: &impl ConnectionTrait,
        tokens: &[String],
    ) -> Result<Option<Vec<Uuid>>, DbErr> {
        let backend = connection.get_database_backend();
        let (table, id, most) = (self.table, self.id, FEW + 1);
        let sql = if backend == DbBackend::MySql {
            let Some((rarest, others)) = self.by_rarity(connection, tokens).await? else {
                return Ok(None);
            };
            let others = others.iter().fold(String::new(), |mut sql, token| {
                // Writing into a text cannot fail.
                let _ = write!(sql, " AND bigrams LIKE '%{token}%'");
                sql
            });
            let rarest = rarest.join(" +");
            format!(
                "SELECT {id} AS id FROM {table} \
                 WHERE MATCH (bigrams) AGAINST ('+{rarest}' IN BOOLEAN MODE){others} LIMIT {most}"
            )
        } else {
            let wanted = tokens.join(" ");
            format!(
                "SELECT {table}.{id} AS id FROM {table}_index JOIN {table} ON {table}.place = {table}_index.rowid \
                 WHERE {table}_index MATCH '{wanted}' LIMIT {most}"
            )
        };
        let rows = connection
            .query_all_raw(Statement::from_string(backend, sql))
            .await?;
        if rows.len() > FEW {
            return Ok(None);
        }
        let ids: Result<_, _> = rows.iter().map(|row| row.try_get("", "id")).collect();
        ids.map(Some)
    }

    /// The two tokens that the fewest rows have, and the others; nothing where each is in many rows.
    ///
    /// The index of MySQL and MariaDB walks through all rows of each token that it is asked for, some microseconds a row:
    /// seconds, for one that is in most of a million. How frequent each is, the youngest rows tell.
    async fn by_rarity(
        &self,
        connection: &impl ConnectionTrait,
        tokens: &[String],
    ) -> Result<Option<(Vec<String>, Vec<String>)>, DbErr> {
        let counts: Vec<String> = tokens
            .iter()
            .map(|token| format!("CAST(COALESCE(SUM(bigrams LIKE '%{token}%'), 0) AS SIGNED) AS n_{token}"))
            .collect();
        let sql = format!(
            "SELECT {} FROM (SELECT bigrams FROM {} ORDER BY {} DESC LIMIT {SAMPLE}) AS youngest",
            counts.join(", "),
            self.table,
            self.id
        );
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let mut found = Vec::with_capacity(tokens.len());
        if let Some(row) = connection.query_one_raw(statement).await? {
            for token in tokens {
                let count: i64 = row.try_get("", &format!("n_{token}"))?;
                found.push((count, token.clone()));
            }
        }
        found.sort();
        if found.first().is_none_or(|(count, _)| *count > RARE) {
            return Ok(None);
        }
        let mut rarest: Vec<String> = found.into_iter().map(|(_, token)| token).collect();
        let others = rarest.split_off(rarest.len().min(2));
        Ok(Some((rarest, others)))
    }
}
