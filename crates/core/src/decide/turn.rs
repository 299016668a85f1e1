//! What comes of the bot's turns (rules 4, 6, 9, 18).

use super::draft::{Draft, Seen};
use super::start;
use crate::capability::plain;
use crate::content::Content;
use crate::decision::Ignored;
use crate::entry::{Actor, Body, Cause};
use crate::event::{BotReply, TurnDone, TurnOutcome, ended_by};
use crate::language::fill;
use crate::session::EndCause;
use crate::wish::{self, Wish};

pub(super) fn decide(draft: &mut Draft<'_>, done: &TurnDone) {
    let cause = Cause::Turn { of: done.turn.of };
    let has_floor = done.epoch == draft.conversation().epoch && draft.session().is_none();
    match &done.outcome {
        TurnOutcome::Skipped => {
            let what = done.turn.event.content_type.clone();
            draft.ignore(Actor::Bot, what, Ignored::Fenced);
        }
        TurnOutcome::Failed { why } => {
            let text = fill(draft.to_agents().bot_failed_because, &[("why", why)]);
            let seen = if has_floor { Seen::Desk } else { Seen::Nobody };
            draft.entry(Actor::Bot, cause.clone(), Body::Trouble { text }, seen);
            if has_floor {
                let text = draft.to_contact().bot_failed;
                draft.say(Actor::Gateway, cause, Content::text(text));
            }
        }
        TurnOutcome::Replied(reply) => replied(draft, done, reply, has_floor, &cause),
    }
}

fn replied(
    draft: &mut Draft<'_>,
    done: &TurnDone,
    reply: &BotReply,
    has_floor: bool,
    cause: &Cause,
) {
    for line in &reply.log {
        let body = Body::Trouble { text: line.clone() };
        draft.entry(Actor::Bot, cause.clone(), body, Seen::Nobody);
    }
    if !has_floor {
        draft.decision.ignored = Some(Ignored::Fenced);
        for content in &reply.messages {
            fence(draft, cause, content);
        }
        // The bot has had its terminal event, whoever has the floor by now (rule 18). Any other turn that was
        // overtaken leaves the bot where it stood (rule 6).
        if done.turn.terminal {
            keep_state(draft, reply);
        }
        return;
    }
    keep_state(draft, reply);
    let before = draft.conversation().entries;
    let mut messages = reply.messages.iter();
    let mut shown = false;
    for content in messages.by_ref() {
        if let Content::Payload { payload, .. } = content {
            match wish::of_payload(payload) {
                Some(Wish::Start { queue }) if !is_refusal_by_loop_guard(done) => {
                    let asked = before.max(done.turn.of);
                    start::by_bot(draft, asked, queue.as_deref());
                    shown = true;
                    break;
                }
                _ => draft.ignore(Actor::Bot, payload.as_str(), Ignored::NoSession),
            }
        } else if content.is_pacing() || !plain(content).trim().is_empty() {
            shown |= !content.is_pacing();
            draft.say(Actor::Bot, cause.clone(), content.clone());
        }
    }
    for content in messages {
        fence(draft, cause, content);
    }
    if done.turn.terminal && !shown {
        let cause = ended_by(&done.turn.event).unwrap_or(EndCause::OperatorEnded);
        let text = draft.to_contact().session_over(cause);
        draft.say(Actor::Gateway, Cause::Rule { number: 18 }, Content::text(text));
    }
}

fn keep_state(draft: &mut Draft<'_>, reply: &BotReply) {
    draft.decision.bot_state = Some(reply.state.clone());
    draft.conversation().pinned = reply.holds.then(|| reply.version.clone());
}

fn fence(draft: &mut Draft<'_>, cause: &Cause, content: &Content) {
    if !content.is_pacing() {
        let body = Body::Fenced { content: content.clone() };
        draft.entry(Actor::Bot, cause.clone(), body, Seen::Nobody);
    }
}

/// A bot that answers the loop guard's refusal with another START would go round for ever.
fn is_refusal_by_loop_guard(done: &TurnDone) -> bool {
    done.turn.terminal && ended_by(&done.turn.event) == Some(EndCause::LoopGuard)
}
