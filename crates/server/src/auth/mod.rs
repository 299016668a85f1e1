//! Agents: passwords, sign-in, cookies, protection against forged requests.

use crate::app::Shared;
use axum::Router;

/// Sign-in and sign-out.
pub fn routes() -> Router<Shared> {
    Router::new()
}
