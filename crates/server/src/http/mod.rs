//! The whole HTTP surface on one screen.

pub mod assets;
pub mod error;

use crate::app::Shared;
use axum::Router;

/// All routes.
pub fn router(app: Shared) -> Router {
    Router::new()
        .merge(assets::routes())
        .merge(crate::web::routes())
        .merge(crate::console::routes())
        .merge(crate::settings::pages::routes())
        .merge(crate::auth::routes())
        .merge(crate::api::routes())
        .with_state(app)
}
