//! How a session begins (rules 1 to 5, 21).

use super::draft::{Draft, Seen};
use super::end;
use crate::contact::Agent;
use crate::content::Content;
use crate::delivery::ToDeskAct;
use crate::entry::{Actor, Body, Cause};
use crate::ids::{AccountId, SessionId};
use crate::language::fill;
use crate::session::{EndCause, Session};

/// The contact asks for a human.
pub(super) fn by_contact(draft: &mut Draft<'_>, asked: u64, queue: Option<&str>) {
    ask(draft, asked, queue, 1);
}

/// The bot asks for a human (rule 4). Says whether a session began.
pub(super) fn by_bot(draft: &mut Draft<'_>, asked: u64, queue: Option<&str>) -> bool {
    ask(draft, asked, queue, 4)
}

fn ask(draft: &mut Draft<'_>, asked: u64, queue: Option<&str>, rule: u8) -> bool {
    let guarded = too_many(draft);
    let now = draft.now;
    draft.conversation().recent_starts.push(now);
    if guarded {
        end::refuse(draft, asked, EndCause::LoopGuard);
        return false;
    }
    let Some(desk) = draft.policy.desk.clone() else {
        end::refuse(draft, asked, EndCause::NoDesk);
        return false;
    };
    let n = open(draft, desk, None, rule);
    if let Some(queue) = queue {
        let text = fill(draft.to_agents().no_queue, &[("queue", queue)]);
        draft.entry(Actor::Gateway, Cause::Rule { number: 3 }, Body::Note { text }, Seen::Desk);
    }
    let text = draft.policy.livechat.start_text(draft.language()).trim().to_owned();
    if !text.is_empty() {
        draft.say(Actor::Gateway, Cause::Rule { number: 1 }, Content::text(text));
    }
    draft.post_to_desk(n, ToDeskAct::Open);
    true
}

/// An agent takes over a conversation that the bot holds (rule 21). Says whether there is a desk to do so from.
pub(super) fn by_agent(draft: &mut Draft<'_>, agent: &Agent) -> bool {
    let Some(desk) = draft.policy.desk.clone() else { return false };
    let n = open(draft, desk, Some(agent.clone()), 21);
    let link = draft.policy.link.clone();
    if let Some(session) = draft.session() {
        session.link = link;
        let session = session.clone();
        draft.record(&session, None);
    }
    let actor = Actor::Agent(agent.clone());
    draft.entry(actor, Cause::Rule { number: 21 }, Body::Accepted, Seen::Both);
    draft.post_to_desk(n, ToDeskAct::Open);
    true
}

fn open(draft: &mut Draft<'_>, desk: AccountId, agent: Option<Agent>, rule: u8) -> u64 {
    let now = draft.now;
    let last = draft.conversation().entries;
    draft.pay_bot(last);
    let conversation = draft.conversation();
    let earlier = conversation.last.as_ref().map(|last| &last.session);
    let earlier_link = earlier.filter(|last| last.desk == desk).and_then(|last| last.link.clone());
    conversation.sessions += 1;
    conversation.epoch += 1;
    let session = Session {
        id: SessionId::nth(&conversation.id, conversation.sessions),
        ordinal: conversation.sessions,
        desk: desk.clone(),
        started_at: now,
        last_message_at: now,
        answered_at: agent.as_ref().map(|_| now),
        agent,
        offered: false,
        messages: 0,
        link: None,
        earlier_link,
        closed_at_desk: false,
        looked_for: 0,
    };
    conversation.session = Some(session.clone());
    draft.record(&session, None);
    draft.entry(Actor::Gateway, Cause::Rule { number: rule }, Body::Started { desk }, Seen::Desk)
}

fn too_many(draft: &mut Draft<'_>) -> bool {
    let (now, livechat) = (draft.now, &draft.policy.livechat);
    let window_ms = i64::from(livechat.loop_window_s) * 1000;
    let starts = &mut draft.decision.conversation.recent_starts;
    starts.retain(|&start| now.since_ms(start) < window_ms);
    starts.len() >= usize::try_from(livechat.loop_sessions).unwrap_or(usize::MAX)
}
