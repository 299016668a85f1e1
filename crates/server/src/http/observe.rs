//! What the log and the metrics learn of a request: never its query, headers or body, which may hold secrets.

use crate::api::metrics::METRICS;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// The layer.
pub async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let took = began.elapsed();
    let status = response.status();
    // The route, not the path: labels must not grow with what callers ask for, nor hold ids.
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    METRICS.request(&method, route, status, took);
    let took_ms = took.as_secs_f64() * 1000.0;
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status.as_u16(), took_ms, "request");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), took_ms, "request");
    }
    response
}
