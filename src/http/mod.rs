//! The server: routes, who asks, and how it starts and stops.
//!
//! `router` lists the paths; `graphql` is the one that matters: it reads who asks (`authenticate`, `cookies`,
//! `origin`), hands the request to the schema, and writes the answer as the specification wants it. `misread` says
//! what is wrong with one that is none, `graphiql` carries the playground.

mod authenticate;
mod cookies;
mod envelope;
mod graphiql;
mod graphql;
mod landing;
mod metrics;
mod misread;
mod origin;
mod question;
mod request_id;
mod router;
mod serve;
mod socket;

pub use metrics::serve_metrics;
pub use serve::serve;
