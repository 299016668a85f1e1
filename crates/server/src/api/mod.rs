//! Surfaces for programs: the Chat API, the sessions API, health, metrics, OpenAPI.

mod acts;
mod answer;
mod auth;
mod chat;
mod conversations;
mod deliveries;
mod desks;
mod health;
pub mod livechat;
mod loop_test;
mod messages;
pub mod metrics;
mod nodes;
mod rate;
mod sessions;
mod shape;
pub mod spec;
#[cfg(test)]
mod tests;

use crate::app::Shared;
use axum::http::{HeaderName, Method, header};
use axum::response::IntoResponse;
use axum::routing::{get, options};
use axum::{Extension, Router};
use rate::Rates;
use std::num::NonZeroU32;
use std::sync::Arc;
use tower_http::cors::{Any, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes for programs.
pub fn routes(requests_per_s: NonZeroU32) -> Router<Shared> {
    let (public, described) = OpenApiRouter::with_openapi(spec::Spec::openapi())
        .routes(routes!(chat::chat))
        .split_for_parts();
    let (private, document) = OpenApiRouter::with_openapi(described)
        .routes(routes!(messages::read))
        .routes(routes!(conversations::open))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::one))
        .routes(routes!(acts::accept))
        .routes(routes!(acts::say))
        .routes(routes!(acts::note))
        .routes(routes!(acts::end))
        .routes(routes!(livechat::read, livechat::change))
        .routes(routes!(desks::list))
        .routes(routes!(desks::read, desks::put, desks::delete))
        .routes(routes!(loop_test::test))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::one))
        .routes(routes!(deliveries::repeat))
        .routes(routes!(deliveries::skip))
        .routes(routes!(deliveries::repeat_all))
        .routes(routes!(deliveries::timeline))
        .routes(routes!(nodes::list))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .split_for_parts();
    // Written once: it does not change while the program runs.
    let document: Arc<str> = document.to_json().unwrap_or_default().into();
    public
        // Answered by the layer; the route must be there for the layer to see it.
        .route("/v1/api/chat", options(async || {}))
        .layer(from_any_site())
        .merge(private)
        .route("/v1/openapi.json", get(move || async move { as_json(&document) }))
        .layer(Extension(Arc::new(Rates::new(requests_per_s))))
}

fn as_json(document: &str) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "application/json")], document.to_owned())
}

/// A public key may sit in any site's page. No cookie means anything here, so nothing is lent to that site.
fn from_any_site() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("x-api-signature"),
        ])
        .expose_headers([header::RETRY_AFTER])
}
