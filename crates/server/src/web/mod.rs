//! The web channel: hosted chat page, widget, socket, uploads.

mod limits;
mod pages;
mod poll;
mod protocol;
mod socket;
mod visitor;

#[cfg(test)]
mod tests;

use crate::app::{App, Shared};
use crate::files::FILE_BYTES_MAX;
use crate::http::error::Problem;
use crate::settings::AccountKind;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use limits::Limits;
use std::sync::Arc;

/// The web channel's routes.
pub fn routes() -> Router<Shared> {
    let file_bytes_max = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
    Router::new()
        .route("/v1/web/{channel}/socket", get(socket::socket))
        .route("/v1/web/{channel}/events", get(poll::events))
        .route("/v1/web/{channel}/messages", post(poll::messages))
        .route(
            "/v1/web/{channel}/files",
            post(poll::upload).layer(DefaultBodyLimit::max(file_bytes_max)),
        )
        .layer(Extension(Arc::new(Limits::default())))
        .merge(pages::routes())
}

/// A web channel by its id in the address.
fn web_channel(app: &App, id: &str) -> Result<Arc<Account>, Problem> {
    app.settings
        .account(AccountKind::Channel, &AccountId::new(id))
        .filter(|account| account.vendor == "web")
        .ok_or_else(|| {
            Problem::not_found(
                "There is no such web chat. Look at the channel's id in the address.",
            )
        })
}
