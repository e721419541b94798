//! The routes (`operations.md`, "HTTP").

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::timeout::TimeoutLayer;

use super::envelope::{envelope, headers};
use super::graphiql;
use super::graphql::{Served, graphql};
use super::landing::landing;
use super::request_id;
use super::socket::{Sockets, socket};
use crate::app::App;
use crate::base::settings::Switch;
use crate::graphql::documents::Documents;
use crate::graphql::{schema, sdl};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// All routes.
pub fn router(app: &Arc<App>, sockets: Sockets) -> Router {
    let served = Served {
        schema: schema(app.clone()),
        documents: Arc::new(Documents::new(app.settings.introspection)),
        app: app.clone(),
    };
    let api = Router::new()
        .route("/graphql", get(graphql).post(graphql))
        .with_state(served.clone())
        // A handshake comes by GET, over HTTP/2 by CONNECT.
        .route("/graphql/ws", any(socket).with_state((served, sockets)));
    // They tell what introspection tells.
    let playground = if app.settings.introspection == Switch::On {
        graphiql::routes().route(
            "/schema.graphql",
            get(async || ([(CONTENT_TYPE, "text/plain; charset=utf-8")], sdl())),
        )
    } else {
        Router::new()
    };
    let rest = Router::new()
        .route("/", get(landing))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/healthz", get(async || "alive"))
        .route("/readyz", get(readyz))
        .merge(playground)
        .with_state(app.clone());
    let routes = api.merge(rest);
    // One layer of many, the outermost first: each `layer` of its own would be boxed, and cloned at each request.
    let outer = from_fn_with_state(headers(&app.public_url), envelope);
    let inner = (
        CatchPanicLayer::custom(panicked),
        TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, PATIENCE),
    );
    match cors(app) {
        Some(cors) => routes.layer((outer, cors, inner)),
        None => routes.layer((outer, inner)),
    }
}

/// What lets pages of other origins ask; nothing where none may.
fn cors(app: &App) -> Option<CorsLayer> {
    let origins = app
        .settings
        .allowed_origins
        .iter()
        .filter_map(|origin| origin.parse::<HeaderValue>().ok());
    let origins: Vec<HeaderValue> = origins.collect();
    if origins.is_empty() {
        return None;
    }
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([request_id::HEADER])
        .max_age(Duration::from_hours(1));
    Some(cors)
}

async fn jwks(State(app): State<Arc<App>>) -> impl IntoResponse {
    (
        [(CACHE_CONTROL, "public, max-age=300")],
        Json(app.keys.signing.jwks()),
    )
}

async fn readyz(State(app): State<Arc<App>>) -> impl IntoResponse {
    match app.database.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database is away"),
    }
}

#[allow(clippy::needless_pass_by_value)] // The layer's signature.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let cause = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic");
    tracing::error!(cause, "a request panicked");
    let body = serde_json::json!({
        "errors": [{ "message": "Something went wrong on our side.", "extensions": { "code": "INTERNAL" } }]
    });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}
