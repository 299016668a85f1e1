//! The bus within one process.

use handover_core::ids::ConversationId;
use handover_core::port::bus::{Bus, Envelope};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::broadcast;

/// Hints kept for a listener that is behind; one that falls further behind looks at everything anew.
const BACKLOG: usize = 4096;
/// The same for a listener to one conversation.
const BACKLOG_OF_ONE: usize = 16;

/// The bus within one process. A listener to one conversation is not woken by the others.
pub struct LocalBus {
    all: broadcast::Sender<Envelope>,
    each: Mutex<HashMap<ConversationId, broadcast::Sender<Envelope>>>,
    stopping: AtomicBool,
}

impl Default for LocalBus {
    fn default() -> Self {
        Self {
            all: broadcast::Sender::new(BACKLOG),
            each: Mutex::default(),
            stopping: AtomicBool::default(),
        }
    }
}

impl LocalBus {
    /// Listens to everything from now on. `RecvError::Lagged` means that hints were lost: look at everything anew.
    pub fn subscribe(&self) -> broadcast::Receiver<Envelope> {
        self.all.subscribe()
    }

    /// Listens to one conversation (and to nothing else) from now on. `RecvError::Lagged` as above.
    pub fn subscribe_to(&self, conversation: &ConversationId) -> broadcast::Receiver<Envelope> {
        self.each
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(conversation.clone())
            .or_insert_with(|| broadcast::Sender::new(BACKLOG_OF_ONE))
            .subscribe()
    }

    /// The program stops: whoever waits for a hint about one conversation is sent away, so that no open socket or
    /// waiting request holds the stop up.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.each.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether the program stops: then waiting has no point.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

impl Bus for LocalBus {
    fn publish(&self, envelope: Envelope) {
        let conversation = match &envelope {
            Envelope::Changed { conversation, .. }
            | Envelope::Typing { conversation, .. }
            | Envelope::Read { conversation, .. } => Some(conversation),
            Envelope::Settings => None,
        };
        if let Some(conversation) = conversation {
            let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(sender) = each.get(conversation)
                && sender.send(envelope.clone()).is_err()
            {
                // The last listener has left.
                each.remove(conversation);
            }
        }
        // Nobody listening is no failure: each hint has a poll behind it.
        let _ = self.all.send(envelope);
    }
}

#[cfg(test)]
mod tests {
    use super::LocalBus;
    use handover_core::ids::ConversationId;
    use handover_core::port::bus::{Bus, Envelope};

    fn changed(id: &str) -> Envelope {
        let conversation = ConversationId::new(id);
        Envelope::Changed { conversation, entries: 1, sessions: false, deliveries: false }
    }

    #[test]
    fn a_listener_hears_its_own_conversation_only() {
        let bus = LocalBus::default();
        let mut all = bus.subscribe();
        let mut one = bus.subscribe_to(&ConversationId::new("a"));
        bus.publish(changed("b"));
        bus.publish(changed("a"));
        assert_eq!(one.try_recv().unwrap(), changed("a"), "promise F");
        assert!(one.try_recv().is_err());
        assert_eq!(all.try_recv().unwrap(), changed("b"));
    }

    #[test]
    fn nothing_is_kept_for_conversations_nobody_listens_to() {
        let bus = LocalBus::default();
        drop(bus.subscribe_to(&ConversationId::new("a")));
        bus.publish(changed("a"));
        assert!(bus.each.lock().unwrap().is_empty());
    }
}
