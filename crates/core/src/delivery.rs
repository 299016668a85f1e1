//! What goes out: one row of the outbox.

use crate::contact::{Agent, Contact};
use crate::content::Content;
use crate::event::BotEvent;
use crate::ids::{AccountId, DeliveryId};
use crate::language::Language;
use crate::session::{EndCause, Session};
use serde::{Deserialize, Serialize};

/// One thing to bring to one side. Deliveries of a lane, that is of one conversation and side, go out one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Where it goes.
    pub side: Side,
    /// The account of that side.
    pub account: AccountId,
    /// The epoch in which it was decided.
    pub epoch: u64,
    /// The entry that it carries.
    pub entry: u64,
    /// What to do.
    pub job: Job,
}

/// The three sides of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The contact's channel.
    Contact,
    /// The agents' desk.
    Desk,
    /// The bot.
    Bot,
}

impl Side {
    /// The word in tables and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Desk => "desk",
            Self::Bot => "bot",
        }
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Bring a message to the contact.
    ToContact(ToContact),
    /// Bring something to the desk.
    ToDesk(ToDesk),
    /// Let the bot take its turn.
    Turn(Turn),
}

/// A message for the contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToContact {
    /// The contact.
    pub contact: Contact,
    /// The agent who says it; none when the bot or the gateway does.
    pub agent: Option<Agent>,
    /// What is said, in what the channel can show.
    pub content: Content,
}

/// Something for the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToDesk {
    /// The session as it was when this was decided.
    pub session: Session,
    /// The contact.
    pub contact: Contact,
    /// The language of what is told to agents.
    #[serde(default)]
    pub language: Language,
    /// What to bring.
    pub act: ToDeskAct,
}

/// What to bring to the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum ToDeskAct {
    /// Open the session, with the transcript up to and including the delivery's entry.
    Open,
    /// A message of the contact, in what the desk can show.
    Message {
        /// What is said.
        content: Content,
    },
    /// The session is over.
    Ended {
        /// Why.
        cause: EndCause,
    },
    /// Something that the agent should know.
    Trouble {
        /// In words.
        text: String,
        /// The entry that did not reach the contact, if that is the trouble.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<u64>,
    },
}

/// A turn of the bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The entry that the bot answers.
    pub of: u64,
    /// What the bot receives.
    pub event: BotEvent,
    /// Whether it tells the bot that a session is over: such a turn is never skipped (rule 18).
    #[serde(default)]
    pub terminal: bool,
}
