//! The list on the left: who waits, who is being served, what the bot does, what has ended.

use crate::app::App;
use crate::doctor::is_probe;
use askama::Template;
use handover_core::capability::plain;
use handover_core::contact::Contact;
use handover_core::content::{Content, Media};
use handover_core::conversation::Conversation;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::ids::{AgentId, ConversationId};
use handover_core::port::store::{Page, Result, SessionFilter};
use handover_core::session::{SessionRecord, SessionState};
use handover_core::time::Timestamp;
use std::collections::HashMap;

/// The most lines of a list: who has more to do than this needs more people, not a longer list.
const LINES_MAX: u32 = 100;
/// Entries looked at for the preview and for counting what is unread.
const ENTRIES_BACK: u32 = 30;
const PREVIEW_CHARS: usize = 90;

/// Which list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    /// Open sessions.
    #[default]
    Open,
    /// Conversations that the bot holds.
    Bot,
    /// Ended sessions.
    Ended,
}

impl Tab {
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "bot" => Self::Bot,
            "ended" => Self::Ended,
            _ => Self::Open,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Bot => "bot",
            Self::Ended => "ended",
        }
    }
}

/// What a line says of its conversation's last words.
#[derive(Debug, Clone, Default)]
struct Words {
    by: &'static str,
    preview: String,
    unread: usize,
    at: Timestamp,
}

/// Remembers the last words of conversations until a hint says that they changed.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<ConversationId, Words>);

impl Known {
    /// Forgets one conversation; whether it was in a list.
    pub(super) fn forget(&mut self, id: &ConversationId) -> bool {
        self.0.remove(id).is_some()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// One line.
pub(super) struct Line {
    id: String,
    name: String,
    initials: String,
    by: &'static str,
    preview: String,
    unread: usize,
    /// When the wait began, for those who wait; else when the last words were said.
    since_ms: i64,
    since: String,
    tag: String,
    selected: bool,
}

#[derive(Template)]
#[template(path = "console/queue.html")]
pub(super) struct Queue {
    tab: &'static str,
    pub(super) waiting: Vec<Line>,
    mine: Vec<Line>,
    others: Vec<Line>,
    /// The lines of the other tabs.
    rest: Vec<Line>,
}

/// Reads a list.
pub(super) async fn read(
    app: &App,
    known: &mut Known,
    tab: Tab,
    me: &AgentId,
    selected: Option<&ConversationId>,
) -> Result<Queue> {
    let now = app.clock.now();
    let mut queue = Queue {
        tab: tab.word(),
        waiting: Vec::new(),
        mine: Vec::new(),
        others: Vec::new(),
        rest: Vec::new(),
    };
    let mut listed = Lister { app, known, now, selected };
    let open = app.store.sessions(filter(true)).await?;
    for record in open.iter().filter(|record| !is_probe(&record.channel)) {
        // Who waits is shown above every list.
        let waits = record.state == SessionState::Waiting;
        if !waits && tab != Tab::Open {
            continue;
        }
        let line = listed.session(record).await?;
        match &record.agent {
            _ if waits => queue.waiting.push(line),
            Some(agent) if agent.id == *me => queue.mine.push(line),
            _ => queue.others.push(line),
        }
    }
    match tab {
        Tab::Open => {}
        Tab::Ended => {
            let ended = app.store.sessions(filter(false)).await?;
            for record in ended.iter().filter(|record| !is_probe(&record.channel)) {
                queue.rest.push(listed.session(record).await?);
            }
        }
        Tab::Bot => {
            let mut recent = app.store.conversations(LINES_MAX).await?;
            recent.sort_by_key(|conversation| std::cmp::Reverse(conversation.updated_at));
            for conversation in
                recent.iter().filter(|c| c.session.is_none() && !is_probe(&c.channel))
            {
                queue.rest.push(listed.conversation(conversation).await?);
            }
        }
    }
    Ok(queue)
}

fn filter(open: bool) -> SessionFilter {
    SessionFilter { open: Some(open), conversation: None, limit: LINES_MAX }
}

struct Lister<'a> {
    app: &'a App,
    known: &'a mut Known,
    now: Timestamp,
    selected: Option<&'a ConversationId>,
}

impl Lister<'_> {
    async fn session(&mut self, record: &SessionRecord) -> Result<Line> {
        let waits = record.state == SessionState::Waiting;
        let words = self.words(&record.conversation, None).await?;
        let since = match record.state {
            SessionState::Waiting => record.started_at,
            SessionState::Agent => words.at,
            SessionState::Ended => record.ended_at.unwrap_or(words.at),
        };
        let tag = match (record.state, record.cause, &record.agent) {
            (SessionState::Ended, Some(cause), _) => crate::render::why(cause).to_owned(),
            (SessionState::Agent, _, Some(agent)) => agent.name.clone(),
            _ => String::new(),
        };
        let unread = if record.state.is_open() { words.unread } else { 0 };
        Ok(self.line(
            &record.conversation,
            &record.contact,
            Words { unread, ..words },
            since,
            tag,
            waits,
        ))
    }

