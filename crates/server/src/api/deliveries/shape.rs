//! Deliveries and timelines as programs read them.

use super::words;
use super::{Sent, rfc3339};
use crate::activity::timeline::Line;
use handover_core::entry::Actor;
use handover_core::port::outbox::Attempt;
use handover_core::port::store::{DeliveryRecord, DeliveryState};
use handover_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(in crate::api) struct Brief {
    /// The conversation.
    pub(super) conversation_id: String,
    /// Its number in the conversation.
    pub(super) n: u64,
    /// `contact`, `desk` or `bot`.
    side: &'static str,
    /// The channel, desk or bot.
    account: String,
    /// The line of the transcript that it carries.
    entry: u64,
    /// What it brings, in words.
    #[schema(example = "Message to the desk")]
    job: String,
    /// `pending`, `delivered`, `dead` or `skipped`.
    #[schema(example = "dead")]
    state: &'static str,
    /// Since when it waits: since it was decided, or repeated. RFC 3339.
    waits_since: String,
    /// When it is tried next, while it is pending.
    next_try_at: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// What the last try came to, or why it was skipped.
    reason: String,
    #[serde(skip)]
    pub(super) since: Timestamp,
    #[serde(skip)]
    pub(super) moved: Timestamp,
}

impl Brief {
    pub(super) fn of(record: &DeliveryRecord) -> Self {
        let delivery = &record.delivery;
        let at = rfc3339(record.next_at);
        let (next_try_at, ended_at) = match record.state {
            DeliveryState::Pending => (Some(at), None),
            _ => (None, Some(at)),
        };
        Self {
            conversation_id: delivery.id.conversation.to_string(),
            n: delivery.id.n,
            side: delivery.side.as_str(),
            account: delivery.account.to_string(),
            entry: delivery.entry,
            job: words::job(&delivery.job),
            state: record.state.as_str(),
            waits_since: rfc3339(record.created_at),
            next_try_at,
            ended_at,
            reason: record.note.clone(),
            since: record.created_at,
            moved: record.next_at,
        }
    }
}

/// A delivery with its history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryWithHistory)]
pub(in crate::api) struct Full {
    /// The delivery.
    #[serde(flatten)]
    delivery: Brief,
    /// How often it was tried.
    tries: u32,
    /// When the first try began.
    first_try_at: Option<String>,
    /// Its tries, and what operators did, in order.
    history: Vec<AttemptView>,
}

impl Full {
    pub(super) fn of(sent: &Sent) -> Self {
        Self {
            delivery: Brief::of(&sent.record),
            tries: sent.tries(),
            first_try_at: sent.first_try().map(rfc3339),
            history: sent.history.iter().map(AttemptView::of).collect(),
        }
    }
}

/// A try, or what an operator did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(super) struct AttemptView {
    /// Its place in the history. A try that the program's stop broke off leaves a gap.
    number: u32,
    /// When it ended, RFC 3339.
    at: String,
    /// What it came to, in words.
    note: String,
    /// The operator, where it was no try.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Its HTTP calls, without secrets: of the last five tries.
    calls: Vec<CallView>,
}

impl AttemptView {
    fn of(attempt: &Attempt) -> Self {
        let calls = attempt.calls.iter().map(|call| CallView {
            method: call.method.clone(),
            url: call.url.clone(),
            at: rfc3339(call.at),
            took_ms: call.took_ms,
            status: call.status,
            answer: call.answer.clone(),
        });
        Self {
            number: attempt.number,
            at: rfc3339(attempt.at),
            note: attempt.note.clone(),
            by: attempt.by.clone(),
            calls: calls.collect(),
        }
    }
}

/// An HTTP call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub(super) struct CallView {
    /// `GET`, `POST`, ...
    method: String,
    /// The address without its query and secrets.
    url: String,
    /// When it began, RFC 3339.
    at: String,
    /// How long it took, in milliseconds.
    took_ms: u32,
    /// The answer's status; null when there was no answer.
    status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    answer: String,
}

/// A line of a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineLine)]
pub(super) struct LineView {
    /// Its number in the conversation.
    n: u64,
    /// When it was decided, RFC 3339.
    at: String,
    /// The conversation's epoch then.
    epoch: u64,
    /// The ordinal of the session that was open.
    session: Option<u32>,
    /// `contact`, `bot`, `agent` or `gateway`.
    from: &'static str,
    /// Who did it, in words.
    author: String,
    /// What it is, in words.
    what: &'static str,
    /// What it says.
    text: String,
    /// Why it is there, in words.
    #[schema(example = "rule 13: the marker in an agent's message offers the end")]
    cause: String,
    /// Why it changed nothing or was not shown, where that is so.
    held_back: Option<String>,
    /// Whether the contact may see it.
    for_contact: bool,
    /// Whether the desk may see it.
    for_desk: bool,
    /// What went out for it.
    deliveries: Vec<Full>,
}

impl LineView {
    pub(super) fn of(line: &Line) -> Self {
        let entry = &line.entry;
        let (what, text) = words::body(entry);
        Self {
            n: entry.n,
            at: rfc3339(entry.at),
            epoch: entry.epoch,
            session: entry.session,
            from: match entry.actor {
                Actor::Contact => "contact",
                Actor::Bot => "bot",
                Actor::Agent(_) => "agent",
                Actor::Gateway => "gateway",
            },
            author: words::actor(&entry.actor),
            what,
            text,
            cause: words::cause(&entry.cause),
            held_back: words::held_back(entry),
            for_contact: entry.for_contact,
            for_desk: entry.for_desk,
            deliveries: line.sent.iter().map(Full::of).collect(),
        }
    }
}
