//! The limit: what a careful engineer would write by hand for the benchmark's requests, and for nothing else.
//!
//! It takes the same HTTP requests as Rollcall, checks the same access token and the same session, and answers the same
//! bytes. It reads no GraphQL: it knows each document by its operation's name. Rules and tables that decide what the
//! answer says, such as the preset roles, are Rollcall's own; statements, reading and writing are not.

mod json;
mod lanes;
mod page;
mod profile;
mod token;
mod viewer;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rollcall::base::clock::Clock;
use rollcall::secret::Keys;
use rollcall::secret::keys::{MacKeys, Use};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

pub use lanes::Error;
use lanes::{Lane, Lanes, time};
use profile::Source;
use token::{Named, Tokens, read_id};

/// How the limit is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The database, as a URL.
    pub database_url: String,
    /// Rollcall's JWKS document.
    pub jwks: Vec<u8>,
    /// The text of Rollcall's secret file: what audit events are hashed with.
    pub secret: String,
    /// How many connections read.
    pub readers: usize,
    /// How many connections write.
    pub writers: usize,
    /// Whether a token's signature is checked once, and not at each request.
    pub remember_tokens: bool,
}

struct Limit {
    tokens: Tokens,
    keys: MacKeys,
    readers: Lanes,
    writers: Lanes,
    clock: Clock,
}

/// A request. Of the document only the operation's name counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'r> {
    #[serde(borrow)]
    operation_name: &'r str,
    #[serde(borrow, default)]
    variables: Variables<'r>,
}

/// The variables of all the documents.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Variables<'r> {
    after: Option<&'r str>,
    id: Option<&'r str>,
    #[serde(borrow)]
    filter: Option<Filter<'r>>,
    #[serde(borrow)]
    input: Option<Input<'r>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter<'r> {
    #[serde(borrow)]
    search: std::borrow::Cow<'r, str>,
    account_type: &'r str,
    team_id: &'r str,
}

#[derive(Deserialize)]
struct Input<'r> {
    #[serde(borrow)]
    name: std::borrow::Cow<'r, str>,
}

/// Serves until the listener fails.
pub async fn serve(setup: Setup, listener: TcpListener) -> Result<(), Error> {
    let keys = Keys::derive(&setup.secret)?;
    let limit = Arc::new(Limit {
        tokens: Tokens::new(&setup.jwks, setup.remember_tokens)?,
        keys: keys.mac_keys(Use::AuditEvent),
        readers: Lanes::open(&setup.database_url, setup.readers).await?,
        writers: Lanes::open(&setup.database_url, setup.writers).await?,
        clock: Clock::default(),
    });
    let router = Router::new()
        .route("/graphql", post(graphql))
        .route("/readyz", get(async || "ready"))
        .with_state(limit);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}

async fn graphql(
    State(limit): State<Arc<Limit>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&limit, peer, &headers, &body).await {
        Ok(Some(body)) => {
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            ([(CONTENT_TYPE, json)], body).into_response()
        }
        Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => {
            eprintln!("limit: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Answers one request; none to who is nobody, or may not.
async fn answer(
    limit: &Limit,
    peer: SocketAddr,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    let now = limit.clock.now().timestamp_micros();
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(named) = token.and_then(|token| limit.tokens.verify(token, now / 1_000_000)) else {
        return Ok(None);
    };
    let asked: Asked = serde_json::from_slice(body)?;
    match asked.operation_name {
        "Users" | "FoundUsers" | "User" => users(limit.readers.next(), named, &asked, now).await,
        "Viewer" => rights(limit.readers.next(), named, now).await,
        "Rename" => {
            let address = peer.ip().to_canonical().to_string();
            let source = Source {
                address: &address,
                user_agent: headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()),
            };
            let name = asked.variables.input.ok_or("no input")?.name;
            rename(limit, named, &source, &name, now).await
        }
        _ => Err("an operation of another benchmark".into()),
    }
}

/// Reads users for platform staff. The viewer's statement and the list's are sent together; what was read for others is
/// dropped.
async fn users(lane: &Lane, named: Named, asked: &Asked<'_>, now: i64) -> Result<Option<Vec<u8>>, Error> {
    let viewer = async {
        let values: [&(dyn ToSql + Sync); 2] = [&named.session, &named.user];
        lane.client.query(&lane.viewer, &values).await
    };
    let variables = &asked.variables;
    let users = async {
        match (asked.operation_name, &variables.filter, variables.after) {
            ("User", _, _) => {
                let id = variables.id.and_then(|id| read_id("user_", id));
                let id = id.unwrap_or(Uuid::nil());
                lane.client.query(&lane.one, &[&id]).await
            }
            (_, Some(filter), _) => {
                let team = read_id("team_", filter.team_id).unwrap_or(Uuid::nil());
                let text = rollcall::base::text::fold(filter.search.trim());
                let values: [&(dyn ToSql + Sync); 3] = [&team, &filter.account_type, &text];
                lane.client.query(&lane.filtered, &values).await
            }
            (_, None, Some(after)) => {
                let (micros, id) = page::read_cursor(after).unwrap_or((0, Uuid::nil()));
                lane.client.query(&lane.after, &[&time(micros), &id]).await
            }
            (_, None, None) => lane.client.query(&lane.first, &[]).await,
        }
    };
    let (viewer, users) = tokio::try_join!(viewer, users)?;
    let Some(viewer) = viewer::read(&viewer, named, now)? else {
        return Ok(None);
    };
    if !viewer.is_staff() {
        return Ok(None);
    }
    let body = if asked.operation_name == "User" {
        page::write_one(&users, now)?
    } else {
        page::write(&users, variables.filter.is_some(), now)?
    };
    Ok(Some(body))
}

/// What the viewer may do: the statement that tells who asks tells all of it.
async fn rights(lane: &Lane, named: Named, now: i64) -> Result<Option<Vec<u8>>, Error> {
    let rows = lane
        .client
        .query(&lane.rights, &[&named.session, &named.user])
        .await?;
    match viewer::read(&rows, named, now)? {
        Some(viewer) => Ok(Some(viewer::write(&viewer, &rows, now)?)),
        None => Ok(None),
    }
}

async fn rename(
    limit: &Limit,
    named: Named,
    source: &Source<'_>,
    name: &str,
    now: i64,
) -> Result<Option<Vec<u8>>, Error> {
    loop {
        let lane = limit.readers.next();
        let rows = lane
            .client
            .query(&lane.rights, &[&named.session, &named.user])
            .await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let lane = limit.writers.next();
        let written = profile::rename(lane, &limit.keys, (named, first), source, name, now).await?;
        if written.is_some() {
            return Ok(written);
        }
    }
}
