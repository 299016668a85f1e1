//! What other nodes are to be told: each thing once, however often it happens before it can be carried.

use handover_core::delivery::Side;
use handover_core::ids::ConversationId;
use handover_core::port::bus::Envelope;
use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// More than this is told as "look at everything".
const WAITING_MAX: usize = 10_000;
/// How long hints are gathered before they are carried.
const GATHER: Duration = Duration::from_millis(5);

/// What other nodes are to be told.
#[derive(Default)]
pub struct Outward {
    waiting: Mutex<BTreeMap<About, Envelope>>,
    more: Notify,
}

/// Two hints about the same are one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Changed(ConversationId),
    Typing(ConversationId, Side),
    Read(ConversationId, Side),
    Settings,
    Lost,
}

impl Outward {
    /// Tells other nodes, too.
    pub fn add(&self, envelope: Envelope) {
        let mut waiting = self.lock();
        if waiting.len() >= WAITING_MAX {
            waiting.clear();
            waiting.insert(About::Lost, Envelope::Lost);
        }
        let about = match &envelope {
            Envelope::Changed { conversation, .. } => About::Changed(conversation.clone()),
            Envelope::Typing { conversation, side, .. } => {
                About::Typing(conversation.clone(), *side)
            }
            Envelope::Read { conversation, side } => About::Read(conversation.clone(), *side),
            Envelope::Settings => About::Settings,
            Envelope::Lost => About::Lost,
        };
        let envelope = match waiting.remove(&about) {
            Some(earlier) => together(earlier, envelope),
            None => envelope,
        };
        waiting.insert(about, envelope);
        drop(waiting);
        self.more.notify_one();
    }

    /// What waits now.
    pub fn take(&self) -> Vec<Envelope> {
        take(&mut *self.lock()).into_values().collect()
    }

    /// Waits until there is something, and a moment for what comes with it. Nothing is lost when the future is dropped.
    pub async fn next(&self) -> Vec<Envelope> {
        loop {
            let more = self.more.notified();
            if self.lock().is_empty() {
                more.await;
            }
            tokio::time::sleep(GATHER).await;
            let waiting = self.take();
            if !waiting.is_empty() {
                return waiting;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<About, Envelope>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two hints about the same as one: nothing that the first one told is forgotten.
fn together(earlier: Envelope, later: Envelope) -> Envelope {
    match (earlier, later) {
        (
            Envelope::Changed { entries: before, sessions: began, deliveries: due, .. },
            Envelope::Changed { conversation, entries, sessions, deliveries },
        ) => Envelope::Changed {
            conversation,
            entries: entries.max(before),
            sessions: sessions || began,
            deliveries: deliveries || due,
        },
        (_, later) => later,
    }
}

#[cfg(test)]
mod tests {
    use super::{Outward, WAITING_MAX};
    use handover_core::delivery::Side;
    use handover_core::ids::ConversationId;
    use handover_core::port::bus::Envelope;

    fn changed(id: &str, entries: u64, sessions: bool, deliveries: bool) -> Envelope {
        Envelope::Changed { conversation: ConversationId::new(id), entries, sessions, deliveries }
    }

    fn typing(on: bool) -> Envelope {
        let conversation = ConversationId::new("a");
        Envelope::Typing { conversation, side: Side::Contact, name: None, on }
    }

    #[test]
    fn what_happens_often_is_told_once_and_whole() {
        let outward = Outward::default();
        for hint in [
            changed("a", 1, true, false),
            typing(true),
            changed("b", 4, false, false),
            changed("a", 3, false, true),
            typing(false),
            changed("a", 2, false, false),
        ] {
            outward.add(hint);
        }
        let told = outward.take();
        assert_eq!(
            told,
            [changed("a", 3, true, true), changed("b", 4, false, false), typing(false)]
        );
        assert!(outward.take().is_empty());
    }

    #[test]
    fn too_much_is_told_as_everything() {
        let outward = Outward::default();
        (0..=WAITING_MAX).for_each(|n| outward.add(changed(&n.to_string(), 1, false, false)));
        let told = outward.take();
        assert_eq!(told.len(), 2);
        assert!(told.contains(&Envelope::Lost));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_within_a_moment_goes_together() {
        let outward = Outward::default();
        outward.add(changed("a", 1, false, false));
        let (told, ()) = tokio::join!(outward.next(), async {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            outward.add(changed("b", 1, false, false));
        });
        assert_eq!(told.len(), 2);
    }
}
