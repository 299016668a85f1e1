//! The content of a message as HTML: each kind that the core has a word for.

use super::text::{name, plain, safe_source, safe_url, size};
use super::{Viewer, markdown};
use crate::words::Words;
use askama::Template;
use handover_core::capability;
use handover_core::content::{Button, Card, Content, Media, MediaKind};
use handover_core::entry::Actor;

/// A content's HTML; none for what nobody needs to see.
pub(super) fn html(content: &Content, by: &Actor, viewer: Viewer) -> Option<String> {
    let part = part(content, by, viewer)?;
    ContentPage { part: &part, words: viewer.words() }.render().ok()
}

#[derive(Template)]
#[template(path = "entry/content.html")]
struct ContentPage<'a> {
    part: &'a Part,
    words: &'static Words,
}

enum Part {
    Words(String),
    Pressed(String),
    Picture(File),
    Video(File),
    Audio(File),
    File(File),
    Link { url: String, text: String, title: String },
    Question { title: String, buttons: Vec<Choice>, quick: bool },
    Cards(Vec<ShownCard>),
}

struct File {
    url: String,
    name: String,
    size: String,
}

struct Choice {
    title: String,
    payload: String,
    link: Option<String>,
    off: bool,
}

struct ShownCard {
    title: String,
    subtitle: String,
    image: Option<String>,
    link: Option<String>,
    buttons: Vec<Choice>,
}

/// A contact's words are plain; bots, agents and the operator's own texts may hold Markdown.
fn words(text: &str, by: &Actor) -> String {
    match by {
        Actor::Contact => plain(text),
        Actor::Bot | Actor::Agent(_) | Actor::Gateway => markdown::render(text),
    }
}

fn part(content: &Content, by: &Actor, viewer: Viewer) -> Option<Part> {
    let as_text = || Part::Words(plain(&capability::plain(content)));
    Some(match content {
        Content::Text { text } => Part::Words(words(text, by)),
        Content::Media(media) => file(media).unwrap_or_else(as_text),
        Content::Link { url, text, title } => match safe_url(url) {
            Some(url) => Part::Link {
                text: name(text.as_deref().unwrap_or(url)),
                title: name(title.as_deref().unwrap_or_default()),
                url: url.to_owned(),
            },
            None => as_text(),
        },
        Content::Question(question) => Part::Question {
            title: words(&question.title, by),
            buttons: choices(&question.buttons, viewer),
            quick: question.quick,
        },
        Content::Card(card) => Part::Cards(vec![shown(card, viewer)]),
        Content::Carousel { cards } => {
            Part::Cards(cards.iter().map(|card| shown(card, viewer)).collect())
        }
        Content::Payload { payload, title } => {
            Part::Pressed(name(title.as_deref().unwrap_or(payload)))
        }
        Content::Trigger(_) | Content::Other { .. } => as_text(),
        Content::Typing { .. } | Content::Wait { .. } => return None,
    })
}

fn file(media: &Media) -> Option<Part> {
    let url = match media.kind {
        MediaKind::File => safe_url(&media.url)?,
        MediaKind::Image | MediaKind::Video | MediaKind::Audio => safe_source(&media.url)?,
    };
    let last = url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
    let file = File {
        url: url.to_owned(),
        name: name(
            media.name.as_deref().or(last).filter(|name| !name.is_empty()).unwrap_or("file"),
        ),
        size: media.size_bytes.map(size).unwrap_or_default(),
    };
    Some(match media.kind {
        MediaKind::Image => Part::Picture(file),
        MediaKind::Video => Part::Video(file),
        MediaKind::Audio => Part::Audio(file),
        MediaKind::File => Part::File(file),
    })
}

/// An agent sees what the contact could choose, but cannot choose it for them.
fn choices(buttons: &[Button], viewer: Viewer) -> Vec<Choice> {
    buttons
        .iter()
        .map(|button| Choice {
            title: name(&button.title),
            payload: button.payload.clone(),
            link: button.url.as_deref().and_then(safe_url).map(str::to_owned),
            off: viewer == Viewer::Agent,
        })
        .collect()
}

fn shown(card: &Card, viewer: Viewer) -> ShownCard {
    ShownCard {
        title: name(&card.title),
        subtitle: card.subtitle.as_deref().map(name).unwrap_or_default(),
        image: card.image_url.as_deref().and_then(safe_source).map(str::to_owned),
        link: card.url.as_deref().and_then(safe_url).map(str::to_owned),
        buttons: choices(&card.buttons, viewer),
    }
}
