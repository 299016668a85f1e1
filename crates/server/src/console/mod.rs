//! The built-in desk: queue, conversation, context.

use crate::app::Shared;
use axum::Router;

/// The console's routes.
pub fn routes() -> Router<Shared> {
    Router::new()
}
