//! What goes around every answer: its name, a span for what is logged meanwhile, and the headers that all answers have.
//!
//! One place for them, and not a layer for each: a layer moves every answer once more.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::{Layer, ServiceExt};
use tower_http::compression::CompressionLayer;
use tracing::Instrument;

use super::request_id;

/// The headers that an answer has unless it says otherwise itself.
pub type Headers = Arc<[(HeaderName, HeaderValue)]>;

/// The headers for a server at this address.
pub fn headers(public_url: &str) -> Headers {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    let mut headers = vec![
        // Answers hold personal data and tokens.
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    // Over plain HTTP it would say nothing; whoever serves by HTTPS wants nothing else.
    if public_url.starts_with("https://") {
        headers.push((STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"));
    }
    let with_value = |(name, value)| (name, HeaderValue::from_static(value));
    headers.into_iter().map(with_value).collect()
}

/// Puts them around an answer.
pub async fn envelope(State(headers): State<Headers>, mut request: Request, next: Next) -> Response {
    let id = request_id::fresh();
    // A client's own name for it gives way, as that could be anything.
    request.headers_mut().insert(request_id::HEADER, id.clone());
    // The path alone: a query string can hold anything.
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        id = id.to_str().unwrap_or_default(),
    );
    let begun = Instant::now();
    let mut response = answer(request, next).instrument(span.clone()).await;
    let status = response.status();
    span.in_scope(|| {
        let (status, micros) = (status.as_u16(), begun.elapsed().as_micros());
        if response.status().is_server_error() {
            tracing::error!(status, micros, "a request failed");
        } else {
            tracing::debug!(status, micros, "a request was answered");
        }
    });
    let own = response.headers_mut();
    own.reserve(headers.len() + 1);
    own.insert(request_id::HEADER, id);
    for (name, value) in headers.iter() {
        own.entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// The answer, compressed for whoever takes that. One that may be compressed has room for the state of each encoder,
/// thousands of bytes, and is moved from layer to layer: the others are spared that.
async fn answer(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        return next.run(request).await;
    }
    let compressed = CompressionLayer::new().layer(next).oneshot(request);
    Box::pin(async { compressed.await.into_response() }).await
}
