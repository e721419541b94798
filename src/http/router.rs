//! The routes (`operations.md`, "HTTP").

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use super::graphiql;
use super::graphql::{Served, graphql};
use super::landing::landing;
use super::request_id::{self, Fresh};
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
        .route("/graphql/ws", any(socket).with_state((served, sockets)))
        // Answers hold personal data and tokens.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ));
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
    let policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    // Over plain HTTP it would say nothing; whoever serves by HTTPS wants nothing else.
    let https_alone = app
        .public_url
        .starts_with("https://")
        .then(|| HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    api.merge(rest)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            PATIENCE,
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new())
        // Below the headers, which its answers to browsers need too.
        .layer(cors(app))
        .layer(SetResponseHeaderLayer::if_not_present(
            STRICT_TRANSPORT_SECURITY,
            https_alone,
        ))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(X_FRAME_OPTIONS, "DENY"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
        .layer(header(CONTENT_SECURITY_POLICY, policy))
        .layer(PropagateRequestIdLayer::new(request_id::HEADER))
        // The path alone: a query string can hold anything.
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
            let id = request
                .headers()
                .get(request_id::HEADER)
                .and_then(|id| id.to_str().ok())
                .unwrap_or_default();
            tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
        }))
        .layer(SetRequestIdLayer::new(request_id::HEADER, Fresh))
        .layer(axum::middleware::map_request(without_foreign_id))
}

/// A client's own request id is dropped, so that ours takes its place.
async fn without_foreign_id(mut request: axum::extract::Request) -> axum::extract::Request {
    request.headers_mut().remove(request_id::HEADER);
    request
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

fn cors(app: &App) -> CorsLayer {
    let origins = app
        .settings
        .allowed_origins
        .iter()
        .filter_map(|origin| origin.parse::<HeaderValue>().ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([request_id::HEADER])
        .max_age(Duration::from_hours(1))
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
