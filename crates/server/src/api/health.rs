//! `/healthz`, `/readyz`, `/metrics`.

use super::metrics::METRICS;
use crate::activity::nodes;
use crate::app::Shared;
use crate::http::error::Problem;
use crate::settings::AccountKind;
use crate::settings::glance::{Glance, look_at};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use handover_core::port::store;
use serde_json::{Value, json};
use std::time::Duration;

const STORE: Duration = Duration::from_secs(3);

/// Whether the program is alive.
#[utoipa::path(get, path = "/healthz", tag = "Health", responses((status = 200, description = "It is alive")))]
pub(super) async fn alive() -> axum::Json<Value> {
    axum::Json(json!({ "status": "ok" }))
}

/// Whether the program can take requests: its store answers.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Health",
    responses((status = 200, description = "It can take requests"), (status = 503, description = "Its store does not answer")),
)]
pub(super) async fn ready(State(app): State<Shared>) -> Result<axum::Json<Value>, Problem> {
    within(app.store.next_due()).await?;
    Ok(axum::Json(json!({ "status": "ok" })))
}

/// Numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Health", responses((status = 200, description = "The numbers", content_type = "application/openmetrics-text"), (status = 503, description = "The store does not answer", body = super::spec::ErrorBody)))]
pub(super) async fn metrics(State(app): State<Shared>) -> Result<Response, Problem> {
    let counts = within(app.store.counts()).await?;
    METRICS.cluster(&within(nodes::read(&app)).await?);
    METRICS.waiting(app.outbox.waiting_since().await?, app.clock.now());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], METRICS.text(counts, &desks(&app))).into_response())
}

/// How the configured desks are doing.
fn desks(app: &Shared) -> Vec<(String, Glance)> {
    let desks = app.settings.accounts(AccountKind::Desk);
    desks.iter().map(|desk| (desk.id.to_string(), look_at(app, desk, &[]))).collect()
}

async fn within<T>(asked: impl Future<Output = store::Result<T>>) -> Result<T, Problem> {
    let down = |why: &dyn std::fmt::Display| {
        tracing::error!(%why, "the store does not answer");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "The store does not answer.")
    };
    match tokio::time::timeout(STORE, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(down(&error)),
        Err(elapsed) => Err(down(&elapsed)),
    }
}
