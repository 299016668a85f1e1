//! What became of a delivery (promises B and C).

use super::draft::{Draft, Seen};
use super::{end, phrases};
use crate::content::Content;
use crate::delivery::ToDeskAct;
use crate::entry::{Actor, Body, Cause};
use crate::event::{Outcome, Settled, SettledKind};
use crate::session::EndCause;

pub(super) fn decide(draft: &mut Draft<'_>, settled: &Settled) {
    let cause = Cause::Delivery { n: settled.delivery };
    match &settled.outcome {
        Outcome::Delivered { link } => delivered(draft, settled, link.as_deref()),
        Outcome::Unknown => {
            let text = format!(
                "It is not known whether line {} arrived. It is sent again and may arrive twice.",
                settled.entry
            );
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
    let text = match settled.kind {
        SettledKind::ToContact => {
            format!("Line {} could not be delivered to the contact: {why}", settled.entry)
        }
        SettledKind::DeskOpen { .. } => format!("The desk could not be reached: {why}"),
        SettledKind::ToDesk => {
            format!("Line {} could not be delivered to the desk: {why}", settled.entry)
        }
        SettledKind::DeskNotice => format!("The desk could not be told: {why}"),
    };
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
            draft.say(Actor::Gateway, cause, Content::text(phrases::NOT_DELIVERED));
        }
        SettledKind::DeskNotice => {}
    }
}
