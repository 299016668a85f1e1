//! The settings pages.

mod accounts;
mod bots;
mod canned;
mod channels;
mod desk_view;
mod desks;
mod fields;
mod form;
mod hours;
mod livechat;
pub(crate) mod moment;
mod team;
#[cfg(test)]
mod tests;

use crate::app::Shared;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

/// The settings pages' routes.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings", get(async || Redirect::to("/settings/livechat")))
        .merge(livechat::routes())
        .merge(accounts::routes())
        .merge(desks::routes())
        .merge(channels::routes())
        .merge(bots::routes())
        .merge(canned::routes())
        .merge(team::routes())
}
