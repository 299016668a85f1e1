//! The sockets: pages for `/` and `/_desk/`, the vendor for everything else.

use super::{Desk, act, page, post};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use axum::routing::{get, post as on_post};
use handover_core::port::http as call;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The most that a request may bring.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Answers until the program ends, and posts the vendor's hooks.
///
/// # Errors
/// When the client for hooks cannot be made.
pub async fn serve(desk: Arc<Desk>, listener: TcpListener) -> Result<(), String> {
    let poster = post::Poster::new()?;
    tokio::spawn(post::run(desk.clone(), poster));
    let pages = pages(desk.clone());
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (desk, pages) = (desk.clone(), pages.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(desk.clone(), pages.clone(), request));
            // What breaks off is the caller's to notice.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn pages(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(page::show))
        .route("/_desk/desk.css", get(page::style))
        .route("/_desk/desk.js", get(page::script))
        .route("/_desk/say", on_post(act::say))
        .route("/_desk/status", on_post(act::status))
        .route("/_desk/type", on_post(act::types))
        .route("/_desk/mood", on_post(act::mood))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk)
}

/// The connection is dropped instead of an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is dropped")
    }
}

impl std::error::Error for Dropped {}

async fn answer(
    desk: Arc<Desk>,
    pages: Router,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Body>, Dropped> {
    let path = request.uri().path();
    if path == "/" || path.starts_with("/_desk/") {
        return pages.oneshot(request.map(Body::new)).await.map_err(|_| Dropped);
    }
    let (head, body) = request.into_parts();
    let Some(method) = method(head.method.as_str()) else {
        return Ok(empty(StatusCode::METHOD_NOT_ALLOWED));
    };
    let Ok(bytes) = to_bytes(Body::new(body), BODY_BYTES_MAX).await else {
        return Ok(empty(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let place = head.uri.path_and_query().map_or("/", |place| place.as_str());
    let mut wanted = call::Request::new(method, format!("{}{place}", desk.base));
    for (name, value) in &head.headers {
        wanted = wanted.header(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    wanted.body = bytes.to_vec();
    desk.vendor.call(&wanted).map(reply).map_err(|_| Dropped)
}

fn method(text: &str) -> Option<&'static str> {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|method| *method == text)
}

fn reply(reply: call::Reply) -> Response<Body> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    for (name, value) in reply.headers {
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    // What others uploaded is never run as a page of this server.
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
