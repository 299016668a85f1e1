//! Files that contacts and agents send: kept under ids that cannot be guessed, served so that they cannot run as pages.

mod keep;
mod serve;

pub use keep::{FILE_BYTES_MAX, find, receive, save};

use crate::app::Shared;
use axum::Router;
use axum::routing::get;

/// `GET /files/{id}/{name}`.
pub fn routes() -> Router<Shared> {
    Router::new().route("/files/{id}/{name}", get(serve::file))
}
