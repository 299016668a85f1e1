//! One conversation: its transcript, what can be done with it, and what is known about the contact.

use super::queue::{lasting, name_of};
use crate::app::App;
use crate::render::{self, Viewer};
use crate::settings::AccountKind;
use crate::staff::initials;
use askama::Template;
use handover_core::conversation::Conversation;
use handover_core::entry::Entry;
use handover_core::ids::{AgentId, ConversationId};
use handover_core::policy::OnDeskClosed;
use handover_core::port::store::{Page, Result, SessionFilter};
use handover_core::session::{Holder, SessionRecord};
use handover_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Entries that a page begins with, and that *earlier* adds.
pub(super) const ENTRIES: u32 = 200;
/// Sessions listed beside the conversation.
const SESSIONS: u32 = 10;
const VALUE_CHARS_MAX: usize = 500;
/// What is known about a contact, in the order in which it helps; all else follows.
const FIRST: &[(&str, &str)] = &[
    ("name", "Name"),
    ("email", "E-mail"),
    ("page", "Page"),
    ("language", "Language"),
    ("browser", "Browser"),
];

/// What scripts need to know of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct State {
    pub(super) conversation: String,
    pub(super) holder: &'static str,
    pub(super) session: Option<String>,
    /// Whether this agent has the floor.
    pub(super) mine: bool,
    pub(super) delivered: u64,
    pub(super) read: u64,
    pub(super) entries: u64,
}

/// What can be done, above the transcript.
#[derive(Template)]
#[template(path = "console/head.html")]
pub(super) struct Head {
    id: String,
    name: String,
    initials: String,
    holder: &'static str,
    mine: bool,
    agent: String,
    offered: bool,
    waits_since_ms: i64,
    waits: String,
    desk: Option<String>,
    closing: &'static str,
    csrf: String,
    session: String,
}

/// A line of what is known.
struct Fact {
    label: String,
    value: String,
    link: Option<String>,
    /// The moment that the value tells, for scripts.
    at: Option<String>,
}

/// An earlier session.
struct Past {
    ordinal: u32,
    at: String,
    at_iso: String,
    what: String,
}

/// What is known about the contact, beside the transcript.
#[derive(Template)]
#[template(path = "console/context.html")]
pub(super) struct Context {
    name: String,
    verified: bool,
    first: Vec<Fact>,
    others: Vec<Fact>,
    session: Vec<Fact>,
    past: Vec<Past>,
    bot: String,
    channel: String,
}

/// All of it.
pub(super) struct View {
    pub(super) state: State,
    pub(super) head: Head,
    pub(super) context: Context,
}

/// Reads a conversation for an agent; none when there is no such conversation.
pub(super) async fn read(
    app: &App,
    id: &ConversationId,
    me: &AgentId,
    csrf: &str,
) -> Result<Option<View>> {
    let Some(conversation) = app.store.load(id).await? else { return Ok(None) };
    let filter = SessionFilter { open: None, conversation: Some(id.clone()), limit: SESSIONS };
    let sessions = app.store.sessions(filter).await?;
    let holder = match conversation.holder() {
        Holder::Bot => "bot",
        Holder::Waiting => "waiting",
        Holder::Agent => "agent",
    };
    let agent = conversation.session.as_ref().and_then(|session| session.agent.as_ref());
    let mine = agent.is_some_and(|agent| agent.id == *me);
    let state = State {
        conversation: id.to_string(),
        holder,
        session: conversation.session.as_ref().map(|session| session.id.to_string()),
        mine,
        delivered: conversation.marks.contact_delivered,
        read: conversation.marks.contact_read,
        entries: conversation.entries,
    };
    let head = head(app, &conversation, &state, csrf);
    let context = context(app, &conversation, &sessions);
    Ok(Some(View { state, head, context }))
}

