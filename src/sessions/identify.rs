//! Tells who asks: session, user, teams and permissions in one statement, on every request.

use std::sync::LazyLock;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

use super::viewer_rows::{SELECTED, any_statement, read, read_pooled, statement};
use crate::access::{Origin, SignedIn, Viewer};
use crate::app::App;
use crate::base::{Error, Result};
use crate::entity::lanes::{Dialect, Lane, Param, Rows};

pub use super::viewer_rows::{Claims, Column};

/// The viewer of a request. Without a token it is nobody; with one that is wrong, expired or revoked
/// it is an error, as its client believes to be somebody.
pub async fn identify(app: &App, origin: Origin, access_token: Option<&str>) -> Result<Viewer> {
    let claims = access_token.map(|token| claims(app, token)).transpose()?;
    known(app, origin, claims, app.database.lane().as_ref()).await
}

/// What an access token of ours claims.
pub fn claims(app: &App, access_token: &str) -> Result<Claims> {
    let (user_id, session_id) = app
        .keys
        .signing
        .verify(access_token, app.now())
        .ok_or(Error::Unauthenticated)?;
    Ok(Claims { user_id, session_id })
}

/// The same viewer with the teams and permissions of now, after a mutation of their own changed them.
pub async fn identify_again(app: &App, viewer: &Viewer) -> Result<Viewer> {
    let user = viewer.user()?;
    let claims = Claims {
        user_id: user.user_id,
        session_id: user.session_id,
    };
    known(
        app,
        viewer.origin.clone(),
        Some(claims),
        app.database.lane().as_ref(),
    )
    .await
}

/// Who stands behind the claims, asked on the lane where there is one.
pub async fn known(app: &App, origin: Origin, claims: Option<Claims>, lane: Option<&Lane>) -> Result<Viewer> {
    let Some(claims) = claims else {
        return Ok(Viewer {
            signed_in: None,
            origin,
        });
    };
    let by_lane = match lane {
        Some(lane) => by_lane(app, claims, lane).await?,
        None => None,
    };
    let signed_in = match by_lane {
        Some(signed_in) => signed_in,
        None => by_pool(app, claims).await?,
    };
    Ok(Viewer {
        signed_in: Some(signed_in.ok_or(Error::Unauthenticated)?),
        origin,
    })
}

/// Who stands behind the claims, and in the same rows these columns of them, a row for each membership, the oldest first.
/// None where the lane cannot tell.
pub async fn known_beside(
    app: &App,
    origin: Origin,
    claims: Claims,
    lane: &Lane,
    columns: &[Column],
) -> Result<Option<(Viewer, Rows)>> {
    let (selected, from) = statement_of(lane).split_once(" FROM ").unwrap_or_default();
    let mut sql = String::with_capacity(1536);
    sql.push_str(selected);
    let (mut places, mut width) = (Vec::with_capacity(columns.len()), SELECTED.len());
    for column in columns {
        let known = SELECTED.iter().position(|selected| selected == column);
        places.push(known.unwrap_or(width));
        if known.is_none() {
            let Column(table, name) = column;
            for part in [", \"", table, "\".\"", name, "\""] {
                sql.push_str(part);
            }
            width += 1;
        }
    }
    sql.push_str(" FROM ");
    sql.push_str(from);
    sql.push_str(r#" ORDER BY "membership"."joined_at", "membership"."id""#);
    let Some(rows) = ask(app, claims, lane, &sql).await else {
        return Ok(None);
    };
    let signed_in = Some(read(app, claims, &rows)?.ok_or(Error::Unauthenticated)?);
    Ok(Some((Viewer { signed_in, origin }, rows.in_places(places))))
}

/// What is found of the viewer; the inner one is missing when the session has ended.
async fn by_lane(app: &App, claims: Claims, lane: &Lane) -> Result<Option<Option<SignedIn>>> {
    let rows = ask(app, claims, lane, statement_of(lane)).await;
    rows.map(|rows| read(app, claims, &rows)).transpose()
}

/// The statement as this lane's database reads it.
fn statement_of(lane: &Lane) -> &'static str {
    static POSTGRES: LazyLock<String> = LazyLock::new(|| any_statement().build(PostgresQueryBuilder).0);
    static SQLITE: LazyLock<String> = LazyLock::new(|| any_statement().build(SqliteQueryBuilder).0);
    match lane.dialect() {
        Dialect::Postgres => &POSTGRES,
        Dialect::Sqlite => &SQLITE,
    }
}

async fn ask(app: &App, Claims { user_id, session_id }: Claims, lane: &Lane, sql: &str) -> Option<Rows> {
    let params = [
        Param::Uuid(session_id.0),
        Param::Uuid(user_id.0),
        Param::Time(app.now()),
    ];
    lane.query(sql, &params).await
}

async fn by_pool(app: &App, claims: Claims) -> Result<Option<SignedIn>> {
    let statement = statement(claims, app.now());
    let rows = app.database.reader().query_all(&statement).await?;
    read_pooled(app, claims, &rows)
}
