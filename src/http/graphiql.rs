//! GraphiQL at `/graphiql`: the page that `graphiql/` builds, carried by the program. It asks nobody but this server.

use std::io::Read;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use flate2::read::GzDecoder;
use rust_embed::{Embed, EmbeddedFile};

use crate::secret::keys::hex;

/// What `make graphiql` built before this program was compiled: `index.html`, and below `assets/` what it loads, each
/// file compressed twice, under a name that has a hash of its content.
#[derive(Embed)]
#[folder = "graphiql/dist/"]
struct Built;

/// Nothing from elsewhere, no code but the built files, and no evaluation of text. Monaco writes style elements and
/// attributes, so styles are free.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
/// Another content has another name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

const NOT_BUILT: &str = "<!doctype html><title>Rollcall</title>\
    <p>This program was compiled without GraphiQL. <code>make run</code> builds it first; so does \
    <code>make graphiql</code> before a <code>cargo run</code>.";

/// The page and what it loads.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/graphiql", get(page))
        // The page's addresses are relative to the name without the slash.
        .route("/graphiql/", get(async || Redirect::permanent("../graphiql")))
        .route("/graphiql/assets/{name}", get(asset))
}

async fn page(headers: HeaderMap) -> Response {
    let Some(file) = Built::get("index.html") else {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response();
    };
    // Weak: it is sent compressed too.
    let tag = format!("W/\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    // The policy goes with both answers: a browser takes the headers of a 304 for those of the page that it has.
    let described = [
        (CACHE_CONTROL, "no-cache".to_owned()),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (ETAG, tag.clone()),
    ];
    if is_known(&headers, &tag) {
        return (StatusCode::NOT_MODIFIED, described).into_response();
    }
    (described, Html(file.data.into_owned())).into_response()
}

/// Whether the client has what has this tag (RFC 9110, section 13.1.2: compared without regard to weakness).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(content_type) = content_type(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let described = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, FOR_EVER),
        (VARY, "accept-encoding"),
    ];
    let compressed = |suffix: &str| Built::get(&format!("assets/{name}.{suffix}"));
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts(&headers, encoding)
            && let Some(file) = compressed(suffix)
        {
            return (described, [(CONTENT_ENCODING, encoding)], body(file)).into_response();
        }
    }
    let Some(file) = compressed("gz") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // No browser: not worth a third copy in the program.
    let inflated = tokio::task::spawn_blocking(move || {
        let mut plain = Vec::new();
        GzDecoder::new(&*file.data).read_to_end(&mut plain).map(|_| plain)
    });
    match inflated.await {
        Ok(Ok(plain)) => (described, plain).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The bytes as they stand in the program.
fn body(file: EmbeddedFile) -> axum::body::Body {
    match file.data {
        std::borrow::Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes).into(),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    }
}

/// The type of a file, by its name; none that is not among these was ever built.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        _ => return None,
    })
}

/// Whether the client names this encoding, and not with the weight 0 (RFC 9110, section 12.5.3).
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = weight.trim().trim_start_matches("q=").trim();
            name.trim().eq_ignore_ascii_case(encoding)
                && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_encoding_is_accepted_when_it_is_named_and_not_refused() {
        let accepts = |value: &'static str, encoding| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            accepts(&headers, encoding)
        };
        assert!(accepts("gzip, deflate, br, zstd", "br"));
        assert!(accepts("GZIP;q=0.5", "gzip"));
        assert!(accepts("br ; q=1.0, gzip", "br"));
        for refused in ["", "gzip", "br;q=0", "br;q=0.000", "br;q=nonsense", "bro"] {
            assert!(!accepts(refused, "br"), "{refused}");
        }
    }
}
