//! A name for each request: in the log, the audit log and the answer's header.

use axum::http::{HeaderName, HeaderValue};

use crate::base::random;
use crate::secret::keys::hex;

/// The header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A new name: 16 random bytes.
pub fn fresh() -> HeaderValue {
    // Digits and letters are what a header can hold.
    HeaderValue::try_from(hex(&random::bytes::<16>())).unwrap_or(HeaderValue::from_static(""))
}
