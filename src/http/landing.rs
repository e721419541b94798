//! The page at `/`: where everything is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;

use crate::app::App;
use crate::base::settings::Switch;

/// What tells the schema.
const SCHEMA: &str = r#"<dt><a href="/graphiql"><code>/graphiql</code></a></dt>
  <dd>GraphiQL: try the API in the browser. Its tabs walk from the login to a member of a team.</dd>
  <dt><a href="/schema.graphql"><code>/schema.graphql</code></a></dt>
  <dd>The schema, with who may do what.</dd>
  "#;

/// The page. It loads nothing.
pub async fn landing(State(app): State<Arc<App>>) -> Html<String> {
    let schema = if app.settings.introspection == Switch::On {
        SCHEMA
    } else {
        ""
    };
    Html(include_str!("landing.html").replace("{schema}", schema))
}
