//! Surfaces for programs: the Chat API, the sessions API, health, metrics, OpenAPI.

pub mod metrics;

use crate::app::Shared;
use axum::Router;

/// The routes for programs.
pub fn routes() -> Router<Shared> {
    Router::new()
}
