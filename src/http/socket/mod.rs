//! GraphQL over a WebSocket, by the protocol `graphql-transport-ws`: subscriptions, and nothing else.
//!
//! `mod` takes the handshake, `conversation` speaks the protocol, `message` has its words and codes. `operations` are what a connection asked
//! for. `open` knows all
//! connections of this node: how many there are, and whose session has ended.

mod conversation;
mod message;
mod open;
mod operations;

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State, WebSocketUpgrade};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::authenticate::of_handshake;
use super::cookies;
use super::graphql::Served;
use crate::app::App;
use conversation::Conversation;
pub use open::Sockets;

/// The protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// No message of a client is longer.
const MOST_MESSAGE: usize = 64 * 1024;
/// What is written and not sent yet is one message at a time; an event with all that can hang on it is smaller.
const MOST_UNSENT: usize = 8 * 1024 * 1024;

/// Takes the handshake.
pub async fn socket(
    State((served, sockets)): State<(Served, Sockets)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_allowed(&served.app, &uri, &headers) {
        let message = "Pages of this origin may not connect (ROLLCALL_ALLOWED_ORIGINS).";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    let Some(permit) = sockets.admit() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Too many connections.").into_response();
    };
    // Who asks is told by the token of `connection_init`; where there is none, by what the handshake brought: its header,
    // or, when `connection_init` says so, the cookie of a page of ours.
    let (origin, viewer) = of_handshake(&served.app, &headers, peer).await;
    let cookie = cookies::of_handshake(&headers, &served.app.public_url);
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(MOST_MESSAGE)
        .max_frame_size(MOST_MESSAGE)
        .max_write_buffer_size(MOST_UNSENT);
    let speaks = upgrade.selected_protocol().is_some();
    let span = tracing::Span::current();
    upgrade.on_upgrade(move |socket| {
        let conversation = Conversation {
            served,
            socket,
            origin,
            viewer,
            has_header: headers.contains_key(AUTHORIZATION),
            cookie,
            speaks,
            stop: sockets.stopped(),
            sockets,
        };
        async move {
            conversation.run().await;
            drop(permit);
        }
        .instrument(span)
    })
}

/// A browser sends the origin of the page, and cookies with whatever page it is: only a page of our own or of an
/// allowed origin may connect. Other clients send none.
fn is_allowed(app: &App, uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let is_own = origin
        .split_once("://")
        .is_some_and(|(_, authority)| Some(authority) == host);
    let public = app.public_url.strip_prefix(origin);
    is_own
        || public.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || app
            .settings
            .allowed_origins
            .iter()
            .any(|allowed| allowed == origin)
}
