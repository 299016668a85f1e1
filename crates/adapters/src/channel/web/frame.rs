//! What a chat page sends, one JSON object a frame.

use super::browser;
use handover_core::content::{Content, Trigger};
use handover_core::event::{ContactAct, FromContact};
use handover_core::ids::SourceId;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// The longest message, in characters.
pub const TEXT_CHARS_MAX: usize = 4000;
/// The largest metadata, in bytes of JSON.
pub const METADATA_BYTES_MAX: usize = 8 * 1024;
/// The most entries in metadata.
pub const METADATA_KEYS_MAX: usize = 50;
/// The longest id that a page may give to what it sends, in bytes.
pub const ID_BYTES_MAX: usize = 80;
/// The longest payload of a button, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 2000;

/// What a chat page sends.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// The first frame of a connection.
    Hello(Hello),
    /// A message.
    Say {
        /// The page's id for it: sent again, it counts once (promise C).
        id: String,
        /// What is said.
        content: Said,
    },
    /// A pressed button.
    Press {
        /// The page's id for it.
        id: String,
        /// What the button stands for.
        payload: String,
        /// What is written on it.
        #[serde(default)]
        title: Option<String>,
    },
    /// The contact opened the chat.
    Opened {
        /// The page's id for it.
        id: String,
        /// Where: `target:STEP@FLOW` or `target:FLOW`.
        #[serde(default, rename = "ref")]
        place: Option<String>,
    },
    /// The transcript arrived or was read up to an entry.
    Seen {
        /// The last entry that arrived.
        delivered: u64,
        /// The last entry that was read.
        read: u64,
    },
    /// The contact types, or no longer does.
    Typing {
        /// Whether it goes on.
        on: bool,
    },
    /// Nothing: the page wants to know whether the line still stands.
    Ping,
}

/// The first frame of a connection.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Hello {
    /// What the server gave to this contact at first; none for a new contact.
    #[serde(default)]
    pub token: Option<String>,
    /// The last entry that the page has.
    #[serde(default)]
    pub after: u64,
    /// What the site tells about the contact. Unsigned: anyone can write anything here.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The page on which the chat stands.
    #[serde(default)]
    pub page: Option<String>,
    /// The browser's language.
    #[serde(default)]
    pub language: Option<String>,
}

/// What a contact can say: words, or a file that was uploaded before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Said {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// A file that was uploaded here.
    File {
        /// Its address under `/files/`.
        url: String,
    },
}

/// Why a frame is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The field that is wrong.
    pub field: &'static str,
    /// What is wrong and the fix, for the contact.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

fn refuse<T>(field: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { field, message: message.into() })
}

impl Frame {
    /// Reads a frame and holds it to the limits.
    ///
    /// # Errors
    /// Names the field and the fix.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let frame: Self = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(error) => return refuse("frame", format!("This is not a frame: {error}.")),
        };
        frame.check()?;
        Ok(frame)
    }

    fn check(&self) -> Result<(), Refusal> {
        if let Some(id) = self.id()
            && (id.is_empty() || id.len() > ID_BYTES_MAX || id.chars().any(char::is_control))
        {
            return refuse("id", format!("An id of 1 to {ID_BYTES_MAX} characters is needed."));
        }
        match self {
            Self::Hello(hello) => hello.check(),
            Self::Say { content: Said::Text { text }, .. } => check_text(text),
            Self::Press { payload, .. } if payload.len() > PAYLOAD_BYTES_MAX => {
                refuse("payload", format!("At most {PAYLOAD_BYTES_MAX} characters."))
            }
            Self::Press { title: Some(title), .. } if title.len() > PAYLOAD_BYTES_MAX => {
                refuse("title", format!("At most {PAYLOAD_BYTES_MAX} characters."))
            }
            _ => Ok(()),
        }
    }

    /// The page's id for what it sends, where it gives one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Say { id, .. } | Self::Press { id, .. } | Self::Opened { id, .. } => Some(id),
            Self::Hello(_) | Self::Seen { .. } | Self::Typing { .. } | Self::Ping => None,
        }
    }
}

fn check_text(text: &str) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return refuse(
            "text",
            format!(
                "A message can have {TEXT_CHARS_MAX} characters; this one has {chars}. Please send it in parts."
            ),
        );
    }
    if text.trim().is_empty() {
        return refuse("text", "There is nothing in this message.");
    }
    Ok(())
}

