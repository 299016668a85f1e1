//! The built-in desk: queue, conversation, context. All that agents do goes through the engine.

pub mod canned;

mod act;
mod page;
mod queue;
mod socket;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use queue::{lasting, name_of};

use crate::app::Shared;
use axum::Router;
use axum::routing::{get, post};

/// The console's routes.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console", get(page::queue))
        .route("/console/c/{id}", get(page::conversation))
        .route("/console/c/{id}/earlier", get(page::earlier))
        .route("/console/c/{id}/act", post(page::act))
        .route("/console/canned", get(page::canned))
        .route("/console/socket", get(socket::open))
        .route("/console/files", post(page::upload))
}
