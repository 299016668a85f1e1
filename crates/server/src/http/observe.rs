//! What the log and the metrics learn of a request: never its query, headers or body, nor a hook's path token: they may hold
//! secrets.

use crate::api::metrics::METRICS;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode, Uri};
use std::time::Instant;

/// What is told of a request once it is answered.
pub(super) struct Seen {
    /// The route, not the path: labels must not grow with what callers ask for, nor hold ids.
    route: Option<MatchedPath>,
    method: Method,
    uri: Uri,
    began: Instant,
}

impl Seen {
    /// A request that has just come.
    pub(super) fn of(request: &Request) -> Self {
        Self {
            route: request.extensions().get::<MatchedPath>().cloned(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            began: Instant::now(),
        }
    }

    /// It is answered.
    pub(super) fn answered(self, status: StatusCode) {
        let took = self.began.elapsed();
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        METRICS.request(&self.method, route, status, took);
        let took_ms = took.as_secs_f64() * 1000.0;
        let (method, status_code) = (&self.method, status.as_u16());
        if status.is_server_error() {
            let path = without_token(self.uri.path());
            tracing::warn!(%method, path, status = status_code, took_ms, "request");
        } else if tracing::enabled!(tracing::Level::DEBUG) {
            let path = without_token(self.uri.path());
            tracing::debug!(%method, path, status = status_code, took_ms, "request");
        }
    }
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
