//! The settings pages.

use crate::app::Shared;
use axum::Router;

/// The settings pages' routes.
pub fn routes() -> Router<Shared> {
    Router::new()
}
