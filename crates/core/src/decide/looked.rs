//! What had been brought to the desk was looked for there (promises B and C).

use super::draft::{Draft, Seen};
use crate::decision::Ignored;
use crate::entry::{Actor, Body, Cause};
use crate::event::{How, Looked};
use crate::language::fill;
use crate::session::Session;

pub(super) fn decide(draft: &mut Draft<'_>, looked: &Looked) {
    let Some(session) = session(draft, looked.session) else {
        return draft.ignore_silently(Ignored::NoSession);
    };
    let before = session.looked_for;
    if looked.until <= before {
        // Another look, perhaps by another node, was first: each delivery is judged once, so it is mended once at most.
        return draft.ignore_silently(Ignored::NothingNew);
    }
    session.looked_for = looked.until;
    for astray in looked.astray.iter().filter(|astray| astray.delivery > before) {
        let phrases = draft.to_agents();
        let phrase = match astray.how {
            How::Missing => {
                draft.decision.again.push(astray.delivery);
                phrases.brought_again
            }
            How::Doubled => phrases.twice_at_desk,
        };
        let text = fill(phrase, &[("line", &astray.entry.to_string())]);
        let cause = Cause::Delivery { n: astray.delivery };
        draft.entry(Actor::Gateway, cause, Body::Trouble { text }, Seen::Desk);
    }
}

/// The open session or the one before, if it has this ordinal.
fn session<'a>(draft: &'a mut Draft<'_>, ordinal: u32) -> Option<&'a mut Session> {
    let conversation = draft.conversation();
    let last = conversation.last.as_mut().map(|last| &mut last.session);
    conversation.session.as_mut().into_iter().chain(last).find(|one| one.ordinal == ordinal)
}
