//! What holds for every request: a body limit, a time limit, an end for panics, and errors that programs can read.
//!
//! All of it is one layer: each layer of its own would box the request's future once more, and a message's whole way
//! through the router would cost more than its decision.

use super::error::Problem;
use super::headers;
use super::observe::Seen;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// The largest body, unless a route sets its own `DefaultBodyLimit`.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// The longest that a request may take, its body included. Upgraded sockets and streams have begun their answer by then.
pub const REQUEST: Duration = Duration::from_secs(90);

/// Puts the limits around all routes.
pub fn around(router: Router, request_limit: Duration) -> Router {
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(request_limit, watched))
}

async fn watched(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let seen = Seen::of(&request);
    let is_large = is_large(request.headers());
    let for_programs = request.uri().path().starts_with("/v1/");
    let mut response = in_time(limit, request, next).await;
    if for_programs {
        response = readable(response).await;
    }
    headers::protect(response.headers_mut());
    // A large body that was refused is not read to its end, and its connection cannot be used again: the client is told, or
    // its next request would be lost on it.
    if is_large && response.status().is_client_error() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    seen.answered(response.status());
    response
}

fn is_large(headers: &HeaderMap) -> bool {
    const SURELY_READ_BYTES: u64 = 8 * 1024;
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length.map(str::parse::<u64>) {
        Some(length) => length.is_ok_and(|bytes| bytes > SURELY_READ_BYTES),
        None => headers.contains_key(TRANSFER_ENCODING),
    }
}

/// A handler that panics harms its own request only: what it shared is guarded by locks that bear it.
async fn in_time(limit: Duration, request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::internal("a handler panicked").into_response(),
        Err(_) => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "The request took too long. Send it again.",
        )
        .into_response(),
    }
}

async fn nothing_here(uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::not_found(format!("There is nothing at {}.", uri.path()));
    page_or(problem, &uri, &headers, "Nothing is here.")
}

async fn wrong_method(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        format!("{method} is not possible at {}; see the header Allow.", uri.path()),
    );
    page_or(problem, &uri, &headers, "This address takes other requests.")
}

/// People in a browser get a page, programs get JSON.
fn page_or(problem: Problem, uri: &Uri, headers: &HeaderMap, text: &str) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if uri.path().starts_with("/v1/") || !accept.contains("text/html") {
        return problem.into_response();
    }
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta name=\"viewport\" content=\"width=device-width\"><title>{text}</title><h1>{text}</h1><p><a href=\"/\">Go to the start</a></p>"
    );
    (problem.status, Html(page)).into_response()
}

/// Errors that the framework writes as bare text become JSON like all others, under `/v1`.
async fn readable(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if json {
        return response;
    }
    const TEXT_BYTES_MAX: usize = 4096;
    let (mut parts, body) = response.into_parts();
    let text = to_bytes(body, TEXT_BYTES_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let message = if text.is_empty() {
        status.canonical_reason().unwrap_or("The request failed.").to_owned()
    } else {
        text.into_owned()
    };
    let code = if status.is_server_error() { "failed" } else { "invalid_request" };
    let (json, body) = Problem::new(status, code, message).into_response().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(json.headers);
    Response::from_parts(parts, Body::new(body))
}

#[cfg(test)]
mod tests {
    use super::around;
    use crate::http::json::Json;
    use axum::Router;
    use axum::body::{Body, Bytes, to_bytes};
    use axum::extract::Path;
    use axum::http::{Request, Response};
    use axum::routing::{get, post};
    use std::time::Duration;
    use tower::ServiceExt;

    async fn breaks() {
        panic!("with a secret")
    }

    fn router() -> Router {
        let router = Router::new()
            .route(
                "/v1/echo",
                post(|Json(value): Json<serde_json::Value>| async { axum::Json(value) }),
            )
            .route("/v1/bytes", post(|body: Bytes| async move { body.len().to_string() }))
            .route("/v1/number/{n}", get(|Path(n): Path<u8>| async move { n.to_string() }))
            .route("/v1/slow", get(std::future::pending::<()>))
            .route("/v1/breaks", get(breaks))
            .route(
                "/own",
                get(|| async { ([("content-security-policy", "default-src 'none'")], "") }),
            );
        around(router, Duration::from_millis(50))
    }

    async fn send(request: Request<Body>) -> (Response<()>, String) {
        let (parts, body) = router().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
    }

    fn request(
        method: &str,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .body(body.into())
            .unwrap()
    }

    #[tokio::test]
    async fn every_fault_is_answered_in_json() {
        let big = "x".repeat(1024 * 1024);
        let big_json = format!("\"{big}\"");
        for (method, path, content_type, body, status, code) in [
            ("POST", "/v1/echo", "application/json", "{", 400, "malformed_json"),
            ("POST", "/v1/echo", "text/plain", "{}", 415, "not_json"),
            ("POST", "/v1/echo", "application/json", big_json.as_str(), 413, "too_large"),
            ("POST", "/v1/bytes", "text/plain", big.as_str(), 413, "invalid_request"),
            ("GET", "/v1/echo", "", "", 405, "wrong_method"),
            ("GET", "/v1/number/300", "", "", 400, "invalid_request"),
            ("GET", "/v1/none", "", "", 404, "not_found"),
            ("GET", "/none", "", "", 404, "not_found"),
            ("GET", "/v1/slow", "", "", 408, "timeout"),
            ("GET", "/v1/breaks", "", "", 500, "internal"),
        ] {
            let (parts, body) = send(request(method, path, content_type, body.to_owned())).await;
            assert_eq!(parts.status().as_u16(), status, "{path}: {body}");
            let json: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(json["error"]["code"], code, "{path}: {body}");
            assert!(json["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
            assert!(!body.contains("secret"));
        }
    }

    #[tokio::test]
    async fn people_get_a_page() {
        let mut asked = request("GET", "/none", "", "");
        asked.headers_mut().insert("accept", "text/html".parse().unwrap());
        let (parts, body) = send(asked).await;
        assert_eq!(parts.status().as_u16(), 404);
        assert!(body.starts_with("<!doctype html>"));
    }

    #[tokio::test]
    async fn pages_are_protected_unless_they_say_otherwise() {
        let (parts, _) = send(request("GET", "/none", "", "")).await;
        let policy = parts.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(parts.headers()["x-frame-options"], "DENY");
        assert_eq!(parts.headers()["x-content-type-options"], "nosniff");
        let (parts, _) = send(request("GET", "/own", "", "")).await;
        assert_eq!(parts.headers()["content-security-policy"], "default-src 'none'");
        assert!(!parts.headers().contains_key("x-frame-options"));
    }
}
