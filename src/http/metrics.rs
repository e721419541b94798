//! Metrics for Prometheus, on a listener of their own: they are the operator's, and not for the public address.
//!
//! They are read from the database when somebody asks, so that each node tells the same; only the work that a node has
//! done itself is counted by it.

use std::fmt::{self, Write};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::audit::{self, Head};
use crate::base::Result;
use crate::mail::outbox;

/// Prometheus' text format, version 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves `/metrics` until told to stop.
pub async fn serve_metrics(
    app: Arc<App>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let router = Router::new().route("/metrics", get(metrics)).with_state(app);
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            // An error means that nobody is left who could tell.
            let _ = stop.changed().await;
        })
        .await
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    match text(&app).await {
        Ok(text) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            tracing::warn!(error = %error, cause = ?error, "the metrics cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn text(app: &App) -> Result<String> {
    let standing = audit::standing(&app.database).await?;
    let mail = outbox::standing(app.database.reader()).await?;
    let Head { position, hash } = &standing.head;
    let age = |since: Option<DateTime<Utc>>| {
        let millis = since.map_or(0, |since| (app.now() - since).num_milliseconds().max(0));
        format!("{}.{:03}", millis / 1000, millis % 1000)
    };
    let mut text = String::new();
    let mut metric = |kind: &str, name: &str, about: &str, labels: &str, value: &dyn fmt::Display| {
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "# HELP {name} {about}\n# TYPE {name} {kind}\n{name}{labels} {value}\n"
        );
    };
    metric(
        "counter",
        "rollcall_password_checks_total",
        "How many passwords this node has checked against somebody's hash: logins and current passwords.",
        "",
        &app.hasher.checked(),
    );
    let mut gauge = |name: &str, about: &str, labels: &str, value: &dyn fmt::Display| {
        metric("gauge", name, about, labels, value);
    };
    gauge(
        "rollcall_audit_head_position",
        "How many audit events are sealed: the position of the last one.",
        "",
        position,
    );
    gauge(
        "rollcall_audit_head_info",
        "The last sealed audit event, to be kept and given to `rollcall audit verify --head`.",
        &format!("{{position=\"{position}\",hash=\"{hash}\"}}"),
        &1,
    );
    gauge(
        "rollcall_audit_unsealed_events",
        "How many audit events are written and not sealed yet.",
        "",
        &standing.waiting,
    );
    gauge(
        "rollcall_audit_oldest_unsealed_age_seconds",
        "How long the oldest of them has waited; 0 when there is none.",
        "",
        &age(standing.waiting_since),
    );
    gauge(
        "rollcall_mail_waiting_letters",
        "How many letters wait to be sent.",
        "",
        &mail.waiting,
    );
    gauge(
        "rollcall_mail_oldest_waiting_age_seconds",
        "How long the oldest of them has waited; 0 when there is none.",
        "",
        &age(mail.waiting_since),
    );
    gauge(
        "rollcall_mail_set_aside_letters",
        "How many letters could not be delivered and were given up: `rollcall mail list` names them.",
        "",
        &mail.set_aside,
    );
    Ok(text)
}
