//! What happens at the desk.

use super::contact::trigger_event;
use super::draft::{Draft, Seen};
use super::{end, start};
use crate::capability::plain;
use crate::contact::Agent;
use crate::content::{Content, Trigger};
use crate::decision::Ignored;
use crate::delivery::ToDeskAct;
use crate::entry::{Actor, Body, Cause};
use crate::event::{DeskAct, FromDesk};
use crate::language::fill;
use crate::marker;
use crate::policy::OnDeskClosed;
use crate::session::EndCause;
use crate::time::Timestamp;
use crate::words::END;

/// How long after a session's end an agent may still write without knowing of it, in milliseconds.
const NOTICED_MS: i64 = 10_000;

pub(super) fn decide(draft: &mut Draft<'_>, from: &FromDesk) {
    let agent = from.agent.clone().unwrap_or_else(|| Agent::new("desk", "Agent"));
    match &from.act {
        DeskAct::Accepted => accepted(draft, &agent),
        DeskAct::Said(content) => said(draft, from, &agent, content),
        DeskAct::Announced(content) => announced(draft, from, &agent, content),
        DeskAct::Noted(text) => noted(draft, from, agent, text),
        DeskAct::Seen { delivered, read } => seen(draft, *delivered, *read),
        DeskAct::SeenAt(at) => seen_at(draft, *at),
        DeskAct::Closed if is_anothers(draft, from) => draft.ignore_silently(Ignored::NothingNew),
        DeskAct::Closed => closed(draft, agent),
        DeskAct::Reopened => reopened(draft, agent),
        DeskAct::HandedBack(place) => handed_back(draft, agent, place.as_ref()),
        DeskAct::OperatorEnded => {
            let of = draft.conversation().entries;
            end_if_open(draft, Actor::Gateway, of, EndCause::OperatorEnded, 18);
        }
    }
}

fn accepted(draft: &mut Draft<'_>, agent: &Agent) {
    let holder = draft.session().map(|session| session.agent.clone());
    match holder {
        None => {
            if !start::by_agent(draft, agent) {
                draft.ignore(Actor::Agent(agent.clone()), "took over", Ignored::NoSession);
            }
        }
        Some(None) => take_floor(draft, agent),
        Some(Some(holder)) if holder.id == agent.id => draft.ignore_silently(Ignored::NothingNew),
        Some(Some(_)) => {
            draft.ignore(Actor::Agent(agent.clone()), "accepted", Ignored::AlreadyAccepted);
        }
    }
}

/// The waiting contact gets an agent (rule 7).
fn take_floor(draft: &mut Draft<'_>, agent: &Agent) {
    let now = draft.now;
    draft.conversation().epoch += 1;
    if let Some(session) = draft.session() {
        session.agent = Some(agent.clone());
        session.answered_at = Some(now);
        let session = session.clone();
        draft.record(&session, None);
    }
    let actor = Actor::Agent(agent.clone());
    draft.entry(actor, Cause::Rule { number: 7 }, Body::Accepted, Seen::Both);
}

fn said(draft: &mut Draft<'_>, from: &FromDesk, agent: &Agent, content: &Content) {
    if plain(content).trim().is_empty() {
        return draft.ignore_silently(Ignored::Empty);
    }
    let actor = Actor::Agent(agent.clone());
    match draft.session().map(|session| session.agent.is_some()) {
        None if came_late(draft, from) => return late(draft, from, actor, content),
        None => {
            if !start::by_agent(draft, agent) {
                return draft.ignore(actor, plain(content), Ignored::NoSession);
            }
        }
        Some(false) => take_floor(draft, agent),
        Some(true) => {}
    }
    relay(draft, from, actor, content);
}

/// A robot is heard by those who are in a session anyway, and by nobody else.
fn announced(draft: &mut Draft<'_>, from: &FromDesk, agent: &Agent, content: &Content) {
    if plain(content).trim().is_empty() {
        return draft.ignore_silently(Ignored::Empty);
    }
    let actor = Actor::Agent(agent.clone());
    if draft.session().is_none() {
        draft.ignore(actor, plain(content), Ignored::NobodyThere);
        return draft.source(from.source.as_ref());
    }
    relay(draft, from, actor, content);
}

/// Shows the contact what was said at the desk, without the marker (rules 8 and 13).
fn relay(draft: &mut Draft<'_>, from: &FromDesk, actor: Actor, content: &Content) {
    if let Some(name) = content.as_unshown() {
        return unshown(draft, from, actor, name);
    }
    let (content, marked) = match content {
        Content::Text { text } => {
            let marked = marker::take(text);
            ((!marked.text.is_empty()).then(|| Content::text(marked.text)), marked.found)
        }
        _ => (Some(content.clone()), false),
    };
    let offered = draft.session().is_some_and(|session| session.offered);
    draft.touch();
    if let Some(session) = draft.session() {
        session.offered = offered && marked;
    }
    let alone = content.is_none();
    if let Some(content) = content {
        draft.say(actor.clone(), Cause::Sent, content);
        draft.source(from.source.as_ref());
    }
    if marked && !end::offer(draft, 13) {
        draft.ignore_part(actor, END, Ignored::AlreadyOffered);
        if alone {
            draft.source(from.source.as_ref());
        }
    }
}

