//! Waiting for something to come about in a conversation.

use crate::app::App;
use handover_core::ids::ConversationId;
use std::time::Duration;
use tokio::time::Instant;

/// How long a lost hint may hold up a look.
const POLL: Duration = Duration::from_millis(200);

/// Looks until `look` finds something or the time is up. An error of the look ends it, too.
pub(super) async fn until<T, E, F: Future<Output = Result<Option<T>, E>>>(
    app: &App,
    conversation: &ConversationId,
    deadline: Instant,
    look: impl Fn() -> F,
) -> Result<Option<T>, E> {
    // Listening before looking, no hint is missed.
    let mut hints = app.bus.subscribe_to(conversation);
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        let now = Instant::now();
        if now >= deadline || app.bus.is_stopping() {
            return Ok(None);
        }
        let pause = POLL.min(deadline - now);
        if let Ok(Err(_)) = tokio::time::timeout(pause, hints.recv()).await {
            tokio::time::sleep(pause).await;
        }
    }
}