    async fn conversation(&mut self, conversation: &Conversation) -> Result<Line> {
        let words = self.words(&conversation.id, Some(conversation)).await?;
        let (words, at) = (Words { unread: 0, ..words.clone() }, words.at);
        Ok(self.line(&conversation.id, &conversation.contact, words, at, String::new(), false))
    }

    fn line(
        &self,
        id: &ConversationId,
        contact: &Contact,
        words: Words,
        since: Timestamp,
        tag: String,
        waits: bool,
    ) -> Line {
        let name = name_of(contact);
        Line {
            id: id.to_string(),
            initials: crate::staff::initials(&name),
            name,
            by: words.by,
            preview: words.preview,
            unread: words.unread,
            since_ms: since.as_ms(),
            since: if waits {
                lasting(self.now.since_ms(since))
            } else {
                ago(self.now.since_ms(since))
            },
            tag,
            selected: self.selected == Some(id),
        }
    }

    async fn words(&mut self, id: &ConversationId, loaded: Option<&Conversation>) -> Result<Words> {
        if let Some(words) = self.known.0.get(id) {
            return Ok(words.clone());
        }
        let read = match loaded {
            Some(conversation) => Some(conversation.marks.desk_read),
            None => self.app.store.load(id).await?.map(|conversation| conversation.marks.desk_read),
        };
        let page = Page { after: 0, limit: ENTRIES_BACK, newest: true };
        let entries = self.app.store.transcript(id, page).await?;
        let words = words(&entries, read.unwrap_or(0));
        self.known.0.insert(id.clone(), words.clone());
        Ok(words)
    }
}

fn words(entries: &[Entry], read: u64) -> Words {
    let said = |entry: &&Entry| {
        entry.actor != Actor::Gateway && entry.content().is_some_and(|content| !content.is_pacing())
    };
    let last = entries.iter().rev().find(said);
    let in_session =
        |entry: &&Entry| entry.n > read && entry.session.is_some() && entry.actor == Actor::Contact;
    let unread = |entry: &&Entry| in_session(entry) && matches!(entry.body, Body::Message { .. });
    Words {
        by: match last.map(|entry| &entry.actor) {
            Some(Actor::Bot) => "Bot: ",
            Some(Actor::Agent(_)) => "Agent: ",
            _ => "",
        },
        preview: last
            .and_then(Entry::content)
            .map(|content| match content {
                Content::Media(Media { name: Some(name), .. }) => short(name),
                content => short(&plain(content)),
            })
            .unwrap_or_default(),
        unread: entries.iter().filter(unread).count(),
        at: last.or(entries.last()).map_or(Timestamp::default(), |entry| entry.at),
    }
}

/// One line of at most so many characters.
fn short(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    if text.chars().count() <= PREVIEW_CHARS {
        return text;
    }
    let mut cut: String = text.chars().take(PREVIEW_CHARS).collect();
    cut.push('…');
    cut
}

/// The contact's name, or a short word for who it is.
pub(crate) fn name_of(contact: &Contact) -> String {
    if let Some(name) = contact.name().map(str::trim).filter(|name| !name.is_empty()) {
        return name.chars().filter(|c| !c.is_control()).take(80).collect();
    }
    let email = contact.metadata.get("email").and_then(serde_json::Value::as_str);
    if let Some(email) = email.filter(|email| !email.trim().is_empty()) {
        return email.chars().filter(|c| !c.is_control()).take(80).collect();
    }
    let key: Vec<char> = contact.key.as_str().chars().collect();
    let tail: String = key[key.len().saturating_sub(4)..].iter().collect();
    format!("Visitor {tail}")
}

/// How long something has lasted: `45 s`, `3 min`, `2 h 5 min`, `3 d`.
pub(crate) fn lasting(ms: i64) -> String {
    let s = ms.max(0) / 1000;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..86400 if s / 60 % 60 == 0 => format!("{} h", s / 3600),
        3600..86400 => format!("{} h {} min", s / 3600, s / 60 % 60),
        _ => format!("{} d", s / 86400),
    }
}

/// How long ago: `now`, `3 min`, `2 h`, `3 d`.
fn ago(ms: i64) -> String {
    let s = ms.max(0) / 1000;
    match s {
        0..60 => "now".into(),
        60..3600 => format!("{} min", s / 60),
        3600..86400 => format!("{} h", s / 3600),
        _ => format!("{} d", s / 86400),
    }
}
