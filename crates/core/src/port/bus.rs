//! A hint that something has changed. The store is the truth: each hint may be lost.

use crate::delivery::Side;
use crate::ids::ConversationId;
use serde::{Deserialize, Serialize};

/// What is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Envelope {
    /// A conversation has a new revision.
    Changed {
        /// Which.
        conversation: ConversationId,
        /// The number of its last entry.
        entries: u64,
        /// Whether a session began, was answered or ended.
        sessions: bool,
        /// Whether there is something to deliver.
        deliveries: bool,
    },
    /// Someone types, or no longer does.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// On which side.
        side: Side,
        /// Who, by name.
        name: Option<String>,
        /// Whether it goes on.
        on: bool,
    },
    /// One side has read what the other said.
    Read {
        /// Where.
        conversation: ConversationId,
        /// Who has read.
        side: Side,
    },
    /// The settings have changed.
    Settings,
    /// Hints were lost: look at everything.
    Lost,
}

impl Envelope {
    /// The conversation that it is about; none when it is about all.
    pub const fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::Changed { conversation, .. }
            | Self::Typing { conversation, .. }
            | Self::Read { conversation, .. } => Some(conversation),
            Self::Settings | Self::Lost => None,
        }
    }
}

/// Carries hints.
pub trait Bus: Send + Sync {
    /// Tells everyone who listens.
    fn publish(&self, envelope: Envelope);
}
