//! The web channel: hosted chat page, widget, socket, uploads.

use crate::app::Shared;
use axum::Router;

/// The web channel's routes.
pub fn routes() -> Router<Shared> {
    Router::new()
}
