//! What goes into a turn and what comes out.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use crate::tree::LogLevel;
use crate::{
    limits::{Limit, Limits},
    ports::Ports,
    report::Kind,
    state::{Place, State},
};

/// An event as the channel hands it over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `text`, `payload`, `url`, `image`, `audio`, `video`, `file`, `regex`, `flow_trigger`.
    pub content_type: String,
    /// An object with the field its type asks for.
    pub content: Json,
    /// The value is a secret.
    #[serde(default)]
    pub secure: bool,
}

impl Event {
    /// A typed text.
    pub fn text(text: &str) -> Self {
        Event {
            content_type: "text".to_owned(),
            content: serde_json::json!({ "text": text }),
            secure: false,
        }
    }

    /// A click.
    pub fn payload(payload: &str) -> Self {
        Event {
            content_type: "payload".to_owned(),
            content: serde_json::json!({ "payload": payload }),
            secure: false,
        }
    }

    /// Reads an event from JSON.
    pub fn from_json(json: &Json) -> Result<Self, Refusal> {
        Event::deserialize(json).map_err(|_| Refusal::BadEventContent)
    }
}

/// Why an event was refused as a whole: no turn, nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No such type of event.
    UnknownEventType,
    /// The content lacks the text its type needs, or nests too deep.
    BadEventContent,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::UnknownEventType => "this type of event does not exist",
            Refusal::BadEventContent => "the event's content does not hold the text its type needs",
        })
    }
}

impl std::error::Error for Refusal {}

/// Who talks to whom. Bots see this in app calls and bot switches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The bot.
    pub bot_id: String,
    /// The channel.
    pub channel_id: String,
    /// The contact.
    pub user_id: String,
}

/// Everything a turn reads.
pub struct TurnInput<'a> {
    /// What the turn before left.
    pub state: &'a State,
    /// What happened.
    pub event: &'a Event,
    /// What `_metadata` reads: an object.
    pub metadata: &'a Json,
    /// Who talks.
    pub client: &'a Client,
    /// Steps allowed in this turn, instead of [`Limits::steps`].
    pub step_limit: Option<usize>,
    /// The budgets.
    pub limits: &'a Limits,
    /// The ways out.
    pub ports: Ports<'a>,
    /// Set when another bot handed the conversation over in this turn.
    pub arrival: Option<&'a Switch>,
}

/// A message of the bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `text`, `question`, `image`, .. and also `error`, `debug`, `switch_bot`, which no contact should see.
    pub content_type: String,
    /// Mostly an object.
    pub content: Json,
}

impl Message {
    /// Whether this is for the contact. Errors, debug output, bot switches and the null text that follows an error
    /// are not.
    pub fn is_for_contact(&self) -> bool {
        match self.content_type.as_str() {
            "error" | "debug" | "switch_bot" => false,
            "text" => !self.content.get("text").is_none_or(Json::is_null),
            _ => true,
        }
    }
}

/// A change of the memories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryChange {
    /// A name has a new value, in its stored form.
    Set {
        /// The name.
        name: String,
        /// The value.
        value: Json,
    },
    /// A name is gone.
    Forget {
        /// The name.
        name: String,
    },
    /// All names are gone.
    ForgetAll,
}

/// A line of `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How grave.
    pub level: LogLevel,
    /// The text.
    pub text: String,
    /// The flow's name.
    pub flow: String,
    /// The line in the flow.
    pub line: u32,
}

/// Something that went wrong in the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnError {
    /// What sort of fault.
    pub kind: Kind,
    /// The name or types it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// A sentence.
    pub message: String,
    /// The flow's name.
    pub flow: String,
    /// The line, 0 where there is no place.
    pub line: u32,
    /// The column, 0 where there is no place.
    pub column: u32,
    /// Whether it ended the turn.
    pub fatal: bool,
    /// Which of the messages shows it.
    pub message_index: usize,
}

/// A limit that ended the turn. The state is the one from before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which limit.
    pub limit: Limit,
    /// For the log.
    pub message: String,
    /// For the contact; also the one message of the turn.
    pub contact_text: String,
    /// Where the bot was.
    pub flow: String,
    /// The line, 0 where there is no place.
    pub line: u32,
}

/// A bot that goes on with the conversation. The host runs it with the same event, this as
/// [`TurnInput::arrival`], and that bot's own state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// The bot's id, as listed in `multibot`.
    pub bot_id: String,
    /// Which version of it, if the list says so.
    pub version_id: Option<String>,
    /// The flow to begin with, else its default flow.
    pub flow: Option<String>,
    /// The step to begin with, else `start`.
    pub step: Option<String>,
    /// The bot that sent the conversation.
    pub from_bot_id: String,
}

/// Everything a turn gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TurnOutput {
    /// In order, errors and debug output among them.
    pub messages: Vec<Message>,
    /// What to keep, whole.
    pub state: State,
    /// What changed in the memories, in order.
    pub memory_changes: Vec<MemoryChange>,
    /// The conversation is over; the next event begins a new one.
    pub conversation_end: bool,
    /// Where it waits, if it does.
    pub held_at: Option<Place>,
    /// Another bot takes over.
    pub switch: Option<Switch>,
    /// What the bot logged.
    pub log: Vec<LogLine>,
    /// What went wrong.
    pub errors: Vec<TurnError>,
    /// Set when a limit ended the turn.
    pub failure: Option<Failure>,
}
