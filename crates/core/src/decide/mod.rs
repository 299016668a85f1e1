//! The conversation machine: one file a kind of event.

mod contact;
mod desk;
mod draft;
mod due;
mod end;
mod looked;
mod settled;
mod start;
mod turn;

#[cfg(test)]
mod tests;

use crate::conversation::Conversation;
use crate::decision::Decision;
use crate::event::Event;
use crate::policy::Policy;
use crate::time::Timestamp;
use draft::Draft;

/// Decides what an event means. Total and pure: what it will not do it names in `ignored`.
pub fn decide(
    conversation: &Conversation,
    policy: &Policy,
    now: Timestamp,
    event: &Event,
) -> Decision {
    let mut draft = Draft::new(conversation, policy, now);
    match event {
        Event::Contact(from) => contact::decide(&mut draft, from),
        Event::Desk(from) => desk::decide(&mut draft, from),
        Event::Turn(done) => turn::decide(&mut draft, done),
        Event::Settled(settled) => settled::decide(&mut draft, settled),
        Event::Looked(found) => looked::decide(&mut draft, found),
        Event::Due => due::decide(&mut draft),
    }
    draft.finish()
}