impl Hello {
    fn check(&self) -> Result<(), Refusal> {
        if self.metadata.len() > METADATA_KEYS_MAX {
            return refuse("metadata", format!("At most {METADATA_KEYS_MAX} entries are taken."));
        }
        let bytes = serde_json::to_string(&self.metadata).map_or(usize::MAX, |text| text.len());
        if bytes > METADATA_BYTES_MAX {
            return refuse("metadata", format!("At most {METADATA_BYTES_MAX} bytes are taken."));
        }
        Ok(())
    }

    /// What the site tells, and beside it what the browser tells.
    pub fn metadata(&self, user_agent: Option<&str>) -> Map<String, Value> {
        let mut metadata = self.metadata.clone();
        let known = [
            ("page", self.page.clone()),
            ("language", self.language.clone()),
            ("browser", user_agent.and_then(browser::in_words)),
        ];
        for (key, value) in known {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let value: String = value.chars().take(500).collect();
                metadata.entry(key).or_insert_with(|| value.into());
            }
        }
        metadata
    }
}

/// A place in a bot as links name it: `target:STEP@FLOW`, or `target:FLOW`.
pub fn place(text: &str) -> Option<Trigger> {
    let target = text.strip_prefix("target:")?.trim();
    let (step, flow) = match target.split_once('@') {
        Some((step, flow)) => (Some(step), flow),
        None => (None, target),
    };
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Some(Trigger { flow: Some(some(flow)?), step: step.and_then(some) })
}

/// What a contact did, as the engine takes it. A page proves nothing about who looks at it.
pub fn from_page(
    act: ContactAct,
    id: Option<&str>,
    metadata: Option<&Map<String, Value>>,
) -> FromContact {
    FromContact { source: id.map(SourceId::new), metadata: metadata.cloned(), verified: false, act }
}

/// A pressed button as content.
pub fn pressed(payload: &str, title: Option<&str>) -> Content {
    Content::Payload { payload: payload.to_owned(), title: title.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Hello, METADATA_KEYS_MAX, TEXT_CHARS_MAX, place};
    use serde_json::json;

    fn say(text: &str) -> String {
        json!({ "type": "say", "id": "1", "content": { "type": "text", "text": text } }).to_string()
    }

    #[test]
    fn a_text_has_its_limit_in_characters() {
        assert!(Frame::parse(&say(&"é".repeat(TEXT_CHARS_MAX))).is_ok());
        let refusal = Frame::parse(&say(&"é".repeat(TEXT_CHARS_MAX + 1))).unwrap_err();
        assert_eq!(refusal.field, "text");
        assert!(refusal.message.contains("4001"), "{refusal}");
        assert_eq!(Frame::parse(&say(" \n")).unwrap_err().field, "text");
    }

    #[test]
    fn what_is_no_frame_is_named() {
        for text in ["", "{", "[]", "null", r#"{"type":"x"}"#, r#"{"type":"say"}"#, "\u{0}"] {
            assert_eq!(Frame::parse(text).unwrap_err().field, "frame", "{text:?}");
        }
        let long = json!({ "type": "press", "id": "x".repeat(200), "payload": "p" }).to_string();
        assert_eq!(Frame::parse(&long).unwrap_err().field, "id");
    }

    #[test]
    fn metadata_has_its_limits() {
        let many: serde_json::Map<_, _> =
            (0..=METADATA_KEYS_MAX).map(|n| (n.to_string(), n.into())).collect();
        let hello = json!({ "type": "hello", "metadata": many }).to_string();
        assert_eq!(Frame::parse(&hello).unwrap_err().field, "metadata");
        let large = json!({ "type": "hello", "metadata": { "a": "x".repeat(9000) } }).to_string();
        assert_eq!(Frame::parse(&large).unwrap_err().field, "metadata");
    }

    #[test]
    fn the_site_knows_better_than_the_browser() {
        let hello = Hello {
            metadata: json!({ "language": "de" }).as_object().unwrap().clone(),
            page: Some("https://a.test/ (Shop)".into()),
            language: Some("en".into()),
            ..Hello::default()
        };
        let metadata = hello.metadata(None);
        assert_eq!(metadata["language"], "de");
        assert_eq!(metadata["page"], "https://a.test/ (Shop)");
        assert!(!metadata.contains_key("browser"));
    }

    #[test]
    fn a_link_names_a_place() {
        let at = |text| place(text).map(|place| (place.flow, place.step));
        let s = |text: &str| Some(text.to_owned());
        assert_eq!(at("target:help"), Some((s("help"), None)));
        assert_eq!(at("target:start@help"), Some((s("help"), s("start"))));
        assert_eq!(at("target:@help"), Some((s("help"), None)));
        assert_eq!(at("target:"), None);
        assert_eq!(at("anything"), None);
    }
}
