//! The person who writes to the chatbot.

use crate::ids::ContactKey;
use crate::language::Language;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The person who writes to the chatbot, as its channel tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Who it is on its channel.
    pub key: ContactKey,
    /// Whether the channel proved who it is. A public key in a browser proves nothing.
    pub verified: bool,
    /// What the channel knows about it: `name`, `email`, `page`, `language`, `browser`, and what the site adds.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

impl Contact {
    /// A contact of which nothing is known.
    pub fn unknown(key: ContactKey) -> Self {
        Self { key, verified: false, metadata: Map::new() }
    }

    /// The name to show, if the metadata has one.
    pub fn name(&self) -> Option<&str> {
        self.metadata.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())
    }

    /// The language of the metadata, if it is one that there are words for.
    pub fn language(&self) -> Option<Language> {
        self.metadata.get("language").and_then(Value::as_str).and_then(Language::of_tag)
    }
}

/// The human who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Who it is at its desk.
    pub id: crate::ids::AgentId,
    /// The name that the contact sees.
    pub name: String,
    /// Where a picture of them can be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl Agent {
    /// An agent without a picture.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: crate::ids::AgentId::new(id), name: name.into(), picture: None }
    }
}
