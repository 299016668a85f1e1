//! Hints as text, from node to node.

use handover_core::port::bus::Envelope;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A running process: no two have the same, not even one after the other on one machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(String);

impl NodeId {
    /// A new one.
    pub fn make() -> Self {
        Self(uuid::Uuid::now_v7().simple().to_string())
    }

    /// The one that is written so.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Serialize, Deserialize)]
struct Letter {
    from: NodeId,
    hints: Vec<Value>,
}

/// Hints in letters of at most `bytes_max` each.
pub(super) fn write(from: &NodeId, hints: Vec<Envelope>, bytes_max: usize) -> Vec<String> {
    let hints: Vec<Value> =
        hints.iter().filter_map(|hint| serde_json::to_value(hint).ok()).collect();
    halved(from, &hints, bytes_max)
}

fn halved(from: &NodeId, hints: &[Value], bytes_max: usize) -> Vec<String> {
    let letter = Letter { from: from.clone(), hints: hints.to_vec() };
    let text = serde_json::to_string(&letter).unwrap_or_default();
    if text.len() <= bytes_max {
        return vec![text];
    }
    if hints.len() < 2 {
        // A name of that length is nobody's; the poll finds what it was about.
        return Vec::new();
    }
    let (first, second) = hints.split_at(hints.len() / 2);
    let mut letters = halved(from, first, bytes_max);
    letters.extend(halved(from, second, bytes_max));
    letters
}

/// What another node tells; nothing of our own. What a newer version tells and we do not know may be anything.
pub(super) fn read(own: &NodeId, text: &str) -> Vec<Envelope> {
    let Ok(letter) = serde_json::from_str::<Letter>(text) else {
        return vec![Envelope::Lost];
    };
    if letter.from == *own {
        return Vec::new();
    }
    let hints = letter.hints.into_iter();
    hints.map(|hint| serde_json::from_value(hint).unwrap_or(Envelope::Lost)).collect()
}

#[cfg(test)]
mod tests {
    use super::{NodeId, read, write};
    use handover_core::delivery::Side;
    use handover_core::ids::ConversationId;
    use handover_core::port::bus::Envelope;

    fn hints() -> Vec<Envelope> {
        let conversation = ConversationId::new("0123456789abcdef");
        let mut hints: Vec<Envelope> = (0..200)
            .map(|entries| Envelope::Changed {
                conversation: conversation.clone(),
                entries,
                sessions: entries % 2 == 0,
                deliveries: true,
            })
            .collect();
        let name = Some("Ana \"the\" agent".to_owned());
        hints.push(Envelope::Typing {
            conversation: conversation.clone(),
            side: Side::Desk,
            name,
            on: true,
        });
        hints.push(Envelope::Read { conversation, side: Side::Contact });
        hints.extend([Envelope::Settings, Envelope::Lost]);
        hints
    }

    #[test]
    fn all_arrives_in_letters_that_are_short_enough() {
        let (here, there) = (NodeId::make(), NodeId::make());
        for bytes_max in [300, 7000, 1_000_000] {
            let letters = write(&here, hints(), bytes_max);
            assert!(letters.iter().all(|letter| letter.len() <= bytes_max));
            let heard: Vec<Envelope> =
                letters.iter().flat_map(|letter| read(&there, letter)).collect();
            assert_eq!(heard, hints(), "{bytes_max}");
            assert!(letters.iter().all(|letter| read(&here, letter).is_empty()), "our own");
        }
        assert_eq!(write(&here, hints(), 1_000_000).len(), 1);
    }

    #[test]
    fn what_cannot_fit_is_left_to_the_poll() {
        let name = Some("x".repeat(1000));
        let conversation = ConversationId::new("a");
        let typing = Envelope::Typing { conversation, side: Side::Desk, name, on: true };
        let letters = write(&NodeId::make(), vec![typing, Envelope::Settings], 300);
        let heard: Vec<Envelope> =
            letters.iter().flat_map(|letter| read(&NodeId::make(), letter)).collect();
        assert_eq!(heard, [Envelope::Settings]);
    }

    #[test]
    fn what_is_not_understood_may_be_anything() {
        let own = NodeId::make();
        for text in ["", "{}", "[]", r#"{"from":"x","hints":[{"kind":"new"}]}"#, "\u{0}"] {
            assert_eq!(read(&own, text), [Envelope::Lost], "{text}");
        }
    }
}
