//! Agents: passwords, sign-in, cookies, protection against forged requests.

use crate::app::Shared;
use axum::Router;

/// Sign-in and sign-out.
pub fn routes() -> Router<Shared> {
    Router::new()
}

/// Makes the first agent; gives its password when it was made up.
///
/// # Errors
/// When the store fails.
pub async fn first_run(
    _records: &dyn handover_core::port::store::Records,
    _preset: Option<String>,
) -> Result<Option<String>, handover_core::port::store::StoreError> {
    Ok(None)
}
