//! What a conversation keeps between its turns.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value as Json;

use crate::{tree::Name, value::Value};

/// The form in which states are written now. Older ones stay readable.
const VERSION: u32 = 1;

/// All that is kept of one contact and one bot: the memories, and the place in the conversation. Serialise it as a
/// whole; what is inside is the runtime's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    #[serde(deserialize_with = "known_version")]
    version: u32,
    #[serde(default)]
    pub(crate) memories: BTreeMap<Name, Value>,
    /// None between conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conversation: Option<Conversation>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) flow: String,
    pub(crate) step: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hold: Option<Hold>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) history: Option<History>,
}

/// Where to go on with the next event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hold {
    /// Which of the step's holds, in the order of the text.
    pub(crate) number: usize,
    /// The index of each foreach around it, from the outermost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) loops: Vec<usize>,
    #[serde(default)]
    pub(crate) locals: BTreeMap<Name, Value>,
    /// The next event is a secret.
    #[serde(default)]
    pub(crate) secure: bool,
    /// Of the step, to tell whether it is still the same.
    pub(crate) checksum: u64,
}

/// The way back, for `previous`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// The position last left: step and flow.
    pub(crate) step: (String, String),
    /// The flow `previous flow` goes to.
    pub(crate) flow: String,
}

/// A state of a later runtime may mean what this one cannot know.
fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        version @ 1..=VERSION => Ok(version),
        other => Err(D::Error::custom(format!(
            "a state of version {other}, this runtime reads up to {VERSION}"
        ))),
    }
}

impl Default for State {
    fn default() -> Self {
        State { version: VERSION, memories: BTreeMap::new(), conversation: None }
    }
}

impl State {
    /// A contact the bot has never met.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_memories(memories: BTreeMap<Name, Value>) -> Self {
        State { memories, ..Self::default() }
    }

    /// Whether a conversation waits on a hold for the next event.
    pub fn is_on_hold(&self) -> bool {
        self.held_at().is_some()
    }

    /// The flow and step the conversation is held at.
    pub fn held_at(&self) -> Option<Place> {
        let conversation =
            self.conversation.as_ref().filter(|conversation| conversation.hold.is_some())?;
        Some(Place { flow: conversation.flow.clone(), step: conversation.step.clone() })
    }

    /// Whether a conversation is open, on hold or not.
    pub fn is_open(&self) -> bool {
        self.conversation.is_some()
    }

    /// Whether the next event is a secret: the hold was a `hold_secure`.
    pub fn awaits_secret(&self) -> bool {
        let hold = self.conversation.as_ref().and_then(|conversation| conversation.hold.as_ref());
        hold.is_some_and(|hold| hold.secure)
    }

    /// Ends the conversation, as an administrator does: the hold is dropped, the memories stay.
    pub fn close(&mut self) {
        self.conversation = None;
    }

    /// The memories in their stored form: plain JSON, but for what JSON cannot say.
    pub fn memories(&self) -> impl Iterator<Item = (&str, Json)> {
        self.memories.iter().map(|(name, value)| (name.as_ref(), value.to_stored()))
    }

    /// Sets a memory from its stored form.
    pub fn set_memory(&mut self, name: &str, value: &Json) -> Result<(), String> {
        self.memories.insert(name.into(), Value::from_stored(value)?);
        Ok(())
    }
}

/// A flow and a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The flow's name.
    pub flow: String,
    /// The step's name.
    pub step: String,
}
