//! One connection, from its first word to its last.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout, timeout_at};

use super::message::{ClientMessage, Close, ServerMessage};
use super::open::{Place, Sockets};
use super::operations::Operations;
use crate::access::{Origin, Viewer};
use crate::base::{Error, Result as Outcome};
use crate::http::graphql::Served;
use crate::sessions::identify::{identify, identify_again};

/// How long a client may take to say who it is.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a client may take for one message of ours: one that takes nothing is cut off, and holds up nobody else.
const TAKE: Duration = Duration::from_secs(10);
/// How often a silent connection is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// After which silence it is taken for gone.
const GONE: Duration = Duration::from_mins(1);
/// How long the end of a connection may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection.
pub struct Conversation {
    pub served: Served,
    pub socket: WebSocket,
    /// Where it came from.
    pub origin: Origin,
    /// Who the handshake was from.
    pub viewer: Outcome<Viewer>,
    /// Whether it said so by a header.
    pub has_header: bool,
    /// The access token of the console's cookie, where a page of ours shook hands.
    pub cookie: Option<String>,
    /// Whether the client speaks the protocol.
    pub speaks: bool,
    pub sockets: Sockets,
    pub stop: watch::Receiver<bool>,
}

impl Conversation {
    /// Speaks to the end.
    pub async fn run(mut self) {
        let Err(close) = self.speak().await;
        tracing::debug!(?close, "a connection ends");
        let Some(frame) = close.frame() else { return };
        let farewell = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                // Until the other side has taken it: ending before it would read as a broken connection.
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // Who does not answer has been told.
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn speak(&mut self) -> Result<std::convert::Infallible, Close> {
        if !self.speaks {
            return Err(Close::Protocol);
        }
        let payload = self.wait_for_init().await?;
        let viewer = self.who(payload).await.map_err(|error| match error {
            Error::Unauthenticated => {
                Close::Unauthorized("The access token is missing, wrong, expired or revoked.")
            }
            _ => Close::Later("Who you are cannot be told now."),
        })?;
        let user = viewer.signed_in.as_ref().ok_or(Close::Gone)?;
        let mut place = self
            .sockets
            .enter(user.user_id, user.session_id)
            .ok_or(Close::Later("Too many connections of this user."))?;
        self.send(ServerMessage::ConnectionAck.text()?, &mut place)
            .await?;
        self.serve(&viewer, &mut place).await
    }

    async fn wait_for_init(&mut self) -> Result<Option<Map<String, Value>>, Close> {
        let deadline = Instant::now() + SILENCE;
        loop {
            let message = tokio::select! {
                biased;
                _ = self.stop.changed() => return Err(Close::Restart),
                message = timeout_at(deadline, hear(&mut self.socket)) => message.map_err(|_| Close::Silence)??,
            };
            match message {
                Heard::Message(ClientMessage::ConnectionInit { payload }) => return Ok(payload),
                Heard::Message(ClientMessage::Subscribe { .. }) => {
                    return Err(Close::Unauthorized("Unauthorized"));
                }
                Heard::Message(ClientMessage::Ping { payload }) => {
                    let pong = ServerMessage::Pong { payload }.text()?;
                    match timeout_at(deadline, self.socket.send(pong)).await {
                        Ok(Ok(())) => {}
                        _ => return Err(Close::Gone),
                    }
                }
                Heard::Message(_) | Heard::Sign => {}
            }
        }
    }

    /// Who asks: whom the payload's token names, or else who the handshake was from, as they are now. The cookie is looked
    /// at when the payload says `"session": "cookie"` alone: a page may keep its tokens itself, and show none.
    async fn who(&mut self, payload: Option<Map<String, Value>>) -> Outcome<Viewer> {
        let payload = payload.unwrap_or_default();
        let in_cookies =
            !self.has_header && payload.get("session").is_some_and(|session| session == "cookie");
        let given = payload
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let app = &self.served.app;
        match given {
            Some((_, Value::String(token))) => {
                let bare = match token.split_once(' ') {
                    Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest,
                    _ => &token,
                };
                identify(app, self.origin.clone(), Some(bare.trim())).await
            }
            Some(_) => Err(Error::Unauthenticated),
            None if in_cookies => {
                let token = self.cookie.take().ok_or(Error::Unauthenticated)?;
                identify(app, self.origin.clone(), Some(&token)).await
            }
            None => {
                let handshake = std::mem::replace(&mut self.viewer, Err(Error::Unauthenticated))?;
                identify_again(app, &handshake).await
            }
        }
    }

    async fn serve(&mut self, viewer: &Viewer, place: &mut Place) -> Result<std::convert::Infallible, Close> {
        let mut operations = Operations::new(self.served.clone(), viewer.clone());
        let mut heard_at = Instant::now();
        let mut pings = interval_at(heard_at + PING_EVERY, PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                biased;
                () = place.ended() => return Err(Close::Unauthorized("The session has ended.")),
                _ = self.stop.changed() => return Err(Close::Restart),
                _ = pings.tick() => {
                    if heard_at.elapsed() >= GONE {
                        return Err(Close::Gone);
                    }
                    Message::Ping(Bytes::new())
                }
                heard = hear(&mut self.socket) => {
                    let heard = heard?;
                    heard_at = Instant::now();
                    match heard {
                        Heard::Sign | Heard::Message(ClientMessage::Pong {}) => continue,
                        Heard::Message(ClientMessage::ConnectionInit { .. }) => return Err(Close::SaidBefore),
                        Heard::Message(ClientMessage::Ping { payload }) => {
                            ServerMessage::Pong { payload }.text()?
                        }
                        Heard::Message(ClientMessage::Complete { id }) => {
                            operations.end(&id);
                            continue;
                        }
                        Heard::Message(ClientMessage::Subscribe { id, payload }) => {
                            match operations.begin(id, payload).await? {
                                Some(refused) => refused,
                                None => continue,
                            }
                        }
                    }
                }
                Some(message) = operations.next() => message,
            };
            self.send(message, place).await?;
        }
    }

    async fn send(&mut self, message: Message, place: &mut Place) -> Result<(), Close> {
        tokio::select! {
            biased;
            () = place.ended() => Err(Close::Unauthorized("The session has ended.")),
            sent = timeout(TAKE, self.socket.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                _ => Err(Close::Gone),
            },
        }
    }
}

/// What came.
enum Heard {
    Message(ClientMessage),
    /// A sign of life.
    Sign,
}

async fn hear(socket: &mut WebSocket) -> Result<Heard, Close> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => Ok(Heard::Message(ClientMessage::read(&text)?)),
        Some(Ok(Message::Binary(_))) => Err(Close::BadRequest("A message is text.".to_owned())),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Heard::Sign),
        Some(Err(error)) if error.to_string().starts_with("Space limit exceeded") => Err(Close::TooLong),
        // A close was answered by the library.
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Close::Gone),
    }
}
