//! What the log and the metrics learn of a request: never its query, headers or body, nor a hook's path token: they may hold
//! secrets.

use crate::api::metrics::METRICS;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// The layer.
pub async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let path = without_token(request.uri().path());
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

/// A hook's address without its secret, also where it was mistyped or has something in front of it.
fn without_token(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    match segments.iter().position(|segment| segment.eq_ignore_ascii_case("hooks")) {
        Some(hooks) if segments.len() > hooks + 2 => {
            format!("{}/***", segments.get(..hooks + 2).unwrap_or_default().join("/"))
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_token;

    #[test]
    fn a_hooks_secret_is_not_told() {
        for (path, told) in [
            ("/hooks/desk-1/s3cret", "/hooks/desk-1/***"),
            ("/hooks/desk-1/s3cret/more", "/hooks/desk-1/***"),
            ("/gateway/hooks/desk-1/s3cret", "/gateway/hooks/desk-1/***"),
            ("//Hooks/desk-1/s3cret", "//Hooks/desk-1/***"),
            ("/hooks//s3cret", "/hooks//***"),
            ("/hooks", "/hooks"),
            ("/v1/sessions/hooksmith", "/v1/sessions/hooksmith"),
        ] {
            assert_eq!(without_token(path), told);
        }
    }
}