/// An attachment that cannot be passed on is told to both (rule 11).
fn unshown(draft: &mut Draft<'_>, from: &FromDesk, actor: Actor, name: &str) {
    draft.touch();
    let of = draft.say(actor, Cause::Sent, Content::text(draft.to_contact().attachment_unshown));
    draft.source(from.source.as_ref());
    let text = fill(draft.to_agents().attachment_missed, &[("name", name)]);
    let body = Body::Trouble { text: text.clone() };
    let n = draft.entry(Actor::Gateway, Cause::Rule { number: 11 }, body, Seen::Desk);
    draft.post_to_desk(n, ToDeskAct::Trouble { text, of: Some(of) });
}

fn noted(draft: &mut Draft<'_>, from: &FromDesk, agent: Agent, text: &str) {
    if text.trim().is_empty() {
        return draft.ignore_silently(Ignored::Empty);
    }
    let body = Body::Note { text: text.to_owned() };
    draft.entry(Actor::Agent(agent), Cause::Sent, body, Seen::Desk);
    draft.source(from.source.as_ref());
}

fn seen(draft: &mut Draft<'_>, delivered: u64, read: u64) {
    let conversation = draft.conversation();
    let (last, marks) = (conversation.entries, &mut conversation.marks);
    let before = *marks;
    marks.desk_read = marks.desk_read.max(read.min(last));
    marks.desk_delivered = marks.desk_delivered.max(delivered.min(last)).max(marks.desk_read);
    if *marks == before {
        draft.ignore_silently(Ignored::NothingNew);
    }
}

/// An agent who had read everything by the time of the last line has read it all.
fn seen_at(draft: &mut Draft<'_>, at: Timestamp) {
    let conversation = draft.conversation();
    if at < conversation.updated_at {
        return draft.ignore_silently(Ignored::NothingNew);
    }
    let all = conversation.marks.desk_delivered;
    seen(draft, all, all);
}

/// Said before the agent can have known that the session was over.
fn came_late(draft: &mut Draft<'_>, from: &FromDesk) -> bool {
    match (from.done_at, &draft.conversation().last) {
        (Some(done_at), Some(last)) => done_at < last.ended_at.plus_ms(NOTICED_MS),
        _ => false,
    }
}

/// Nothing is dropped without a word (rule 11): the agent is told how to reach the contact after all.
fn late(draft: &mut Draft<'_>, from: &FromDesk, actor: Actor, content: &Content) {
    draft.ignore(actor, plain(content), Ignored::CameLate);
    draft.source(from.source.as_ref());
    let Some(last) = draft.conversation().last.clone() else { return };
    let n = draft.conversation().entries;
    let text = draft.to_agents().came_late.to_owned();
    draft.post_to_desk_of(&last.session, n, ToDeskAct::Trouble { text, of: Some(n) });
}

/// A closing of another of the desk's conversations, or, where the session before had this one, of that session: we close
/// it ourselves when a session ends, and that may come back late.
fn is_anothers(draft: &mut Draft<'_>, from: &FromDesk) -> bool {
    let told_of = draft.policy.link.clone();
    let Some(session) = draft.session() else { return false };
    let elsewhere = told_of.is_some() && told_of != session.link;
    let shared = session.link.is_some() && session.link == session.earlier_link;
    elsewhere || shared && from.done_at.is_some_and(|at| at < session.started_at)
}

fn closed(draft: &mut Draft<'_>, agent: Agent) {
    let actor = Actor::Agent(agent);
    match draft.session() {
        // We close the desk's conversation ourselves when a session ends, and that comes back.
        None => return draft.ignore_silently(Ignored::NoSession),
        Some(session) if session.closed_at_desk => {
            return draft.ignore_silently(Ignored::NothingNew);
        }
        Some(session) => session.closed_at_desk = true,
    }
    match draft.policy.livechat.on_desk_closed {
        OnDeskClosed::OfferEnd => {
            let text = draft.to_agents().closed_at_desk.to_owned();
            draft.entry(actor, Cause::Rule { number: 15 }, Body::Note { text }, Seen::Desk);
            end::offer(draft, 15);
        }
        OnDeskClosed::End => {
            let of = draft.conversation().entries;
            end::end(draft, actor, of, EndCause::DeskClosed, 15);
        }
        OnDeskClosed::Ignore => draft.ignore(actor, "closed", Ignored::BySetting),
    }
}

fn reopened(draft: &mut Draft<'_>, agent: Agent) {
    let closed = draft.session().is_some_and(|session| std::mem::take(&mut session.closed_at_desk));
    if !closed {
        return draft.ignore_silently(Ignored::NothingNew);
    }
    let text = draft.to_agents().opened_again.to_owned();
    draft.entry(Actor::Agent(agent), Cause::Rule { number: 15 }, Body::Note { text }, Seen::Desk);
}

fn handed_back(draft: &mut Draft<'_>, agent: Agent, place: Option<&Trigger>) {
    let of = draft.conversation().entries;
    if end_if_open(draft, Actor::Agent(agent), of, EndCause::AgentEnded, 22)
        && let Some(place) = place
    {
        draft.turn(of, trigger_event(place), false);
    }
}

fn end_if_open(draft: &mut Draft<'_>, actor: Actor, of: u64, cause: EndCause, rule: u8) -> bool {
    if draft.session().is_none() {
        draft.ignore(actor, cause.as_str(), Ignored::NoSession);
        return false;
    }
    end::end(draft, actor, of, cause, rule);
    true
}
