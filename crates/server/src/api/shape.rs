//! Messages, sessions and lines of the transcript as programs read them.

use handover_adapters::channel::api::message;
use handover_adapters::channel::api::step::uuid;
use handover_adapters::kit::time::rfc3339;
use handover_core::capability::plain;
use handover_core::contact::{Agent, Contact};
use handover_core::content::Content;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::ids::ConversationId;
use handover_core::session::SessionRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A content in the Studio's form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Payload {
    /// `text`, `question`, `card`, `image`, ...
    #[schema(example = "text")]
    pub content_type: String,
    /// What belongs to that type; nested components have the same form.
    #[schema(example = json!({"text": "Hello"}), value_type = Object)]
    pub content: Value,
}

impl Payload {
    /// Our own files get whole addresses: a program elsewhere cannot know where a bare one lies.
    pub(crate) fn of(content: &Content, base_url: &str) -> Self {
        let mut encoded = message::encode(&content.clone().with_base(base_url));
        Self {
            content_type: encoded["content_type"].as_str().unwrap_or_default().to_owned(),
            content: encoded["content"].take(),
        }
    }
}

/// A message to the contact.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Message {
    /// What is said.
    pub payload: Payload,
    /// Its place in this answer, from 0.
    pub interaction_order: usize,
    /// The conversation.
    pub conversation_id: String,
    /// Always `SEND`.
    pub direction: &'static str,
    /// Its number in the transcript: it grows, never repeats, and tells where to read on.
    pub n: u64,
    /// When it was said, RFC 3339.
    pub at: String,
    /// The agent who says it; absent when the bot does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
}

/// An agent as the contact knows them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentName {
    /// The name.
    pub name: String,
}

/// Entries as messages to the contact; entries that are none are left out.
pub(super) fn messages<'a>(
    conversation: &ConversationId,
    base_url: &str,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Vec<Message> {
    entries
        .into_iter()
        .filter(|entry| entry.for_contact && entry.actor != Actor::Contact)
        .filter_map(|entry| Some((entry, shown(entry, base_url)?)))
        .enumerate()
        .map(|(interaction_order, (entry, payload))| Message {
            payload,
            interaction_order,
            conversation_id: uuid(conversation),
            direction: "SEND",
            n: entry.n,
            at: rfc3339(entry.at),
            agent: match &entry.actor {
                Actor::Agent(agent) => Some(AgentName { name: agent.name.clone() }),
                _ => None,
            },
        })
        .collect()
}

fn shown(entry: &Entry, base_url: &str) -> Option<Payload> {
    match &entry.body {
        Body::Message { content } => Some(Payload::of(content, base_url)),
        Body::Trouble { text } => Some(Payload::of(&Content::text(text.as_str()), base_url)),
        _ => None,
    }
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    /// Its id.
    pub id: String,
    /// Its conversation.
    pub conversation_id: String,
    /// Its place among the conversation's sessions, from 1.
    pub ordinal: u32,
    /// The channel on which the contact writes.
    pub channel: String,
    /// The desk.
    pub desk: String,
    /// `waiting`, `agent` or `ended`.
    #[schema(value_type = String, example = "waiting")]
    pub state: handover_core::session::SessionState,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When the first agent answered.
    pub answered_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Why it ended.
    #[schema(example = "contact_ended")]
    pub cause: Option<&'static str>,
    /// The agent who has or had the floor.
    #[schema(value_type = Option<AgentRef>)]
    pub agent: Option<Agent>,
    /// The contact.
    pub contact: ContactView,
}

/// An agent.
#[derive(Debug, Serialize, ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentRef {
    /// Your id for the agent.
    pub id: String,
    /// The name that the contact sees.
    pub name: String,
}

/// A contact.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactView {
    /// Who it is on its channel.
    pub id: String,
    /// The name, if it is known.
    pub name: Option<String>,
    /// Whether the channel proved who it is.
    pub verified: bool,
    /// What the channel knows about it.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

impl Session {
    pub(super) fn of(record: &SessionRecord) -> Self {
        Self {
            id: record.id.to_string(),
            conversation_id: record.conversation.to_string(),
            ordinal: record.ordinal,
            channel: record.channel.to_string(),
            desk: record.desk.to_string(),
            state: record.state,
            started_at: rfc3339(record.started_at),
            answered_at: record.answered_at.map(rfc3339),
            ended_at: record.ended_at.map(rfc3339),
            cause: record.cause.map(handover_core::session::EndCause::as_str),
            agent: record.agent.clone(),
            contact: ContactView::of(&record.contact),
        }
    }
}

impl ContactView {
    fn of(contact: &Contact) -> Self {
        Self {
            id: contact.key.to_string(),
            name: contact.name().map(str::to_owned),
            verified: contact.verified,
            metadata: contact.metadata.clone(),
        }
    }
}

/// A line of the transcript.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Line {
    /// Its number in the conversation.
    pub n: u64,
    /// When, RFC 3339.
    pub at: String,
    /// `contact`, `bot`, `agent` or `gateway`.
    pub from: &'static str,
    /// The agent, if one did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AgentRef>)]
    pub agent: Option<Agent>,
    /// `message`, `note`, `opened`, `started`, `accepted`, `ended`, `terminal`, `fenced`, `ignored` or `trouble`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// The message in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// The ordinal of the session that was open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
}

impl Line {
    pub(crate) fn of(entry: &Entry, base_url: &str) -> Self {
        let (kind, text, payload) = match &entry.body {
            Body::Message { content } => {
                ("message", plain(content), Some(Payload::of(content, base_url)))
            }
            Body::Fenced { content } => {
                ("fenced", plain(content), Some(Payload::of(content, base_url)))
            }
            Body::Note { text } => ("note", text.clone(), None),
            Body::Trouble { text } => ("trouble", text.clone(), None),
            Body::Opened { .. } => ("opened", String::new(), None),
            Body::Started { desk } => ("started", desk.to_string(), None),
            Body::Accepted => ("accepted", String::new(), None),
            Body::Ended { cause } => ("ended", cause.as_str().to_owned(), None),
            Body::Terminal { payload, .. } => ("terminal", payload.clone(), None),
            Body::Ignored { what, why } => ("ignored", format!("{what}: {why}"), None),
        };
        let (from, agent) = match &entry.actor {
            Actor::Contact => ("contact", None),
            Actor::Bot => ("bot", None),
            Actor::Agent(agent) => {
                let mut agent = agent.clone();
                agent
                    .picture
                    .iter_mut()
                    .filter(|picture| picture.starts_with("/files/"))
                    .for_each(|picture| picture.insert_str(0, base_url));
                ("agent", Some(agent))
            }
            Actor::Gateway => ("gateway", None),
        };
        Self {
            n: entry.n,
            at: rfc3339(entry.at),
            from,
            agent,
            kind,
            text,
            payload,
            session: entry.session,
        }
    }
}
