//! Password hashes: argon2id with the library's parameters, a few at a time, never on the threads that serve requests.

use super::agents::AgentError;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// The shortest password that is taken.
pub(super) const PASSWORD_CHARS_MIN: usize = 10;
/// The longest one: hashing more is work for nothing.
pub(super) const PASSWORD_CHARS_MAX: usize = 200;

/// Each hash takes 19 MiB and a core for a while: more at once would slow the chats down.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Hashes a password with a new salt.
pub(super) async fn hash(password: &str) -> Result<String, AgentError> {
    check(password)?;
    let password = password.to_owned();
    apart(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|error| AgentError::Hash(error.to_string()))
    })
    .await?
}

/// Whether the password fits. Without a hash the same work is done for nothing, so that the time it takes tells
/// nobody which logins exist.
pub(super) async fn fits(password: &str, hash: Option<&str>) -> Result<bool, AgentError> {
    if password.chars().count() > PASSWORD_CHARS_MAX {
        return Ok(false);
    }
    let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
    apart(move || {
        let Some(hash) = hash else {
            // Its outcome does not matter, only its time.
            let _ = Argon2::default().hash_password(password.as_bytes());
            return false;
        };
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// Says what is wrong with a new password.
fn check(password: &str) -> Result<(), AgentError> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        Err(AgentError::field(
            "password",
            format!("At least {PASSWORD_CHARS_MIN} characters; this has {chars}."),
        ))
    } else if chars > PASSWORD_CHARS_MAX {
        Err(AgentError::field("password", format!("At most {PASSWORD_CHARS_MAX} characters.")))
    } else {
        Ok(())
    }
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AgentError> {
    let _permit = AT_ONCE.acquire().await.map_err(|error| AgentError::Hash(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| AgentError::Hash(error.to_string()))
}
