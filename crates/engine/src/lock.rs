//! One event of a conversation at a time in this process. Only to save work: what keeps two writers apart is the
//! revision in the store.

use futures_util::lock::{Mutex, MutexGuard};
use handover_core::ids::ConversationId;
use std::hash::{DefaultHasher, Hash, Hasher};

const STRIPES: u64 = 1024;

/// A fixed number of locks, shared by all conversations.
pub(crate) struct Locks(Vec<Mutex<()>>);

impl Default for Locks {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Mutex::new(())).collect())
    }
}

impl Locks {
    /// Waits for a conversation's turn. Never hold two.
    pub(crate) async fn of(&self, conversation: &ConversationId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        conversation.hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % STRIPES).unwrap_or(0);
        self.0[stripe].lock().await
    }
}
