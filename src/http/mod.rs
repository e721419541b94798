//! The server: routes, who asks, and how it starts and stops.

mod authenticate;
mod graphql;
mod landing;
mod origin;
mod request_id;
mod router;
mod serve;

pub use router::router;
pub use serve::serve;
