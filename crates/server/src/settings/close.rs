//! Deleting a desk: what is open there ends first, so that no contact waits for people who no longer hear (promise E).

use super::{AccountKind, SettingsError};
use crate::app::App;
use handover_core::delivery::Side;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::{AccountId, ConversationId};
use handover_core::port::store::{SessionFilter, StoreError};
use handover_core::session::SessionRecord;
use handover_engine::Error;
use std::time::Duration;

/// More open sessions than this are not looked at.
const SESSIONS_MAX: u32 = 100_000;
/// How long the desk has to hear of the ends before its credentials are forgotten. One that is gone need not be waited
/// for any longer than a person waits for a page.
const LAST_WORD: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The sessions that are open at a desk.
///
/// # Errors
/// When the store fails.
pub async fn open_at(app: &App, desk: &AccountId) -> Result<Vec<SessionRecord>, StoreError> {
    let mut sessions = open(app).await?;
    sessions.retain(|session| session.desk == *desk);
    Ok(sessions)
}

/// The sessions that are open at any desk.
///
/// # Errors
/// When the store fails.
pub async fn open(app: &App) -> Result<Vec<SessionRecord>, StoreError> {
    let filter = SessionFilter { open: Some(true), conversation: None, limit: SESSIONS_MAX };
    app.store.sessions(filter).await
}

/// Ends the sessions that are open at a desk, lets it hear of that, and deletes it. Says how many sessions were ended.
///
/// # Errors
/// When it is one that must stay; then nothing was done. When the store fails: then some sessions may have ended, and the
/// same again does the rest.
pub async fn delete(app: &App, desk: &AccountId) -> Result<usize, SettingsError> {
    app.settings.may_delete(AccountKind::Desk, desk)?;
    let ended = end_all(app, desk).await?;
    let heard = async {
        for conversation in &ended {
            while app.store.pending(conversation, Side::Desk).await.unwrap_or_default() > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    };
    if tokio::time::timeout(LAST_WORD, heard).await.is_err() {
        tracing::warn!(%desk, "a desk was deleted before it had heard of all ends");
    }
    app.settings.delete_account(AccountKind::Desk, desk).await?;
    app.health.forget(desk).await?;
    crate::doctor::forget(app, desk).await?;
    // Whoever came in while the desk was heard out.
    let late = end_all(app, desk).await?;
    Ok(ended.len() + late.len())
}

async fn end_all(app: &App, desk: &AccountId) -> Result<Vec<ConversationId>, SettingsError> {
    let mut ended = Vec::new();
    for session in open_at(app, desk).await? {
        let act =
            FromDesk { source: None, agent: None, done_at: None, act: DeskAct::OperatorEnded };
        match app.engine.from_desk(&session.id, act).await {
            Ok(_) => ended.push(session.conversation),
            // It has ended by itself.
            Err(Error::NoSession | Error::NoConversation) => {}
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error @ (Error::Busy | Error::Lost)) => {
                return Err(SettingsError::Refused(format!(
                    "Not all sessions could be ended: {error}."
                )));
            }
        }
    }
    Ok(ended)
}
