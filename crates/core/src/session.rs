//! One livechat session inside a conversation.

use crate::contact::{Agent, Contact};
use crate::ids::{AccountId, ConversationId, SessionId};
use crate::time::Timestamp;
use crate::words;
use serde::{Deserialize, Serialize};

/// Who has the floor in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The bot answers.
    Bot,
    /// The contact asked for a human, nobody has answered yet.
    Waiting,
    /// An agent answers.
    Agent,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its place among the conversation's sessions, from 1.
    pub ordinal: u32,
    /// The desk it was opened at.
    pub desk: AccountId,
    /// When it began.
    pub started_at: Timestamp,
    /// The last message of either side (rule 10).
    pub last_message_at: Timestamp,
    /// The agent who has the floor; none while the contact waits.
    pub agent: Option<Agent>,
    /// When the first agent answered.
    pub answered_at: Option<Timestamp>,
    /// Whether the end was offered and nothing was said since (rule 13).
    pub offered: bool,
    /// Messages of both sides so far.
    pub messages: u32,
    /// What the desk calls its conversation, once it has said so. It is there before the session is opened at the desk
    /// when an agent took over by writing in that conversation (rule 21): then the session goes on there.
    pub link: Option<String>,
    /// What the same desk called its conversation in the session before: a desk that keeps one per contact goes on
    /// there (rule 20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_link: Option<String>,
    /// Whether the desk's conversation was closed and has not been opened again since: by an agent, or by what the contact
    /// wrote. An agent who writes there leaves it closed.
    #[serde(default)]
    pub closed_at_desk: bool,
    /// Deliveries up to this number were looked for at the desk. What of them is not there later was taken away there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub looked_for: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The contact ended it (rule 12).
    ContactEnded,
    /// An agent handed back to the bot (rule 22).
    AgentEnded,
    /// The desk closed its conversation (rule 15).
    DeskClosed,
    /// Nobody wrote for the timeout (rule 16).
    Expired,
    /// No agent within the wait limit (rule 17).
    NoAgent,
    /// The desk is closed by its hours (rule 5).
    ClosedHours,
    /// No desk is configured (rule 5).
    NoDesk,
    /// The desk refused for good (rule 5).
    DeskFailed,
    /// Too many sessions in too short a time (rule 5).
    LoopGuard,
    /// An operator ended it.
    OperatorEnded,
}

impl EndCause {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ContactEnded,
        Self::AgentEnded,
        Self::DeskClosed,
        Self::Expired,
        Self::NoAgent,
        Self::ClosedHours,
        Self::NoDesk,
        Self::DeskFailed,
        Self::LoopGuard,
        Self::OperatorEnded,
    ];

    /// The word in payloads, pages and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContactEnded => "contact_ended",
            Self::AgentEnded => "agent_ended",
            Self::DeskClosed => "desk_closed",
            Self::Expired => "expired",
            Self::NoAgent => "no_agent",
            Self::ClosedHours => "closed_hours",
            Self::NoDesk => "no_desk",
            Self::DeskFailed => "desk_failed",
            Self::LoopGuard => "loop_guard",
            Self::OperatorEnded => "operator_ended",
        }
    }

    /// The cause of a word; none where it is no such word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }

    /// The payload that the bot gets for it (rule 18).
    pub const fn payload(self) -> &'static str {
        match self {
            Self::ContactEnded | Self::AgentEnded | Self::DeskClosed | Self::OperatorEnded => {
                words::END
            }
            Self::Expired => words::EXPIRED,
            Self::NoAgent
            | Self::ClosedHours
            | Self::NoDesk
            | Self::DeskFailed
            | Self::LoopGuard => words::UNAVAILABLE,
        }
    }
}

/// A session as lists show it. Written when a session starts, is answered, or ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its id.
    pub id: SessionId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its place among the conversation's sessions, from 1.
    pub ordinal: u32,
    /// The channel account that the contact writes on.
    pub channel: AccountId,
    /// The desk it was opened at.
    pub desk: AccountId,
    /// The contact, as it was when this record was written.
    pub contact: Contact,
    /// Waiting or ended or with an agent.
    pub state: SessionState,
    /// When it began.
    pub started_at: Timestamp,
    /// When the first agent answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub cause: Option<EndCause>,
    /// The agent who has or had the floor.
    pub agent: Option<Agent>,
    /// What the desk calls its conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Nobody has answered yet.
    Waiting,
    /// An agent has the floor.
    Agent,
    /// It is over.
    Ended,
}

impl SessionState {
    /// Whether the session goes on.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Ended)
    }
}
