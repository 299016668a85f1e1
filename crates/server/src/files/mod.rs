//! Files that contacts and agents send: kept under ids that cannot be guessed, or fetched from the desk where they lie;
//! served so that they cannot run as pages.

mod address;
mod at_desk;
mod blobs;
#[cfg(test)]
mod cases;
mod folder;
mod in_database;
mod keep;
mod own;
mod serve;
mod wound;

pub use address::address_of;
pub use blobs::{Blobs, FileId, Kept, Part};
pub use folder::Folder;
pub use in_database::InDatabase;
pub use keep::{FILE_BYTES_MAX, find, receive, save};
pub use own::OwnFiles;

use crate::app::Shared;
use axum::Router;
use axum::routing::get;

/// `GET /files/{id}/{name}` and `GET /files/desk/{desk}/{token}/{name}`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/files/{id}/{name}", get(serve::file))
        .route("/files/desk/{desk}/{token}/{name}", get(at_desk::file))
}
