//! The built-in desk: queue, conversation, context.

pub mod canned;

use crate::app::Shared;
use axum::Router;

/// The console's routes.
pub fn routes() -> Router<Shared> {
    Router::new()
}
