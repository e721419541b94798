//! Writes an answer down, the fields of the fast path as they are.

use async_graphql::{Response, Value};
use serde::Serialize;

/// The body of an answer. The bytes are those that the library would write, had it resolved every field itself.
pub fn body(response: &Response) -> serde_json::Result<Vec<u8>> {
    let Value::Object(fields) = &response.data else {
        return serde_json::to_vec(response);
    };
    let held: usize = fields
        .values()
        .map(|value| {
            if let Value::Binary(bytes) = value {
                bytes.len()
            } else {
                0
            }
        })
        .sum();
    if held == 0 {
        return serde_json::to_vec(response);
    }
    let mut body = Vec::with_capacity(held + 256);
    body.extend_from_slice(b"{\"data\":{");
    for (place, (key, value)) in fields.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        serde_json::to_writer(&mut body, key.as_str())?;
        body.push(b':');
        match value {
            Value::Binary(bytes) => body.extend_from_slice(bytes),
            value => value.serialize(&mut serde_json::Serializer::new(&mut body))?,
        }
    }
    body.push(b'}');
    if !response.errors.is_empty() {
        body.extend_from_slice(b",\"errors\":");
        serde_json::to_writer(&mut body, &response.errors)?;
    }
    body.push(b'}');
    Ok(body)
}
