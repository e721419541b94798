//! A name for each request: in the log, the audit log and the answer's header.

use axum::http::{HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::base::random;
use crate::secret::keys::hex;

/// The header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Makes the names: 16 random bytes. A client's own name is not taken, as it could be anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fresh;

impl MakeRequestId for Fresh {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&hex(&random::bytes::<16>()))
            .ok()
            .map(RequestId::new)
    }
}
