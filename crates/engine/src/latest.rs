//! Conversations as this process last committed them, so that the next event need not read them again. What is
//! remembered may be old where other processes write, too: the store refuses a decision that was made on it.

use handover_core::conversation::Conversation;
use handover_core::ids::ConversationId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A few megabytes at most.
const KEPT: usize = 2048;

#[derive(Default)]
pub(crate) struct Latest(Mutex<HashMap<ConversationId, Arc<Conversation>>>);

impl Latest {
    pub(crate) fn get(&self, id: &ConversationId) -> Option<Arc<Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn put(&self, conversation: Conversation) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(&conversation.id) {
            // Whoever is active is soon back.
            kept.clear();
        }
        kept.insert(conversation.id.clone(), Arc::new(conversation));
    }

    pub(crate) fn forget(&self, id: &ConversationId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
