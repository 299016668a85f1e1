//! The automatic partner.

use crate::contact::Contact;
use crate::event::{BotEvent, BotReply};
use crate::ids::{AccountId, BotVersion, ConversationId};
use async_trait::async_trait;
use serde_json::Value;

/// What the bot needs for a turn.
#[derive(Debug, Clone)]
pub struct TurnInput {
    /// The bot.
    pub bot: AccountId,
    /// The version on whose hold it stands; none lets the latest run (rule 6).
    pub pinned: Option<BotVersion>,
    /// The conversation.
    pub conversation: ConversationId,
    /// The channel account.
    pub channel: AccountId,
    /// The contact.
    pub contact: Contact,
    /// Its place and memories, as it left them; none at first.
    pub state: Option<Value>,
    /// What happened.
    pub event: BotEvent,
}

/// Runs bots.
#[async_trait]
pub trait Bots: Send + Sync {
    /// One turn: ends within the bot's time limit, whatever the bot does.
    ///
    /// # Errors
    /// Why it failed, in words for the operator; the state before the turn stands.
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String>;
}
