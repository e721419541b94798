//! A seeded database with both servers on it, and the people who ask.

use std::path::Path;
use std::time::{Duration, Instant};

use rollcall::base::id::{TeamId, UserId};
use rollcall::base::page::{Cursor, SortKey};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::postgres::connect;
use super::server::{ADMIN, Home, PASSWORD, Server};
use crate::http::{Connection, post};
use crate::workload;
use crate::{Error, Result};

/// How many members log in: one for each connection of the heaviest workload.
const MEMBERS: i64 = 64;
/// Access tokens hold for 15 minutes; nobody measures with one that is older than this.
const TOKEN_AGE: Duration = Duration::from_mins(5);

/// A database with its servers.
pub struct Site {
    /// How many users it has.
    pub users: usize,
    /// Where Rollcall runs.
    pub home: Home,
    /// Rollcall.
    pub rollcall: Server,
    /// The limit; none where there is no PostgreSQL.
    pub limit: Option<Server>,
    /// For what prepares a measurement.
    pub database: Option<Client>,
    /// The accounts of members with teams.
    pub members: Vec<String>,
    staff_token: String,
    member_tokens: Vec<String>,
    logged_in_at: Instant,
}

impl Site {
    /// Opens a database of this many users; seeds it first where it is new. The limit's program comes with what it is
    /// started with.
    pub async fn on_postgres(home: Home, url: &str, users: usize, limit: (&Path, &[String])) -> Result<Self> {
        let database = connect(url).await?;
        home.seed_once(users)?;
        let rollcall = home.serve()?;
        let members = members(&database).await?;
        database.batch_execute("VACUUM ANALYZE").await?;
        database.batch_execute("CHECKPOINT").await?;
        let limit = Server::limit(&rollcall, &home, limit).await?;
        let mut site = Self {
            users,
            home,
            rollcall,
            limit: Some(limit),
            database: Some(database),
            members,
            staff_token: String::new(),
            member_tokens: Vec::new(),
            logged_in_at: Instant::now(),
        };
        site.log_in().await?;
        Ok(site)
    }

    /// The same on SQLite, where there is no limit, and the super admin alone asks.
    pub async fn on_sqlite(home: Home, users: usize) -> Result<Self> {
        home.seed_once(users)?;
        let mut site = Self {
            users,
            rollcall: home.serve()?,
            home,
            limit: None,
            database: None,
            members: Vec::new(),
            staff_token: String::new(),
            member_tokens: Vec::new(),
            logged_in_at: Instant::now(),
        };
        site.log_in().await?;
        Ok(site)
    }

    /// The super admin's token.
    pub async fn staff_token(&mut self) -> Result<String> {
        self.log_in_again().await?;
        Ok(self.staff_token.clone())
    }

    /// The tokens of the members, in the order of [`Site::members`].
    pub async fn member_tokens(&mut self) -> Result<Vec<String>> {
        self.log_in_again().await?;
        Ok(self.member_tokens.clone())
    }

    async fn log_in_again(&mut self) -> Result<()> {
        if self.logged_in_at.elapsed() > TOKEN_AGE {
            self.log_in().await?;
        }
        Ok(())
    }

    async fn log_in(&mut self) -> Result<()> {
        let mut connection = Connection::open(self.rollcall.address).await?;
        self.staff_token = log_in(&mut connection, ADMIN).await?;
        self.member_tokens.clear();
        for account in &self.members {
            let token = log_in(&mut connection, account).await?;
            self.member_tokens.push(token);
        }
        self.logged_in_at = Instant::now();
        Ok(())
    }

    /// Waits until all audit events have their place in the chain: what one has written burdens nobody else.
    pub async fn settle(&self) -> Result<()> {
        let Some(database) = &self.database else {
            return Ok(());
        };
        let begin = Instant::now();
        let unsealed = "SELECT EXISTS (SELECT FROM audit_event WHERE position IS NULL)";
        while database.query_one(unsealed, &[]).await?.try_get(0)? {
            if begin.elapsed() > Duration::from_mins(5) {
                return Err("the audit log is not sealed".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The cursor of the last row before page `page`, which begins with 1.
    pub async fn cursor(&self, page: i64) -> Result<String> {
        let row = self
            .database()?
            .query_one(
                r#"SELECT (extract(epoch FROM created_at) * 1000000)::bigint, id FROM "user" ORDER BY created_at DESC, id DESC OFFSET $1 LIMIT 1"#,
                &[&(20 * (page - 1) - 1)],
            )
            .await?;
        Ok(Cursor(SortKey::Time(row.try_get(0)?), row.try_get(1)?).encode())
    }

    /// Ids of users all over the table.
    pub async fn user_ids(&self) -> Result<Vec<String>> {
        let rows = self
            .database()?
            .query(
                "SELECT DISTINCT m.user_id FROM membership m TABLESAMPLE BERNOULLI (20) REPEATABLE (1) LIMIT 500",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok(UserId(row.try_get(0)?).to_string()))
            .collect()
    }

    /// Teams, each with two characters that some of its members' names hold.
    pub async fn searches(&self) -> Result<Vec<(String, String)>> {
        let rows = self
            .database()?
            .query(
                r#"SELECT team_id, min(substr(u.name_folded, 1, 2))
                   FROM membership m JOIN "user" u ON u.id = m.user_id
                   WHERE u.account_type = 'MEMBER'
                   GROUP BY team_id HAVING count(*) >= 5 ORDER BY team_id LIMIT 200"#,
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((TeamId(row.try_get::<_, Uuid>(0)?).to_string(), row.try_get(1)?)))
            .collect()
    }

    fn database(&self) -> Result<&Client> {
        Ok(self
            .database
            .as_ref()
            .ok_or("only PostgreSQL is asked beforehand")?)
    }
}

/// The accounts of members who are in a team, the oldest first.
pub async fn members(database: &Client) -> Result<Vec<String>> {
    let rows = database
        .query(
            r#"SELECT account FROM "user" u
               WHERE account_type = 'MEMBER' AND disabled_at IS NULL
               AND (locked_until IS NULL OR locked_until < now()) AND NOT must_change_password
               AND EXISTS (SELECT FROM membership m WHERE m.user_id = u.id)
               ORDER BY created_at, id LIMIT $1"#,
            &[&MEMBERS],
        )
        .await?;
    let accounts = rows.iter().map(|row| row.try_get(0));
    Ok(accounts.collect::<Result<_, _>>()?)
}

/// Logs in; answers the access token.
pub async fn log_in(connection: &mut Connection, account: &str) -> Result<String> {
    let answer = connection
        .ask(&post(None, &workload::login(account, PASSWORD)))
        .await?;
    let body: Value = serde_json::from_slice(answer.body)?;
    let token = body["data"]["login"]["tokens"]["accessToken"].as_str();
    Ok(token
        .ok_or_else(|| Error::from(format!("{account} cannot log in: {body}")))?
        .to_owned())
}
