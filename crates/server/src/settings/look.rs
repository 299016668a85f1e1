//! After the settings have changed, open sessions look at their timers anew: a shorter timeout counts from now on.

use crate::app::Shared;
use handover_core::port::store::SessionFilter;

/// More open sessions than this are left to their timers, which look at the settings when they fire.
const SESSIONS_MAX: u32 = 100_000;

/// Lets each open session look at the time and the settings, beside whatever else is going on.
pub fn look_again(app: &Shared) {
    let app = Shared::clone(app);
    tokio::spawn(async move {
        let filter = SessionFilter { open: Some(true), conversation: None, limit: SESSIONS_MAX };
        let sessions = match app.store.sessions(filter).await {
            Ok(sessions) => sessions,
            Err(error) => {
                tracing::error!(%error, "open sessions could not be told of changed settings");
                return;
            }
        };
        for session in sessions {
            if let Err(error) = app.engine.look(&session.conversation).await {
                tracing::warn!(session = %session.id, %error, "a session could not be told of changed settings");
            }
        }
    });
}
