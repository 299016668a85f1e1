//! The whole HTTP surface on one screen.

pub mod assets;
pub mod client;
pub mod error;
pub mod guard;
pub mod headers;
mod held;
pub mod json;
pub mod limits;
pub mod observe;
pub mod serve;

use crate::app::Shared;
use axum::Router;

/// All routes.
pub fn router(app: Shared) -> Router {
    let routes = Router::new()
        .merge(assets::routes())
        .merge(crate::web::routes())
        .merge(crate::files::routes())
        .merge(crate::desks::hooks::routes())
        .merge(crate::console::routes())
        .merge(crate::activity::routes())
        .merge(crate::settings::pages::routes())
        .merge(crate::doctor::routes())
        .merge(crate::auth::routes())
        .merge(crate::api::routes(app.api_requests_per_s))
        .with_state(app);
    limits::around(routes, limits::REQUEST)
}
