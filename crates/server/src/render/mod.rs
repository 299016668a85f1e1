//! One template draws an entry, wherever it is seen.

mod content;
mod markdown;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use text::name as clean_name;
pub use words::why;

use crate::staff::initials;
use crate::words::Words;
use askama::Template;
use handover_core::content::Content;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::language::Language;

/// Who looks at an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// The contact: only what is for them, our words in this language.
    Contact(Language),
    /// An agent: the whole transcript, notes and ignored lines included.
    Agent,
}

impl Viewer {
    fn words(self) -> &'static Words {
        match self {
            Self::Contact(language) => crate::words::words(language),
            Self::Agent => crate::words::words(Language::English),
        }
    }
}

/// An entry as an HTML fragment, safe to insert as it is; none when this viewer may not see it.
pub fn entry(entry: &Entry, viewer: Viewer) -> Option<String> {
    let to_contact = matches!(viewer, Viewer::Contact(_));
    if to_contact && !entry.for_contact {
        return None;
    }
    let at = jiff::Timestamp::from_millisecond(entry.at.as_ms()).unwrap_or_default();
    let page = EntryPage {
        shape: shape(entry, viewer)?,
        n: entry.n,
        ms: entry.at.as_ms(),
        who: match entry.actor {
            Actor::Contact => "contact",
            Actor::Bot => "bot",
            Actor::Agent(_) => "agent",
            Actor::Gateway => "gateway",
        },
        kind: kind(&entry.body),
        // Each side finds its own lines again by the ids that it gave them.
        source: entry
            .source
            .as_ref()
            .filter(|_| (entry.actor == Actor::Contact) == to_contact)
            .map(|source| source.as_str().to_owned()),
        at: at.to_string(),
        clock: at.strftime("%H:%M").to_string(),
    };
    page.render().ok()
}

#[derive(Template)]
#[template(path = "entry/entry.html")]
struct EntryPage {
    shape: Shape,
    n: u64,
    ms: i64,
    who: &'static str,
    kind: &'static str,
    source: Option<String>,
    at: String,
    clock: String,
}

enum Shape {
    Message { by: String, face: Option<Face>, said: &'static str, html: String },
    Fenced { html: String },
    Note { by: String, html: String },
    Event { words: String, tone: &'static str },
    Pause { ms: u32 },
}

/// An agent's round picture; its letters show where there is none or it cannot be had.
struct Face {
    initials: String,
    picture: Option<String>,
}

fn face(actor: &Actor) -> Option<Face> {
    let Actor::Agent(agent) = actor else { return None };
    let picture = agent.picture.as_deref().and_then(text::safe_source).map(str::to_owned);
    Some(Face { initials: initials(&text::name(&agent.name)), picture })
}

/// Above a message: the agent's name for all, and for agents also that it was the bot or the program.
fn author(actor: &Actor, viewer: Viewer) -> String {
    match (actor, viewer) {
        (Actor::Agent(agent), _) => text::name(&agent.name),
        (Actor::Bot, Viewer::Agent) => "Bot".to_owned(),
        (Actor::Gateway, Viewer::Agent) => "Automatic message".to_owned(),
        _ => String::new(),
    }
}

/// Who said it, for those who hear the page and cannot see the sides.
const fn said_by(actor: &Actor, viewer: Viewer) -> &'static str {
    match (actor, viewer) {
        (Actor::Contact, Viewer::Contact(language)) => crate::words::words(language).you_said,
        (Actor::Contact, Viewer::Agent) => "The contact said:",
        (Actor::Bot | Actor::Gateway, Viewer::Contact(language)) => {
            crate::words::words(language).assistant_said
        }
        _ => "",
    }
}

fn shape(entry: &Entry, viewer: Viewer) -> Option<Shape> {
    let event = |words: String, tone| Some(Shape::Event { words: text::visible(&words), tone });
    let agent = || match &entry.actor {
        Actor::Agent(agent) => text::name(&agent.name),
        _ => viewer.words().our_team.to_owned(),
    };
    match &entry.body {
        Body::Message {
            content: Content::Typing { duration_ms } | Content::Wait { duration_ms },
        } => matches!(viewer, Viewer::Contact(_)).then_some(Shape::Pause { ms: *duration_ms }),
        Body::Message { content } => Some(Shape::Message {
            by: author(&entry.actor, viewer),
            face: face(&entry.actor),
            said: said_by(&entry.actor, viewer),
            html: content::html(content, &entry.actor, viewer)?,
        }),
        Body::Fenced { content } => {
            let html = content::html(content, &entry.actor, viewer)?;
            Some(Shape::Fenced { html })
        }
        Body::Note { text } => {
            let by = match &entry.actor {
                Actor::Agent(agent) => text::name(&agent.name),
                _ => "Handover".to_owned(),
            };
            Some(Shape::Note { by, html: text::plain(text) })
        }
        Body::Opened { trigger } => event(words::opened(trigger.as_ref()), "quiet"),
        Body::Started { desk } => event(format!("Session started at the desk {desk}."), "start"),
        Body::Accepted => event(words::accepted(&agent(), viewer), "start"),
        Body::Ended { cause } => event(words::ended(*cause, viewer), "end"),
        Body::Terminal { payload, cause } => {
            event(format!("The bot received {payload}: {}.", why(*cause)), "quiet")
        }
        Body::Ignored { what, why } => event(format!("Ignored: {what} ({why})."), "quiet"),
        Body::Trouble { text } => event(text.clone(), "trouble"),
    }
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Message { content } => match content {
            Content::Text { .. } => "text",
            Content::Media(_) => "media",
            Content::Link { .. } => "link",
            Content::Question(_) => "question",
            Content::Card(_) => "card",
            Content::Carousel { .. } => "carousel",
            Content::Typing { .. } => "typing",
            Content::Wait { .. } => "wait",
            Content::Payload { .. } => "payload",
            Content::Trigger(_) => "trigger",
            Content::Other { .. } => "other",
        },
        Body::Note { .. } => "note",
        Body::Opened { .. } => "opened",
        Body::Started { .. } => "started",
        Body::Accepted => "accepted",
        Body::Ended { .. } => "ended",
        Body::Terminal { .. } => "terminal",
        Body::Fenced { .. } => "fenced",
        Body::Ignored { .. } => "ignored",
        Body::Trouble { .. } => "trouble",
    }
}
