//! The cookies of a console in a browser, on the origin of this server.
//!
//! A page asks for them with a header of ours. Without it no cookie is looked at, so that who is asked for by a browser on
//! its own, or by a page that keeps its tokens itself, is nobody. The header alone keeps other origins away, as a browser
//! lets no page of theirs send it (CORS); that the request came from a page of our own is asked for all the same, and a
//! cookie goes with no request from elsewhere (`SameSite=Strict`).

use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};

use crate::base::{Error, Result};
use crate::graphql::{Brought, Browser, Kept};

/// The header by which a page says where its tokens are.
const SESSION: HeaderName = HeaderName::from_static("x-rollcall-session");
/// Its value: in cookies.
const IN_COOKIES: &str = "cookie";
/// What a browser says of where a request came from; no script can.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What an answer hangs on, beside the request itself.
const VARIES_BY: &str = "authorization, cookie, x-rollcall-session";

/// The browser of a console that this request came from. None where the request says nothing of cookies, or has a header
/// `Authorization`, which wins; an error where it came from no page of ours.
pub fn browser(headers: &HeaderMap, public_url: &str) -> Result<Option<Browser>> {
    let Some(session) = headers.get(SESSION) else {
        return Ok(None);
    };
    if !session.as_bytes().eq_ignore_ascii_case(IN_COOKIES.as_bytes()) {
        return Err(Error::BadInput(
            "The header X-Rollcall-Session can be nothing but: cookie".into(),
        ));
    }
    if headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    if !is_of_our_page(headers, public_url) {
        return Err(Error::Forbidden { requires: Vec::new() });
    }
    Ok(Some(Browser::new(brought(headers, public_url))))
}

/// The access token that the handshake of a WebSocket brought in a cookie. A browser sends it with the handshake of
/// whatever page, and no page can add a header: the page's origin tells.
pub fn of_handshake(headers: &HeaderMap, public_url: &str) -> Option<String> {
    if has_our_origin(headers, public_url) {
        brought(headers, public_url).access
    } else {
        None
    }
}

/// Whether a page of our own origin sent this. Browsers say so, over TLS and to this machine itself; where they do not,
/// as in a network without TLS, they name the origin of what is no mere reading.
fn is_of_our_page(headers: &HeaderMap, public_url: &str) -> bool {
    match headers.get(FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => has_our_origin(headers, public_url),
    }
}

fn has_our_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let own = origin(public_url);
    headers.get(ORIGIN).is_some_and(|origin| origin == own.as_str())
}

/// The origin of our public address, as browsers write it.
fn origin(public_url: &str) -> String {
    let (scheme, rest) = public_url.split_once("://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(usual).unwrap_or(authority);
    format!("{scheme}://{authority}").to_ascii_lowercase()
}

fn brought(headers: &HeaderMap, public_url: &str) -> Brought {
    let value = |kept| {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, value)| *name == Cookie::of(kept, public_url).name && !value.is_empty())
            .map(|(_, value)| value.to_owned())
    };
    Brought {
        access: value(Kept::Access),
        refresh: value(Kept::Refresh),
        device: value(Kept::Device),
    }
}

/// Writes what becomes of the cookies into an answer.
pub fn write(
    headers: &mut HeaderMap,
    browser: Option<&Browser>,
    public_url: &str,
    now: impl Fn() -> DateTime<Utc>,
) {
    headers.append(VARY, HeaderValue::from_static(VARIES_BY));
    for (kept, token) in browser.map(Browser::changes).unwrap_or_default() {
        let cookie = Cookie::of(kept, public_url);
        let line = match token {
            Some((token, until)) => cookie.line(&token, (until - now()).num_seconds()),
            None => cookie.line("", 0),
        };
        // A token of ours has no character that a header cannot have.
        if let Ok(mut value) = HeaderValue::from_str(&line) {
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
    }
}

/// How a cookie is called, and where it goes.
struct Cookie {
    name: &'static str,
    path: String,
    is_secure: bool,
}

impl Cookie {
    fn of(kept: Kept, public_url: &str) -> Self {
        let (scheme, rest) = public_url.split_once("://").unwrap_or_default();
        let is_secure = scheme == "https";
        // The prefixes are held by browsers: neither a page without TLS can set such a cookie, nor, with `__Host-`, one of
        // a neighbouring domain.
        let name = match (kept, is_secure) {
            (Kept::Access, true) => "__Host-rollcall-access",
            (Kept::Access, false) => "rollcall-access",
            (Kept::Refresh, true) => "__Secure-rollcall-refresh",
            (Kept::Refresh, false) => "rollcall-refresh",
            (Kept::Device, true) => "__Secure-rollcall-device",
            (Kept::Device, false) => "rollcall-device",
        };
        let path = match kept {
            // As `__Host-` wants it.
            Kept::Access => "/".to_owned(),
            // What lives longer goes to the API alone.
            Kept::Refresh | Kept::Device => {
                let below = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
                format!("{below}/graphql")
            }
        };
        Self {
            name,
            path,
            is_secure,
        }
    }

    fn line(&self, value: &str, seconds: i64) -> String {
        let Self {
            name,
            path,
            is_secure,
        } = self;
        let secure = if *is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn our_origin_is_written_as_browsers_write_it() {
        for (url, expected) in [
            ("https://Example.com", "https://example.com"),
            ("https://example.com:443/rollcall", "https://example.com"),
            ("http://example.com:80", "http://example.com"),
            ("http://example.com:443", "http://example.com:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }

    #[test]
    fn what_the_browser_says_of_the_page_goes_before_its_origin() {
        let url = "https://example.com";
        for (expected, pairs) in [
            (true, &[("sec-fetch-site", "same-origin")][..]),
            (true, &[("origin", url)]),
            (
                true,
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "https://other.example"),
                ],
            ),
            (false, &[("sec-fetch-site", "same-site"), ("origin", url)]),
            (false, &[("sec-fetch-site", "cross-site"), ("origin", url)]),
            (false, &[("sec-fetch-site", "none"), ("origin", url)]),
            (false, &[("sec-fetch-site", "")]),
            (false, &[("origin", "https://example.com.evil.example")]),
            (false, &[("origin", "http://example.com")]),
            (false, &[("origin", "null")]),
            (false, &[]),
        ] {
            assert_eq!(is_of_our_page(&headers(pairs), url), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_the_whole_of_its_name() {
        let found = |line: &str| brought(&headers(&[("cookie", line)]), "http://localhost").access;
        assert_eq!(found("a=b; rollcall-access=x.y.z; c=d").as_deref(), Some("x.y.z"));
        assert_eq!(found("rollcall-access=x=y").as_deref(), Some("x=y"));
        for nothing in [
            "",
            "rollcall-access=",
            "xrollcall-access=x",
            "rollcall-access",
            "__Host-rollcall-access=x",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }
}
