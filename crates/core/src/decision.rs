//! What the core wants done about an event.

use crate::conversation::Conversation;
use crate::delivery::Delivery;
use crate::entry::Entry;
use crate::session::SessionRecord;
use serde_json::Value;

/// What the core wants done about an event: committed as one, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The conversation afterwards. Its revision is still the old one: the store counts.
    pub conversation: Conversation,
    /// New lines of the transcript, in order.
    pub entries: Vec<Entry>,
    /// What goes out, in order.
    pub deliveries: Vec<Delivery>,
    /// Deliveries that had arrived and are to be brought once more, by number.
    pub again: Vec<u64>,
    /// Sessions that began, were answered or ended.
    pub sessions: Vec<SessionRecord>,
    /// The bot's new place and memories.
    pub bot_state: Option<Value>,
    /// Why nothing was done, where nothing was.
    pub ignored: Option<Ignored>,
}

/// Why an event changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// A START while a session is open (rule 2).
    AlreadyOpen,
    /// An END when no session is open (rule 19).
    NoSession,
    /// A payload that only the gateway may give to the bot.
    Forged,
    /// The session is already with an agent.
    AlreadyAccepted,
    /// The chat had been opened before.
    AlreadyOpened,
    /// A receipt that tells nothing new.
    NothingNew,
    /// The bot no longer had the floor (rule 9).
    Fenced,
    /// It is not time yet.
    NotDue,
    /// The setting says so (rule 15).
    BySetting,
    /// There is nothing in it.
    Empty,
    /// A robot of the desk spoke, and no session is open.
    NobodyThere,
    /// It was said before the session ended and came after it.
    CameLate,
    /// The end has been offered already, and nobody has written since (rule 13).
    AlreadyOffered,
}

impl Ignored {
    /// Why, in words.
    pub const fn why(self) -> &'static str {
        match self {
            Self::AlreadyOpen => "a session is already open (rule 2)",
            Self::NoSession => "no session is open (rule 19)",
            Self::Forged => "only the gateway may say this to the bot",
            Self::AlreadyAccepted => "another agent has already accepted",
            Self::AlreadyOpened => "the chat had been opened before",
            Self::NothingNew => "the receipt tells nothing new",
            Self::Fenced => "the bot no longer had the floor (rule 9)",
            Self::NotDue => "it is not time yet",
            Self::BySetting => "the settings say so (rule 15)",
            Self::Empty => "there is nothing in it",
            Self::NobodyThere => "a robot of the desk said it, and no session is open",
            Self::CameLate => "the session had ended when it came",
            Self::AlreadyOffered => "the contact has been offered the end already (rule 13)",
        }
    }
}

impl Decision {
    /// A decision that changes nothing.
    pub fn nothing(conversation: &Conversation) -> Self {
        Self {
            conversation: conversation.clone(),
            entries: Vec::new(),
            deliveries: Vec::new(),
            again: Vec::new(),
            sessions: Vec::new(),
            bot_state: None,
            ignored: None,
        }
    }

    /// Whether there is anything to write.
    pub fn changes(&self, before: &Conversation) -> bool {
        !self.entries.is_empty()
            || !self.deliveries.is_empty()
            || !self.again.is_empty()
            || !self.sessions.is_empty()
            || self.bot_state.is_some()
            || self.conversation != *before
    }
}
