//! Letters that were given up, for whoever runs the server: never what they say, nor to whom.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{DeleteStatement, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::base::Result;
use crate::base::id::LetterId;
use crate::entity::letter;

/// How long a letter that was given up is kept, for whoever runs the server to see.
const KEPT: TimeDelta = TimeDelta::days(30);

/// A letter that was given up.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct SetAside {
    /// Its id; the Message-ID begins with it.
    pub id: LetterId,
    /// What kind of letter it is.
    pub kind: String,
    /// When it was caused.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was given up.
    pub failed_at: DateTime<Utc>,
    /// Why the last try failed.
    pub failure: Option<String>,
}

/// The letters that were given up longest ago, so many at the most.
pub async fn list(connection: &impl ConnectionTrait, most: u64) -> Result<Vec<SetAside>> {
    let rows = letter::Entity::find()
        .select_only()
        .columns([
            letter::Column::Id,
            letter::Column::Kind,
            letter::Column::CreatedAt,
            letter::Column::Attempts,
            letter::Column::FailedAt,
            letter::Column::Failure,
        ])
        .filter(letter::Column::FailedAt.is_not_null())
        .order_by_asc(letter::Column::FailedAt)
        .order_by_asc(letter::Column::Id)
        .limit(most)
        .into_model()
        .all(connection);
    Ok(rows.await?)
}

/// What became of a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is due now.
    Due,
    /// No letter with this id was given up.
    Unknown,
}

/// Makes a letter that was given up due now, with all its tries before it.
pub async fn retry(connection: &impl ConnectionTrait, id: LetterId, now: DateTime<Utc>) -> Result<Retried> {
    let done = again(now)
        .filter(letter::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(if done.rows_affected == 1 {
        Retried::Due
    } else {
        Retried::Unknown
    })
}

/// The same for all of them; answers how many they were.
pub async fn retry_all(connection: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64> {
    Ok(again(now).exec(connection).await?.rows_affected)
}

fn again(now: DateTime<Utc>) -> sea_orm::UpdateMany<letter::Entity> {
    letter::Entity::update_many()
        .col_expr(letter::Column::FailedAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(letter::Column::Attempts, Expr::value(0))
        .col_expr(letter::Column::DueAt, Expr::value(now))
        .filter(letter::Column::FailedAt.is_not_null())
}

/// What throws away those that were given up so long ago that whom they were for has found another way.
#[must_use]
pub fn outdated(now: DateTime<Utc>) -> DeleteStatement {
    letter::Entity::delete_many()
        .filter(letter::Column::FailedAt.lte(now - KEPT))
        .into_query()
}

/// How the outbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many letters wait.
    pub waiting: u64,
    /// Since when the oldest of them does.
    pub waiting_since: Option<DateTime<Utc>>,
    /// How many were given up.
    pub set_aside: u64,
}

/// How the outbox stands.
pub async fn standing(connection: &impl ConnectionTrait) -> Result<Standing> {
    let waiting = || letter::Entity::find().filter(letter::Column::FailedAt.is_null());
    let oldest: Option<DateTime<Utc>> = waiting()
        .select_only()
        .column(letter::Column::CreatedAt)
        .order_by_asc(letter::Column::CreatedAt)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    let set_aside = letter::Entity::find().filter(letter::Column::FailedAt.is_not_null());
    Ok(Standing {
        waiting: waiting().count(connection).await?,
        waiting_since: oldest,
        set_aside: set_aside.count(connection).await?,
    })
}
