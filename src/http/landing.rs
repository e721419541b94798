//! The page at `/`: where everything is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;

use crate::app::App;
use crate::base::settings::Switch;

const GRAPHIQL: &str = r#"<dt><a href="/graphiql"><code>/graphiql</code></a></dt>
  <dd>GraphiQL: try the API in the browser. Its tabs walk from the login to a member of a team.</dd>
  "#;

/// The page. It loads nothing.
pub async fn landing(State(app): State<Arc<App>>) -> Html<String> {
    let graphiql = if app.settings.introspection == Switch::On {
        GRAPHIQL
    } else {
        ""
    };
    Html(include_str!("landing.html").replace("{graphiql}", graphiql))
}
