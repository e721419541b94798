//! A WebSocket client that speaks `graphql-transport-ws`, word by word.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderName;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::actor::Actor;
use super::world::World;

/// How long a test waits for a message before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Shakes hands with these headers beside what a client sends anyway; the status where the server does not.
    pub async fn open(url: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("{}/graphql/ws", url.replacen("http://", "ws://", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Shakes hands as a client of the protocol does.
    pub async fn speaking(url: &str) -> Self {
        let headers = [("sec-websocket-protocol", "graphql-transport-ws")];
        Self::open(url, &headers).await.unwrap()
    }

    /// A connection of this user, who is known.
    pub async fn of(actor: &Actor) -> Self {
        let mut socket = Self::speaking(&actor.url).await;
        let token = actor.token.as_ref().expect("the actor is signed in");
        socket
            .say(json!({ "type": "connection_init", "payload": { "authorization": token } }))
            .await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Says a message.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends a frame; that the server has hung up is seen by who listens.
    pub async fn send(&mut self, message: Message) {
        let _ = self.stream.send(message).await;
    }

    /// Subscribes to the events of a filter; what it selects comes in the answers.
    pub async fn subscribe(&mut self, id: &str, filter: &Value, fields: &str) {
        let query =
            format!("subscription($filter: AuditFilter) {{ auditEvents(filter: $filter) {{ {fields} }} }}");
        let payload = json!({ "query": query, "variables": { "filter": filter } });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// All that the server says until the end, and why it ends.
    pub async fn farewell(&mut self) -> String {
        let mut said = String::new();
        let end = tokio::time::timeout(PATIENCE, async {
            while let Some(Ok(message)) = self.stream.next().await {
                said += &message.to_string();
            }
        });
        end.await.expect("the server ends the connection");
        said
    }

    /// The next message, or the code of the end.
    pub async fn next(&mut self) -> Result<Value, u16> {
        let next = tokio::time::timeout(PATIENCE, async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(frame))) => {
                        return Err(frame.map_or(1005, |frame| u16::from(frame.code)));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(1006),
                }
            }
        });
        next.await.expect("the server says something")
    }

    /// The next message.
    #[track_caller]
    pub fn hear(&mut self) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            self.next()
                .await
                .unwrap_or_else(|code| panic!("{caller}: the connection was closed with {code}"))
        }
    }

    /// The next event of an operation, which is the next thing that is said.
    pub async fn event(&mut self, id: &str) -> Value {
        let mut message = self.hear().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!(id)),
            "{message}"
        );
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"]["auditEvents"].take()
    }

    /// The code with which the connection is closed, next.
    pub async fn closed(&mut self) -> u16 {
        match self.next().await {
            Ok(message) => panic!("the server says {message}"),
            Err(code) => code,
        }
    }
}

impl World {
    /// Waits until so many subscriptions follow the log: what happens from then on is told.
    pub async fn followed_by(&self, count: usize) {
        let follow = async {
            while self.app.feed.followers() != count {
                tokio::task::yield_now().await;
            }
        };
        let followed = tokio::time::timeout(PATIENCE, follow).await;
        followed.unwrap_or_else(|_| panic!("{} follow, and not {count}", self.app.feed.followers()));
    }
}
