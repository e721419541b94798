//! The page at `/`: where everything is.

use axum::response::Html;

/// The page. It loads nothing.
pub async fn landing() -> Html<&'static str> {
    Html(include_str!("landing.html"))
}
