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
use crate::sessions::identify::identify;

/// Who asks.
pub struct Asker {
    /// Where the request came from.
    pub origin: Origin,
    /// Who it is. A token that is there and is no good is an error, whatever the document asks: its client believes to
    /// be somebody.
    pub viewer: Result<Viewer>,
    /// The browser, where a console keeps the tokens in cookies.
    pub browser: Option<Browser>,
}

/// Reads who asks.
pub async fn authenticate(app: &App, headers: &HeaderMap, peer: SocketAddr) -> Asker {
    let browser = match cookies::browser(headers, &app.public_url) {
        Ok(Some(browser)) => browser,
        Ok(None) => return by_header(app, headers, peer).await,
        Err(error) => {
            return Asker {
                origin: origin(headers, peer, &app.settings.trusted_proxies),
                viewer: Err(error),
                browser: None,
            };
        }
    };
    let origin = origin(headers, peer, &app.settings.trusted_proxies);
    let token = browser.brought().access.as_deref();
    let viewer = identify(app, origin.clone(), token).await;
    if let (Err(Error::Unauthenticated), Some(token)) = (&viewer, token) {
        // One that has merely expired says nothing of the session: that may go on with the refresh token.
        if app.keys.signing.verify(token, app.now()).is_some() {
            browser.forget_session();
        } else {
            browser.forget(Kept::Access);
        }
    }
    Asker {
        origin,
        viewer,
        browser: Some(browser),
    }
}

/// Reads who asks by the header alone.
pub async fn by_header(app: &App, headers: &HeaderMap, peer: SocketAddr) -> Asker {
    let origin = origin(headers, peer, &app.settings.trusted_proxies);
    let viewer = match bearer(headers) {
        Ok(token) => identify(app, origin.clone(), token).await,
        Err(error) => Err(error),
    };
    Asker {
        origin,
        viewer,
        browser: None,
    }
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
