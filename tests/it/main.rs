//! The tests of Rollcall: behaviour, through the real API, on real databases, with a real SMTP server.
//!
//! One file a capability. Each test runs on every database of `support::database`; PostgreSQL's server is the one
//! of `TEST_POSTGRES_URL`, which `make test` starts, and a test that misses it fails.

mod support;

mod sessions;
