//! A name for each request: in the log, the audit log and the answer's header.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderName, HeaderValue};

use crate::secret::keys::hex;

/// The header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A new name: 16 bytes that no other request has, and that tell nothing of how many there were. They are no secret, so
/// the system is not asked for each: they are the hashes of a number, by keys that this process has made of chance.
pub fn fresh() -> HeaderValue {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let halves = KEYS.each_ref().map(|key| key.hash_one(number).to_be_bytes());
    // Digits and letters are what a header can hold.
    HeaderValue::try_from(hex(halves.as_flattened())).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_have_one_name() {
        let names: HashSet<HeaderValue> = (0..10_000).map(|_| fresh()).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| name.len() == 32));
    }
}
