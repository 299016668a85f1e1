//! What a channel or desk can show, and how messages are turned into it (rule 11).

use crate::content::{Content, Media};
use serde::{Deserialize, Serialize};

/// What a channel or desk can show. Data of its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// It reads the transcript itself by entry number, so nothing is posted to it: a socket of ours, or polling.
    pub pulls: bool,
    /// It shows choices as buttons.
    pub choices: bool,
    /// It shows cards.
    pub cards: bool,
    /// It shows pictures and files.
    pub media: bool,
    /// It paces: it can wait and seem to type.
    pub pacing: bool,
}

impl Capabilities {
    /// Shows everything, reads the transcript itself.
    pub const fn pulling() -> Self {
        Self { pulls: true, choices: true, cards: true, media: true, pacing: true }
    }

    /// Shows everything that is posted to it.
    pub const fn posted() -> Self {
        Self { pulls: false, ..Self::pulling() }
    }

    /// Shows text only.
    pub const fn text_only() -> Self {
        Self { pulls: false, choices: false, cards: false, media: false, pacing: false }
    }

    /// The nearest thing that can be shown; empty only for pacing that nobody can see.
    pub fn show(&self, content: &Content) -> Vec<Content> {
        match content {
            Content::Typing { .. } | Content::Wait { .. } if !self.pacing => Vec::new(),
            Content::Question(_) if !self.choices => vec![Content::text(plain(content))],
            Content::Card(card) if !self.cards => {
                let picture = card.image_url.as_ref().filter(|_| self.media).map(|url| {
                    Content::Media(Media {
                        kind: crate::content::MediaKind::Image,
                        url: url.clone(),
                        name: None,
                        mime: None,
                        size_bytes: None,
                    })
                });
                picture.into_iter().chain([Content::text(plain(content))]).collect()
            }
            Content::Carousel { cards } if !self.cards => {
                cards.iter().flat_map(|card| self.show(&Content::Card(card.clone()))).collect()
            }
            Content::Media(_) if !self.media => vec![Content::text(plain(content))],
            _ => vec![content.clone()],
        }
    }
}

/// A content as plain text: what a list preview, a transcript or a text-only side shows. Choices are numbered from 1.
pub fn plain(content: &Content) -> String {
    match content {
        Content::Text { text } => text.clone(),
        Content::Media(media) => match &media.name {
            Some(name) => format!("{name} ({})", media.url),
            None => media.url.clone(),
        },
        Content::Link { url, text, title } => match text.as_ref().or(title.as_ref()) {
            Some(text) if text != url => format!("{text}: {url}"),
            _ => url.clone(),
        },
        Content::Question(question) => lines(&[&question.title], &question.buttons),
        Content::Card(card) => lines(
            &[
                card.title.as_str(),
                card.subtitle.as_deref().unwrap_or_default(),
                card.url.as_deref().unwrap_or_default(),
            ],
            &card.buttons,
        ),
        Content::Carousel { cards } => {
            let cards: Vec<String> =
                cards.iter().map(|card| plain(&Content::Card(card.clone()))).collect();
            cards.join("\n\n")
        }
        Content::Typing { .. } | Content::Wait { .. } => String::new(),
        Content::Payload { payload, title } => title.clone().unwrap_or_else(|| payload.clone()),
        Content::Trigger(trigger) => trigger.flow.clone().unwrap_or_default(),
        Content::Other { content, .. } => content
            .get("text")
            .or_else(|| content.get("title"))
            .and_then(serde_json::Value::as_str)
            .map_or_else(|| content.to_string(), str::to_owned),
    }
}

fn lines(heads: &[&str], buttons: &[crate::content::Button]) -> String {
    let mut lines: Vec<String> =
        heads.iter().filter(|head| !head.is_empty()).map(|&head| head.to_owned()).collect();
    for (index, button) in buttons.iter().enumerate() {
        lines.push(match &button.url {
            Some(url) => format!("{}. {}: {url}", index + 1, button.title),
            None => format!("{}. {}", index + 1, button.title),
        });
    }
    lines.join("\n")
}
