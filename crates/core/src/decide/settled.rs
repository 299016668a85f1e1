//! What became of a delivery (promises B and C).

use super::draft::{Draft, Seen};
use super::end;
use crate::content::Content;
use crate::delivery::ToDeskAct;
use crate::entry::{Actor, Body, Cause};
use crate::event::{Outcome, Settled, SettledKind};
use crate::language::fill;
use crate::session::EndCause;

pub(super) fn decide(draft: &mut Draft<'_>, settled: &Settled) {
    let cause = Cause::Delivery { n: settled.delivery };
    match &settled.outcome {
        Outcome::Delivered { link } => delivered(draft, settled, link.as_deref()),
        Outcome::Unknown => {
            let line = settled.entry.to_string();
            let text = fill(draft.to_agents().maybe_twice, &[("line", &line)]);
            draft.entry(Actor::Gateway, cause, Body::Trouble { text }, Seen::Desk);
        }
        Outcome::Twice => {
            let text = format!(
                "Line {} may have arrived twice: two servers brought it at once. Their clocks are apart.",
                settled.entry
            );
            draft.entry(Actor::Gateway, cause, Body::Trouble { text }, Seen::Desk);
        }
        Outcome::Dead { why } => dead(draft, settled, why, cause),
    }
}

fn delivered(draft: &mut Draft<'_>, settled: &Settled, link: Option<&str>) {
    let marks = &mut draft.conversation().marks;
    match settled.kind {
        SettledKind::ToContact => {
            marks.contact_delivered = marks.contact_delivered.max(settled.entry);
        }
        SettledKind::ToDesk | SettledKind::DeskOpen { .. } => {
            marks.desk_delivered = marks.desk_delivered.max(settled.entry);
        }
        SettledKind::DeskNotice => {}
    }
    if let (SettledKind::DeskOpen { session: ordinal }, Some(link)) = (settled.kind, link) {
        linked(draft, ordinal, link);
    }
}

/// The desk has told what it calls its conversation: perhaps only after the session was over.
fn linked(draft: &mut Draft<'_>, ordinal: u32, link: &str) {
    if let Some(session) = draft.session().filter(|session| session.ordinal == ordinal) {
        session.link = Some(link.to_owned());
        let session = session.clone();
        return draft.record(&session, None);
    }
    let last = draft.conversation().last.as_mut();
    if let Some(last) = last.filter(|last| last.session.ordinal == ordinal) {
        last.session.link = Some(link.to_owned());
        let last = last.clone();
        draft.record(&last.session, Some((last.cause, last.ended_at)));
    }
}

fn dead(draft: &mut Draft<'_>, settled: &Settled, why: &str, cause: Cause) {
    let phrases = draft.to_agents();
    let phrase = match settled.kind {
        SettledKind::ToContact => phrases.contact_missed,
        SettledKind::DeskOpen { .. } => phrases.desk_unreachable,
        SettledKind::ToDesk => phrases.desk_missed,
        SettledKind::DeskNotice => phrases.desk_not_told,
    };
    let text = fill(phrase, &[("line", &settled.entry.to_string()), ("why", why)]);
    let body = Body::Trouble { text: text.clone() };
    let n = draft.entry(Actor::Gateway, cause.clone(), body, Seen::Desk);
    match settled.kind {
        SettledKind::ToContact => {
            draft.post_to_desk(n, ToDeskAct::Trouble { text, of: Some(settled.entry) });
        }
        SettledKind::DeskOpen { session: ordinal } => {
            let waits = draft
                .session()
                .is_some_and(|session| session.ordinal == ordinal && session.agent.is_none());
            if waits {
                end::end(draft, Actor::Gateway, n, EndCause::DeskFailed, 5);
            }
        }
        SettledKind::ToDesk => {
            let text = draft.to_contact().not_delivered;
            draft.say(Actor::Gateway, cause, Content::text(text));
        }
        SettledKind::DeskNotice => {}
    }
}
