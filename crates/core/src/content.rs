//! What one message holds, whoever says it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The content type of an attachment that a desk told of, and that can be fetched nowhere (rule 11).
const UNSHOWN: &str = "unshown";

/// The content of one message. Text of bots and agents may hold Markdown; a contact's text is plain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// A picture, video, sound or other file.
    Media(Media),
    /// A link to show.
    Link {
        /// Where it leads.
        url: String,
        /// What to show for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Its title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// A question with choices.
    Question(Question),
    /// One card.
    Card(Card),
    /// Cards side by side.
    Carousel {
        /// The cards, in order.
        cards: Vec<Card>,
    },
    /// The partner seems to type for a while.
    Typing {
        /// How long, in milliseconds.
        duration_ms: u32,
    },
    /// A pause.
    Wait {
        /// How long, in milliseconds.
        duration_ms: u32,
    },
    /// A pressed button.
    Payload {
        /// What the button stands for.
        payload: String,
        /// What was written on it, where the channel tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// The contact asks for a place in the bot (a link with `ref`, a menu).
    Trigger(Trigger),
    /// Something this version has no word for; shown as its text.
    Other {
        /// The sender's word for it.
        content_type: String,
        /// As it came.
        content: Value,
    },
}

/// A place in a bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Name or id of the flow; none is the bot's default flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The step; none is `start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// What kind of file a [`Media`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
    /// Anything else.
    File,
}

/// A file somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Its kind.
    pub kind: MediaKind,
    /// Where it can be fetched; a path under `/files/` for what was uploaded here.
    pub url: String,
    /// Its name, as the sender has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
}

/// A question with choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The question; may be empty.
    #[serde(default)]
    pub title: String,
    /// The choices, in order.
    pub buttons: Vec<Button>,
    /// Whether the choices vanish once one is chosen.
    #[serde(default)]
    pub quick: bool,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What is written on it.
    pub title: String,
    /// What it sends.
    pub payload: String,
    /// Texts that count as pressing it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// A link to open instead of sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// One card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its title.
    pub title: String,
    /// Its second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Its choices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// Where a click on the card leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Content {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// A pressed button without a title.
    pub fn payload(payload: impl Into<String>) -> Self {
        Self::Payload { payload: payload.into(), title: None }
    }

    /// An attachment that a desk told of, and that can be fetched nowhere. `name` is what the desk calls it.
    pub fn unshown(name: &str) -> Self {
        Self::Other { content_type: UNSHOWN.into(), content: serde_json::json!({ "text": name }) }
    }

    /// What the desk calls an attachment that can be fetched nowhere.
    pub fn as_unshown(&self) -> Option<&str> {
        match self {
            Self::Other { content_type, content } if content_type == UNSHOWN => {
                content.get("text").and_then(Value::as_str)
            }
            _ => None,
        }
    }

    /// The same with our own files under whole addresses, for those who read it elsewhere.
    #[must_use]
    pub fn with_base(mut self, base_url: &str) -> Self {
        let whole = |url: &mut String| {
            if url.starts_with("/files/") {
                url.insert_str(0, base_url);
            }
        };
        let card = |card: &mut Card| {
            card.image_url.iter_mut().chain(card.url.iter_mut()).for_each(whole);
            card.buttons.iter_mut().filter_map(|button| button.url.as_mut()).for_each(whole);
        };
        match &mut self {
            Self::Media(media) => whole(&mut media.url),
            Self::Link { url, .. } => whole(url),
            Self::Question(question) => {
                question
                    .buttons
                    .iter_mut()
                    .filter_map(|button| button.url.as_mut())
                    .for_each(whole);
            }
            Self::Card(one) => card(one),
            Self::Carousel { cards } => cards.iter_mut().for_each(card),
            _ => {}
        }
        self
    }

    /// The choices that this content offers, cards' choices included.
    pub fn buttons(&self) -> Vec<&Button> {
        match self {
            Self::Question(question) => question.buttons.iter().collect(),
            Self::Card(card) => card.buttons.iter().collect(),
            Self::Carousel { cards } => cards.iter().flat_map(|card| &card.buttons).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is only pacing, which no transcript reader needs to see.
    pub fn is_pacing(&self) -> bool {
        matches!(self, Self::Typing { .. } | Self::Wait { .. })
    }
}
