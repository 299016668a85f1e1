//! Agents: passwords, sign-in, cookies, protection against forged requests.

mod agents;
mod extract;
mod forged;
mod limit;
mod login;
mod pages;
mod password;
#[cfg(test)]
mod tests;

pub use agents::{AgentError, Agents, Member, Role};
pub use extract::{Admin, CheckedForm, Fields, SignedIn, Uploader};
pub(crate) use extract::{not_allowed, refused};
pub use forged::{same_origin, token_fits};
pub(crate) use login::{end_others, still_signed_in};
pub use pages::{routes, safe_next};

use crate::vault::random_text;
use handover_core::port::store::Records;

/// The login of the first agent.
pub const FIRST_LOGIN: &str = "admin";

/// Makes the first agent and the first canned response, once. Gives back the password if it was made up here, so that it can be shown once.
///
/// # Errors
/// When the store fails, the machine gives no randomness, or the preset password cannot be used.
pub async fn first_run(
    records: &dyn Records,
    preset_password: Option<String>,
) -> Result<Option<String>, AgentError> {
    let agents = Agents::new(records);
    if !agents.list().await?.is_empty() {
        return Ok(None);
    }
    let (password, made) = match preset_password {
        Some(password) => (password, false),
        None => (random_text()?, true),
    };
    let first = Member {
        id: FIRST_LOGIN.into(),
        name: "Admin".into(),
        login: FIRST_LOGIN.into(),
        role: Role::Admin,
    };
    let created = agents.create(&first, &password).await?;
    crate::console::canned::first_run(records).await?;
    Ok((created && made).then_some(password))
}
