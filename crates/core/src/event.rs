//! What can happen to a conversation.

use crate::contact::Agent;
use crate::content::{Content, Trigger};
use crate::delivery::Turn;
use crate::ids::{BotVersion, SourceId};
use crate::session::EndCause;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What can happen to a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The contact did something.
    Contact(FromContact),
    /// An agent, or the desk itself, did something.
    Desk(FromDesk),
    /// The bot's turn is over.
    Turn(TurnDone),
    /// A delivery has ended.
    Settled(Settled),
    /// What had been brought to the desk was looked for there.
    Looked(Looked),
    /// Time has passed, or the settings have changed.
    Due,
}

/// The contact did something.
#[derive(Debug, Clone, PartialEq)]
pub struct FromContact {
    /// The id that the contact's side gave to it.
    pub source: Option<SourceId>,
    /// What the channel knows about the contact, where it comes along.
    pub metadata: Option<Map<String, Value>>,
    /// Whether the channel proved who it is.
    pub verified: bool,
    /// What it did.
    pub act: ContactAct,
}

/// What the contact did.
#[derive(Debug, Clone, PartialEq)]
pub enum ContactAct {
    /// Opened the chat, perhaps at a named place.
    Opened(Option<Trigger>),
    /// Sent a message or pressed a button.
    Said(Content),
    /// Received or read the transcript up to an entry.
    Seen {
        /// The last entry that arrived.
        delivered: u64,
        /// The last entry that was read.
        read: u64,
    },
}

/// An agent, or the desk itself, did something.
#[derive(Debug, Clone, PartialEq)]
pub struct FromDesk {
    /// The id that the desk gave to it.
    pub source: Option<SourceId>,
    /// Who did it; none where the desk does not tell.
    pub agent: Option<Agent>,
    /// When it was done by the desk's own clock, where the desk tells: what was said before a session's end and comes
    /// after it opens no new one.
    pub done_at: Option<Timestamp>,
    /// What happened.
    pub act: DeskAct,
}

/// What happened at the desk.
#[derive(Debug, Clone, PartialEq)]
pub enum DeskAct {
    /// The agent accepted the session (rule 7), or took over from the bot (rule 21).
    Accepted,
    /// The agent wrote to the contact.
    Said(Content),
    /// The desk itself wrote to the contact: a greeting, a robot. It is no agent, so it takes no floor and begins no
    /// session.
    Announced(Content),
    /// The agent wrote a private note.
    Noted(String),
    /// The agent received or read the transcript up to an entry.
    Seen {
        /// The last entry that arrived.
        delivered: u64,
        /// The last entry that was read.
        read: u64,
    },
    /// The agent had read everything by this moment, by the desk's own clock.
    SeenAt(Timestamp),
    /// The desk's conversation was closed (rule 15).
    Closed,
    /// The desk's conversation was opened again.
    Reopened,
    /// The agent handed back to the bot, perhaps at a named place (rule 22).
    HandedBack(Option<Trigger>),
    /// An operator ended the session.
    OperatorEnded,
}

/// An event as the bot receives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BotEvent {
    /// `text`, `payload`, `image`, `flow_trigger`, ...
    pub content_type: String,
    /// Its content.
    pub content: Value,
}

/// The bot's turn is over.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnDone {
    /// The delivery that carried it.
    pub delivery: u64,
    /// The epoch in which it was asked for.
    pub epoch: u64,
    /// What was asked.
    pub turn: Turn,
    /// What came of it.
    pub outcome: TurnOutcome,
}

/// What came of a bot's turn.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnOutcome {
    /// The bot answered.
    Replied(BotReply),
    /// The bot failed: its state stays as it was before the turn.
    Failed {
        /// For the log and the transcript.
        why: String,
    },
    /// It was not run, because the bot no longer had the floor.
    Skipped,
}

/// What the bot answered.
#[derive(Debug, Clone, PartialEq)]
pub struct BotReply {
    /// What it says, in order. A `payload` START in it asks for a human (rule 4).
    pub messages: Vec<Content>,
    /// Its place and memories after the turn; only the bot can read them.
    pub state: Value,
    /// Whether it stands on a hold.
    pub holds: bool,
    /// The version that ran.
    pub version: BotVersion,
    /// What its author should know: errors, debug lines.
    pub log: Vec<String>,
}

/// A delivery has ended, or its outcome is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The delivery's number.
    pub delivery: u64,
    /// The entry that it carried.
    pub entry: u64,
    /// What it was.
    pub kind: SettledKind,
    /// How it ended.
    pub outcome: Outcome,
}

/// What a settled delivery was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettledKind {
    /// A message for the contact.
    ToContact,
    /// A session to open at the desk.
    DeskOpen {
        /// The session's ordinal.
        session: u32,
    },
    /// A contact's message for the desk.
    ToDesk,
    /// Word to the desk that a session ended or that something went wrong.
    DeskNotice,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered {
        /// What the receiver calls its conversation, when it was just made.
        link: Option<String>,
    },
    /// It may have arrived; the receiver cannot be asked, so it is sent again and may arrive twice.
    Unknown,
    /// Two brought it at once, as their clocks are apart: neither could find what the other was about to send.
    Twice,
    /// The receiver refused it for good, or its last try failed.
    Dead {
        /// Why, in words fit for a person.
        why: String,
    },
}

/// Why the session ended of which an event tells the bot; none for any other event.
pub fn ended_by(event: &BotEvent) -> Option<EndCause> {
    event.content.get("cause")?.as_str().and_then(EndCause::of)
}

/// What had been brought to the desk was looked for there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The ordinal of the session whose deliveries were looked for.
    pub session: u32,
    /// The last delivery that was looked for.
    pub until: u64,
    /// What was not found as it should be, in order.
    pub astray: Vec<Astray>,
}

/// A delivery that does not stand at the desk as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Astray {
    /// The delivery's number.
    pub delivery: u64,
    /// The entry that it carried.
    pub entry: u64,
    /// What was found.
    pub how: How,
}

/// How a delivery stands at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Not at all, though the desk had taken it.
    Missing,
    /// More than once.
    Doubled,
}

impl How {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing_at_desk",
            Self::Doubled => "doubled_at_desk",
        }
    }
}

/// The content of the terminal event that the bot receives (`session.md` section 2).
pub fn terminal_event(
    session: &crate::session::Session,
    cause: EndCause,
    now: Timestamp,
) -> BotEvent {
    BotEvent {
        content_type: "payload".into(),
        content: serde_json::json!({
            "payload": cause.payload(),
            "session_id": session.id,
            "cause": cause.as_str(),
            "started_at": session.started_at,
            "ended_at": now,
            "agent": session.agent.as_ref().map(|agent| &agent.name),
            "messages": session.messages,
        }),
    }
}
