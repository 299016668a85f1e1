//! Hints: within this process at once, to other nodes as soon as they can be carried. Each may be lost.

mod nats;
mod outward;
mod postgres;
mod wire;

pub use nats::Nats;
pub(crate) use nats::{options as nats_options, servers as nats_servers};
pub use outward::Outward;
pub use postgres::Notices;
pub use wire::NodeId;

use handover_core::ids::ConversationId;
use handover_core::port::bus::{Bus, Envelope};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// How often whoever waits for hints looks while none come from other nodes ([`LocalBus::is_deaf`]).
pub const LOOK_WHILE_DEAF: Duration = Duration::from_secs(1);
/// Hints kept for a listener that is behind; one that falls further behind looks at everything anew.
const BACKLOG: usize = 4096;
/// The same for a listener to one conversation.
const BACKLOG_OF_ONE: usize = 16;

/// The bus within one process. A listener to one conversation is not woken by the others.
pub struct LocalBus {
    all: broadcast::Sender<Envelope>,
    own: broadcast::Sender<Envelope>,
    each: Mutex<HashMap<ConversationId, broadcast::Sender<Envelope>>>,
    stopping: AtomicBool,
    outward: OnceLock<Arc<Outward>>,
    carried: AtomicBool,
}

impl Default for LocalBus {
    fn default() -> Self {
        Self {
            all: broadcast::Sender::new(BACKLOG),
            own: broadcast::Sender::new(BACKLOG),
            each: Mutex::default(),
            stopping: AtomicBool::default(),
            outward: OnceLock::new(),
            carried: AtomicBool::default(),
        }
    }
}

impl LocalBus {
    /// Listens to everything from now on. `RecvError::Lagged` means that hints were lost: look at everything anew.
    pub fn subscribe(&self) -> broadcast::Receiver<Envelope> {
        self.all.subscribe()
    }

    /// Listens to what this process tells itself: for work that one node does, and would be done by each otherwise.
    pub fn subscribe_to_own(&self) -> broadcast::Receiver<Envelope> {
        self.own.subscribe()
    }

    /// Listens to one conversation, and to what is about none, from now on. `RecvError::Lagged` as above.
    pub fn subscribe_to(&self, conversation: &ConversationId) -> broadcast::Receiver<Envelope> {
        self.each
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(conversation.clone())
            .or_insert_with(|| broadcast::Sender::new(BACKLOG_OF_ONE))
            .subscribe()
    }

    /// From now on other nodes are told as well: what is to be told is found in the answer.
    pub fn carry_outward(&self) -> Arc<Outward> {
        Arc::clone(self.outward.get_or_init(Arc::default))
    }

    /// Whether the carrier of hints is there now.
    pub fn carrier_is(&self, there: bool) {
        self.carried.store(there, Ordering::Relaxed);
    }

    /// Whether there are other nodes from which no hints come now: whoever waits for them looks every second.
    pub fn is_deaf(&self) -> bool {
        self.has_carrier() && !self.carried.load(Ordering::Relaxed)
    }

    /// Whether hints come from other nodes, too.
    pub fn has_carrier(&self) -> bool {
        self.outward.get().is_some()
    }

    /// A hint from another node: told here and carried no further.
    pub fn hear(&self, envelope: Envelope) {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        match envelope.conversation() {
            Some(conversation) => {
                if let Some(sender) = each.get(conversation)
                    && sender.send(envelope.clone()).is_err()
                {
                    // The last listener has left.
                    each.remove(conversation);
                }
            }
            None if envelope == Envelope::Lost => {
                each.retain(|_, sender| sender.send(Envelope::Lost).is_ok());
            }
            None => {}
        }
        drop(each);
        // Nobody listening is no failure: each hint has a poll behind it.
        let _ = self.all.send(envelope);
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
        if let Some(outward) = self.outward.get() {
            outward.add(envelope.clone());
        }
        // As for those who listen to everything.
        let _ = self.own.send(envelope.clone());
        self.hear(envelope);
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
        for hint in [changed("a"), Envelope::Lost] {
            drop(bus.subscribe_to(&ConversationId::new("a")));
            bus.publish(hint);
            assert!(bus.each.lock().unwrap().is_empty());
        }
    }

    #[test]
    fn who_listens_to_one_conversation_learns_that_hints_were_lost() {
        let bus = LocalBus::default();
        let mut one = bus.subscribe_to(&ConversationId::new("a"));
        bus.hear(Envelope::Settings);
        bus.hear(Envelope::Lost);
        assert_eq!(one.try_recv().unwrap(), Envelope::Lost);
    }

    #[test]
    fn what_another_node_told_is_not_carried_back() {
        let bus = LocalBus::default();
        let (outward, mut own) = (bus.carry_outward(), bus.subscribe_to_own());
        bus.hear(changed("a"));
        assert!(outward.take().is_empty());
        bus.publish(changed("b"));
        assert_eq!(outward.take(), [changed("b")]);
        assert_eq!(own.try_recv().unwrap(), changed("b"));
    }
}
