//! The conversation machine: one file a kind of event.

use crate::conversation::Conversation;
use crate::decision::Decision;
use crate::event::Event;
use crate::policy::Policy;
use crate::time::Timestamp;

/// Decides what an event means. Total and pure: what it will not do it names in `ignored`.
pub fn decide(
    conversation: &Conversation,
    _policy: &Policy,
    _now: Timestamp,
    _event: &Event,
) -> Decision {
    Decision::nothing(conversation)
}
