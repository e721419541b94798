//! Who asks: the access token of the header `Authorization`.

use std::net::SocketAddr;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::origin::origin;
use crate::access::{Origin, Viewer};
use crate::app::App;
use crate::base::{Error, Result};
use crate::sessions::identify::identify;

/// Reads who asks. A header that is there and is no good is an error, whatever the document asks: its
/// client believes to be somebody.
pub async fn authenticate(app: &App, headers: &HeaderMap, peer: SocketAddr) -> (Origin, Result<Viewer>) {
    let origin = origin(headers, peer, &app.settings.trusted_proxies);
    let viewer = match bearer(headers) {
        Ok(token) => identify(app, origin.clone(), token).await,
        Err(error) => Err(error),
    };
    (origin, viewer)
}

/// The token of RFC 6750, section 2.1.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let (scheme, token) = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or(Error::Unauthenticated)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(token.trim()))
    } else {
        Err(Error::Unauthenticated)
    }
}