fn head(app: &App, conversation: &Conversation, state: &State, csrf: &str) -> Head {
    let session = conversation.session.as_ref();
    let name = name_of(&conversation.contact);
    let since = session.map_or(Timestamp::default(), |session| session.started_at);
    let foreign = session.and_then(|session| {
        let account = app.settings.account(AccountKind::Desk, &session.desk)?;
        (account.vendor != crate::settings::CONSOLE).then(|| account.name.clone())
    });
    Head {
        id: conversation.id.to_string(),
        initials: initials(&name),
        name,
        holder: state.holder,
        mine: state.mine,
        agent: session
            .and_then(|session| session.agent.as_ref())
            .map(|agent| agent.name.clone())
            .unwrap_or_default(),
        offered: session.is_some_and(|session| session.offered),
        waits_since_ms: since.as_ms(),
        waits: lasting(app.clock.now().since_ms(since)),
        desk: foreign,
        closing: match app.settings.livechat().policy.on_desk_closed {
            OnDeskClosed::OfferEnd => "The contact is asked whether the chat may end.",
            OnDeskClosed::End => "The session ends and the bot takes over at once.",
            OnDeskClosed::Ignore => "By the settings, closing changes nothing for the contact.",
        },
        csrf: csrf.to_owned(),
        session: state.session.clone().unwrap_or_default(),
    }
}

fn context(app: &App, conversation: &Conversation, sessions: &[SessionRecord]) -> Context {
    let metadata = &conversation.contact.metadata;
    let first = FIRST.iter().filter_map(|(key, label)| {
        let value = text(metadata.get(*key)?);
        (!value.is_empty()).then(|| fact(label, value))
    });
    let others = metadata.iter().filter(|(key, _)| !FIRST.iter().any(|(first, _)| first == key));
    let session = conversation.session.as_ref().map(|session| {
        let timeout_ms = i64::from(app.settings.livechat().policy.timeout_s) * 1000;
        vec![
            fact("Number", session.ordinal.to_string()),
            moment("Started", session.started_at),
            fact(
                "Answered",
                session.answered_at.map_or_else(
                    || "not yet".into(),
                    |at| format!("after {}", lasting(at.since_ms(session.started_at))),
                ),
            ),
            fact("Messages", session.messages.to_string()),
            moment("Expires without a message", session.last_message_at.plus_ms(timeout_ms)),
        ]
    });
    let bots = app.bots.bots();
    let bot = bots.iter().find(|bot| bot.id == conversation.bot);
    let channel = app.settings.account(AccountKind::Channel, &conversation.channel);
    Context {
        name: name_of(&conversation.contact),
        verified: conversation.contact.verified,
        first: first.collect(),
        others: others.map(|(key, value)| fact(&short(key), text(value))).collect(),
        session: session.unwrap_or_default(),
        past: sessions.iter().filter(|record| !record.state.is_open()).map(past).collect(),
        bot: bot.map_or_else(|| conversation.bot.to_string(), |bot| bot.name.clone()),
        channel: channel.map_or_else(|| conversation.channel.to_string(), |a| a.name.clone()),
    }
}

fn past(record: &SessionRecord) -> Past {
    let cause = record.cause.map_or("ended", render::why);
    let agent = record.agent.as_ref().map(|agent| format!(" · {}", agent.name));
    Past {
        ordinal: record.ordinal,
        at: stamp(record.started_at),
        at_iso: iso(record.started_at),
        what: format!("{cause}{}", agent.unwrap_or_default()),
    }
}

fn fact(label: &str, value: String) -> Fact {
    // Only what a browser opens without running anything becomes a link.
    let is_page = value.starts_with("https://") || value.starts_with("http://");
    let is_mail = label == "E-mail" && value.contains('@') && !value.contains(char::is_whitespace);
    let link = if is_page {
        Some(value.clone())
    } else if is_mail {
        Some(format!("mailto:{value}"))
    } else {
        None
    };
    Fact { label: label.to_owned(), value, link, at: None }
}

fn moment(label: &str, at: Timestamp) -> Fact {
    Fact { at: Some(iso(at)), ..fact(label, stamp(at)) }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => short(text),
        Value::Null => String::new(),
        other => short(&other.to_string()),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(VALUE_CHARS_MAX).collect()
}

/// A moment for people, in UTC: scripts turn it into the agent's own time.
fn stamp(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
    at.strftime("%-d %b, %H:%M UTC").to_string()
}

fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_string()
}

/// Entries as HTML, and the number of the last one that was looked at.
pub(super) fn draw(entries: &[Entry]) -> String {
    entries.iter().filter_map(|entry| render::entry(entry, Viewer::Agent)).collect()
}

/// The last entries of a transcript, up to and without `before`.
pub(super) async fn before(app: &App, id: &ConversationId, before: u64) -> Result<Vec<Entry>> {
    let after = before.saturating_sub(u64::from(ENTRIES) + 1);
    let page = Page { after, limit: ENTRIES, newest: false };
    let mut entries = app.store.transcript(id, page).await?;
    entries.retain(|entry| entry.n < before);
    Ok(entries)
}
