//! The words of the protocol, and the codes with which a connection is closed.

use async_graphql::{Response, ServerError, Variables};
use axum::extract::ws::{CloseFrame, Message};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::misread;

/// The longest name of an operation.
const MOST_ID: usize = 256;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Who it is.
    ConnectionInit {
        /// Holds the access token.
        payload: Option<Map<String, Value>>,
    },
    /// Begins an operation.
    Subscribe {
        /// Its name.
        id: String,
        /// What it asks for.
        payload: Operation,
    },
    /// Ends an operation.
    Complete {
        /// Its name.
        id: String,
    },
    /// Are you there?
    Ping {
        /// Comes back.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// I am.
    Pong {},
}

/// What an operation asks for.
#[allow(clippy::struct_field_names)] // They are the protocol's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The variables.
    #[serde(default)]
    pub variables: Variables,
}

impl ClientMessage {
    /// Reads a message.
    pub fn read(text: &str) -> Result<Self, Close> {
        let message: Self =
            serde_json::from_str(text).map_err(|error| Close::BadRequest(misread::json(&error)))?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() || id.len() > MOST_ID => {
                Err(Close::BadRequest(format!("An id has 1 to {MOST_ID} bytes.")))
            }
            _ => Ok(message),
        }
    }
}

/// What we say.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage<'m> {
    /// You are known.
    ConnectionAck,
    /// An answer.
    Next {
        /// The operation.
        id: &'m str,
        /// The answer.
        payload: Response,
    },
    /// The operation is none, and was not begun.
    Error {
        /// The operation.
        id: &'m str,
        /// Why.
        payload: Vec<ServerError>,
    },
    /// The operation has ended.
    Complete {
        /// The operation.
        id: &'m str,
    },
    /// I am here.
    Pong {
        /// What came with the ping.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
}

impl ServerMessage<'_> {
    /// As it goes over the wire.
    pub fn text(&self) -> Result<Message, Close> {
        // What we say is made of texts and numbers: it can always be written.
        let text = serde_json::to_string(self).map_err(|_| Close::Gone)?;
        Ok(Message::Text(text.into()))
    }
}

/// Why a connection ends. The codes from 4400 on are the protocol's.
#[derive(Debug, PartialEq, Eq)]
pub enum Close {
    /// The other side is gone, or takes nothing any more: there is nobody to tell.
    Gone,
    /// What came is no message of the protocol.
    BadRequest(String),
    /// Nobody is known, or not any more.
    Unauthorized(&'static str),
    /// The client speaks another protocol.
    Protocol,
    /// Nobody said who they are.
    Silence,
    /// There is such an operation.
    Exists(String),
    /// Who they are was said before.
    SaidBefore,
    /// A message is too long.
    TooLong,
    /// The server stops; another may be there.
    Restart,
    /// Not now.
    Later(&'static str),
}

impl Close {
    /// The frame that tells it; none where there is nobody to tell.
    #[must_use]
    pub fn frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::BadRequest(why) => (4400, why.clone()),
            Self::Unauthorized(why) => (4401, (*why).to_owned()),
            Self::Protocol => (
                4406,
                "Subprotocol not acceptable: graphql-transport-ws".to_owned(),
            ),
            Self::Silence => (4408, "Connection initialisation timeout".to_owned()),
            Self::Exists(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::SaidBefore => (4429, "Too many initialisation requests".to_owned()),
            Self::TooLong => (1009, "The message is too long.".to_owned()),
            Self::Restart => (1012, "The server stops.".to_owned()),
            Self::Later(why) => (1013, (*why).to_owned()),
        };
        let reason = cut(reason);
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }
}

/// A reason has at most 123 bytes (RFC 6455, section 5.5).
fn cut(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(123));
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_its_frame() {
        let frame = Close::Exists("登".repeat(80)).frame().unwrap();
        assert!((120..=123).contains(&frame.reason.len()));
        assert!(frame.reason.ends_with('登'));
        assert!(Close::Gone.frame().is_none());
    }

    #[test]
    fn only_the_messages_of_the_protocol_are_read() {
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"authorization":"x"},"more":1}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":null,"operationName":null,"extensions":{}}}"#,
            r#"{"type":"complete","id":"1"}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","payload":null}"#,
            r#"{"type":"pong","payload":{"a":1}}"#,
        ] {
            assert!(ClientMessage::read(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "ping",
            "null",
            "[]",
            "{}",
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[1]}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(
                matches!(ClientMessage::read(text), Err(Close::BadRequest(_))),
                "{text}"
            );
        }
    }
}
