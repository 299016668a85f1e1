//! Names of things. Each is opaque text: nothing outside the room that made it may take it apart.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One conversation: everything between one contact and one bot on one channel account.
    ConversationId
);
id!(
    /// One livechat session. Made from the conversation's id and the session's ordinal, so that
    /// deciding needs no randomness.
    SessionId
);
id!(
    /// One configured channel, desk or bot.
    AccountId
);
id!(
    /// The contact as its channel knows it (`user_id` in the Chat API).
    ContactKey
);
id!(
    /// An agent as its desk knows it.
    AgentId
);
id!(
    /// One uploaded version of a bot.
    BotVersion
);
id!(
    /// The id that the sender gave to a message or hook; with the account it is the key of the inbox.
    SourceId
);

impl SessionId {
    /// The id of the `ordinal`-th session (from 1) of a conversation.
    pub fn nth(conversation: &ConversationId, ordinal: u32) -> Self {
        Self(format!("{conversation}-{ordinal}"))
    }

    /// The conversation that it is a session of.
    pub fn conversation(&self) -> Option<ConversationId> {
        self.0.rsplit_once('-').map(|(conversation, _)| ConversationId::new(conversation))
    }
}

/// One delivery: the conversation and the delivery's number in it, from 1, without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeliveryId {
    /// The conversation that the delivery belongs to.
    pub conversation: ConversationId,
    /// Its number in the conversation.
    pub n: u64,
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.conversation, self.n)
    }
}
