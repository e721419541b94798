//! Who asks: the access token of the header `Authorization`, or else of the console's cookie.

use std::net::SocketAddr;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::cookies;
use super::origin::origin;
use crate::access::{Origin, Viewer};
use crate::app::App;
use crate::base::{Error, Result};
use crate::graphql::{Browser, Kept};
use crate::sessions::identify::{Claims, claims, known};

/// Who asks, as the request says it.
pub struct Asker {
    /// Where the request came from.
    pub origin: Origin,
    /// What its token claims; nothing where there is none. A token that is there and is no good is an error, whatever the
    /// document asks: its client believes to be somebody.
    pub claims: Result<Option<Claims>>,
    /// The browser, where a console keeps the tokens in cookies.
    pub browser: Option<Browser>,
}

/// Reads who asks.
pub fn authenticate(app: &App, headers: &HeaderMap, peer: SocketAddr) -> Asker {
    let origin = origin(headers, peer, &app.settings.trusted_proxies);
    match cookies::browser(headers, &app.public_url) {
        Ok(None) => Asker {
            origin,
            claims: by_header(app, headers),
            browser: None,
        },
        Err(error) => Asker {
            origin,
            claims: Err(error),
            browser: None,
        },
        Ok(Some(browser)) => {
            let token = browser.brought().access.as_deref();
            let claims = token.map(|token| claims(app, token)).transpose();
            if let (Err(Error::Unauthenticated), Some(_)) = (&claims, token) {
                // One that has merely expired says nothing of the session: that may go on with the refresh token.
                browser.forget(Kept::Access);
            }
            Asker {
                origin,
                claims,
                browser: Some(browser),
            }
        }
    }
}

/// Reads what the header alone claims.
fn by_header(app: &App, headers: &HeaderMap) -> Result<Option<Claims>> {
    bearer(headers)?.map(|token| claims(app, token)).transpose()
}

/// The viewer of a handshake, by the header alone.
pub async fn of_handshake(app: &App, headers: &HeaderMap, peer: SocketAddr) -> (Origin, Result<Viewer>) {
    let origin = origin(headers, peer, &app.settings.trusted_proxies);
    let viewer = match by_header(app, headers) {
        Ok(claims) => known(app, origin.clone(), claims, app.database.lane().as_ref()).await,
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
