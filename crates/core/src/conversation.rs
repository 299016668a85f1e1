//! Everything between one contact and one bot on one channel account.

use crate::contact::Contact;
use crate::content::Button;
use crate::event::BotEvent;
use crate::ids::{AccountId, BotVersion, ConversationId};
use crate::session::{EndCause, Holder, Session};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The state that deciding needs. The transcript, the deliveries and the bot's memories live beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Grows by one with each commit; 0 before the first.
    pub revision: u64,
    /// The channel account that the contact writes on.
    pub channel: AccountId,
    /// The bot that answers.
    pub bot: AccountId,
    /// The contact.
    pub contact: Contact,
    /// Grows by one each time the holder changes.
    pub epoch: u64,
    /// The number of the last entry.
    pub entries: u64,
    /// The number of the last delivery.
    pub deliveries: u64,
    /// How many sessions there have been.
    pub sessions: u32,
    /// The open session, if one is.
    pub session: Option<Session>,
    /// The session before: what the desk still says of it is known by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastSession>,
    /// When the latest sessions began, for the loop guard (rule 5).
    pub recent_starts: Vec<Timestamp>,
    /// The choices of the last question that the contact was shown (rule 1).
    pub choices: Vec<Button>,
    /// The bot version that made the hold on which the bot stands (rule 6).
    pub pinned: Option<BotVersion>,
    /// A terminal event that waits for the contact's next message (rule 16).
    pub owed: Option<BotEvent>,
    /// How far each side has got.
    pub marks: Marks,
    /// The earliest moment at which time alone may change something. May be too early, never too late.
    pub due: Option<Timestamp>,
    /// When anything last happened.
    pub updated_at: Timestamp,
}

/// A session that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSession {
    /// As it was when it ended.
    pub session: Session,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Why it ended.
    pub cause: EndCause,
}

/// The last entries that reached each side and that each side has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// Reached the contact.
    pub contact_delivered: u64,
    /// Read by the contact.
    pub contact_read: u64,
    /// Reached the desk.
    pub desk_delivered: u64,
    /// Read by an agent.
    pub desk_read: u64,
}

impl Conversation {
    /// A conversation in which nothing has happened yet.
    pub fn new(id: ConversationId, channel: AccountId, bot: AccountId, contact: Contact) -> Self {
        Self {
            id,
            revision: 0,
            channel,
            bot,
            contact,
            epoch: 1,
            entries: 0,
            deliveries: 0,
            sessions: 0,
            session: None,
            last: None,
            recent_starts: Vec::new(),
            choices: Vec::new(),
            pinned: None,
            owed: None,
            marks: Marks::default(),
            due: None,
            updated_at: Timestamp::default(),
        }
    }

    /// Who has the floor.
    pub fn holder(&self) -> Holder {
        match &self.session {
            None => Holder::Bot,
            Some(Session { agent: None, .. }) => Holder::Waiting,
            Some(_) => Holder::Agent,
        }
    }
}
