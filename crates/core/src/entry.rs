//! One line of a conversation's transcript.

use crate::contact::Agent;
use crate::content::Content;
use crate::ids::{AccountId, SourceId};
use crate::session::EndCause;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of the transcript. Numbered from 1 without gaps, never changed once written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the conversation.
    pub n: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The conversation's epoch at that time.
    pub epoch: u64,
    /// The ordinal of the session that was open, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// Who did it.
    pub actor: Actor,
    /// Why it is here.
    pub cause: Cause,
    /// What it is.
    pub body: Body,
    /// Whether the contact may see it.
    pub for_contact: bool,
    /// Whether the desk may see it.
    pub for_desk: bool,
    /// The sender's own id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Actor {
    /// The contact.
    Contact,
    /// The bot.
    Bot,
    /// An agent.
    Agent(Agent),
    /// This program, by a rule.
    Gateway,
}

/// Why an entry is in the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Cause {
    /// Its actor sent it.
    Sent,
    /// The bot's turn on the entry of this number.
    Turn {
        /// The entry that the bot answered.
        of: u64,
    },
    /// A rule of the session's life.
    Rule {
        /// Its number.
        number: u8,
    },
    /// What became of a delivery.
    Delivery {
        /// The delivery's number in the conversation.
        n: u64,
    },
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A message.
    Message {
        /// What was said.
        content: Content,
    },
    /// A private note between agents.
    Note {
        /// The note.
        text: String,
    },
    /// The contact opened the chat, perhaps at a named place.
    Opened {
        /// The place asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trigger: Option<crate::content::Trigger>,
    },
    /// A session began.
    Started {
        /// The desk it went to.
        desk: AccountId,
    },
    /// An agent took the floor.
    Accepted,
    /// The session ended.
    Ended {
        /// Why.
        cause: EndCause,
    },
    /// A terminal event was given to the bot.
    Terminal {
        /// END, EXPIRED or UNAVAILABLE.
        payload: String,
        /// Why the session ended.
        cause: EndCause,
    },
    /// A bot's message that came when it no longer had the floor.
    Fenced {
        /// What it would have said.
        content: Content,
    },
    /// Something that changed nothing.
    Ignored {
        /// What came.
        what: String,
        /// Why it changed nothing.
        why: String,
    },
    /// Something went wrong; for the desk and the operator, and for the contact where `for_contact` says so.
    Trouble {
        /// What, in words.
        text: String,
    },
}

impl Entry {
    /// The message's content, if the entry is a message.
    pub fn content(&self) -> Option<&Content> {
        match &self.body {
            Body::Message { content } => Some(content),
            _ => None,
        }
    }
}
