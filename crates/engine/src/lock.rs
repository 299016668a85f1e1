//! One event of a conversation at a time in this process, and the conversation as the last one left it. Only to save
//! work: what keeps two writers apart is the revision in the store, and a conversation that is behind it is refused
//! there and read anew.

use futures_util::lock::{Mutex, MutexGuard};
use handover_core::conversation::Conversation;
use handover_core::ids::ConversationId;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

const STRIPES: u64 = 1024;
/// Conversations kept in each stripe: those that something has just happened to.
const KEPT: usize = 8;

/// A fixed number of locks, shared by all conversations.
pub(crate) struct Locks(Vec<Mutex<Recent>>);

/// Conversations that something has just happened to, the latest first.
#[derive(Default)]
pub(crate) struct Recent(VecDeque<Conversation>);

impl Default for Locks {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Mutex::default()).collect())
    }
}

impl Locks {
    /// Waits for a conversation's turn. Never hold two.
    pub(crate) async fn of(&self, conversation: &ConversationId) -> MutexGuard<'_, Recent> {
        let mut hasher = DefaultHasher::new();
        conversation.hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % STRIPES).unwrap_or(0);
        self.0[stripe].lock().await
    }
}

impl Recent {
    /// Takes a conversation out, if it is kept.
    pub(crate) fn take(&mut self, id: &ConversationId) -> Option<Conversation> {
        let at = self.0.iter().position(|kept| kept.id == *id)?;
        self.0.remove(at)
    }

    /// Keeps a conversation as it is in the store now.
    pub(crate) fn keep(&mut self, conversation: Conversation) {
        self.0.truncate(KEPT - 1);
        self.0.push_front(conversation);
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Recent};
    use handover_core::contact::Contact;
    use handover_core::conversation::Conversation;
    use handover_core::ids::{AccountId, ContactKey, ConversationId};

    fn conversation(id: usize) -> Conversation {
        let contact = Contact::unknown(ContactKey::new("eve"));
        let account = AccountId::new("a");
        Conversation::new(ConversationId::new(id.to_string()), account.clone(), account, contact)
    }

    #[test]
    fn only_the_latest_are_kept() {
        let mut recent = Recent::default();
        (0..=KEPT).for_each(|id| recent.keep(conversation(id)));
        assert!(recent.take(&ConversationId::new("0")).is_none());
        assert!(recent.take(&ConversationId::new("1")).is_some());
        assert!(recent.take(&ConversationId::new("1")).is_none(), "what is taken is gone");
    }
}
