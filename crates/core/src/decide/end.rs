//! How a session ends (rules 5, 12 to 18, 22).

use super::draft::{Draft, Seen};
use crate::content::{Button, Content, Question};
use crate::conversation::LastSession;
use crate::delivery::ToDeskAct;
use crate::entry::{Actor, Body, Cause};
use crate::event::terminal_event;
use crate::ids::{AccountId, SessionId};
use crate::policy::ExpiredAt;
use crate::session::{EndCause, Session};
use crate::words::END;

/// Offers the end to the contact (rule 13), once in a row. Says whether it did.
pub(super) fn offer(draft: &mut Draft<'_>, rule: u8) -> bool {
    if draft.session().is_none_or(|session| session.offered) {
        return false;
    }
    let (livechat, language) = (&draft.policy.livechat, draft.language());
    let button = Button {
        title: livechat.end_label(language).into(),
        payload: END.into(),
        accepts: Vec::new(),
        url: None,
    };
    let title = livechat.end_message(language).into();
    let question = Question { title, buttons: vec![button], quick: false };
    draft.say(Actor::Gateway, Cause::Rule { number: rule }, Content::Question(question));
    if let Some(session) = draft.session() {
        session.offered = true;
    }
    true
}

/// Ends the open session and gives the floor back to the bot.
pub(super) fn end(draft: &mut Draft<'_>, actor: Actor, of: u64, cause: EndCause, rule: u8) {
    let Some(session) = draft.conversation().session.clone() else { return };
    let n = draft.entry(actor, Cause::Rule { number: rule }, Body::Ended { cause }, Seen::Both);
    draft.post_to_desk_of(&session, n, ToDeskAct::Ended { cause });
    draft.record(&session, Some((cause, draft.now)));
    let ended_at = draft.now;
    let conversation = draft.conversation();
    conversation.session = None;
    conversation.last = Some(LastSession { session: session.clone(), ended_at, cause });
    conversation.epoch += 1;
    // The offer's button is spent; a bot's START button above it can still be pressed, but is no longer the last question.
    conversation.choices.retain(|button| button.payload != END);
    tell_bot(draft, &session, of, cause);
}

/// A session that could not begin (rule 5): the bot learns why at once.
pub(super) fn refuse(draft: &mut Draft<'_>, of: u64, cause: EndCause) {
    let now = draft.now;
    draft.pay_bot(of);
    let desk = draft.policy.desk.clone().unwrap_or_else(|| AccountId::new("none"));
    let conversation = draft.conversation();
    conversation.sessions += 1;
    let session = Session {
        id: SessionId::nth(&conversation.id, conversation.sessions),
        ordinal: conversation.sessions,
        desk,
        started_at: now,
        last_message_at: now,
        agent: None,
        answered_at: None,
        offered: false,
        messages: 0,
        link: None,
        earlier_link: None,
        closed_at_desk: false,
        looked_for: 0,
    };
    draft.record(&session, Some((cause, draft.now)));
    let rule = Cause::Rule { number: 5 };
    draft.entry(Actor::Gateway, rule, Body::Ended { cause }, Seen::Desk);
    tell_bot(draft, &session, of, cause);
}

/// Exactly one of END, EXPIRED and UNAVAILABLE for each session (rule 18).
fn tell_bot(draft: &mut Draft<'_>, session: &Session, of: u64, cause: EndCause) {
    let event = terminal_event(session, cause, draft.now);
    if cause == EndCause::Expired && draft.policy.livechat.expired_at == ExpiredAt::NextMessage {
        draft.conversation().owed = Some(event);
        return;
    }
    draft.terminal(of, event, cause);
}
