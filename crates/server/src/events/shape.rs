//! An event as it is published. What is in it may grow; what is there keeps its meaning (`docs/events.md`).

use super::wanted::is_of_a_word;
use crate::api::shape::{Line, Payload};
use handover_core::entry::{Body, Entry};
use handover_core::ids::{AccountId, ConversationId, SessionId};
use handover_core::port::events::Happened;
use serde::Serialize;

/// The version of the form.
const VERSION: u8 = 1;
/// Signs of a text that are left when the whole would be longer than the server takes.
const CUT_CHARS: usize = 1000;

/// What is published of an entry.
pub(super) struct Letter {
    /// The last words of its subject: the channel and the kind.
    pub(super) subject: String,
    /// By this a repeat is known.
    pub(super) id: String,
    pub(super) body: Vec<u8>,
}

#[derive(Serialize)]
struct Event<'a> {
    v: u8,
    id: &'a str,
    conversation: &'a ConversationId,
    n: u64,
    at: String,
    channel: &'a AccountId,
    bot: &'a AccountId,
    contact: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    kind: &'static str,
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Agent<'a>>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    for_contact: bool,
    for_desk: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

#[derive(Serialize)]
struct Agent<'a> {
    id: &'a str,
    name: &'a str,
}

impl Letter {
    /// `database` keeps apart what two databases publish to one stream. A body longer than `bytes_max` is cut: its message is
    /// left out, and its text shortened.
    pub(super) fn of(
        happened: &Happened,
        database: &str,
        base_url: &str,
        bytes_max: usize,
    ) -> Result<Self, serde_json::Error> {
        let (at, entry) = (&happened.at, &happened.entry);
        let id = format!("{database}/{}/{}", at.id, entry.n);
        let line = Line::of(entry, base_url);
        let agent = line.agent.as_ref();
        let mut event = Event {
            v: VERSION,
            id: &id,
            conversation: &at.id,
            n: entry.n,
            at: line.at,
            channel: &at.channel,
            bot: &at.bot,
            contact: at.contact.key.as_str(),
            session: entry.session.map(|ordinal| SessionId::nth(&at.id, ordinal)),
            kind: line.kind,
            from: line.from,
            agent: agent.map(|it| Agent { id: it.id.as_str(), name: it.name.as_str() }),
            text: line.text,
            payload: line.payload,
            desk: desk(entry),
            cause: cause(entry),
            for_contact: entry.for_contact,
            for_desk: entry.for_desk,
            cut: false,
        };
        let mut body = serde_json::to_vec(&event)?;
        if body.len() > bytes_max {
            (event.cut, event.payload) = (true, None);
            event.text = event.text.chars().take(CUT_CHARS).collect();
            body = serde_json::to_vec(&event)?;
        }
        let subject = format!("{}.{}", word(at.channel.as_str()), event.kind);
        Ok(Self { subject, body, id })
    }
}

fn desk(entry: &Entry) -> Option<&AccountId> {
    match &entry.body {
        Body::Started { desk } => Some(desk),
        _ => None,
    }
}

fn cause(entry: &Entry) -> Option<&'static str> {
    match &entry.body {
        Body::Ended { cause } | Body::Terminal { cause, .. } => Some(cause.as_str()),
        _ => None,
    }
}

/// An id as one word of a subject.
fn word(id: &str) -> String {
    let words = id.chars().map(|sign| if is_of_a_word(sign) { sign } else { '_' });
    let word: String = words.collect();
    if word.is_empty() { "_".into() } else { word }
}
