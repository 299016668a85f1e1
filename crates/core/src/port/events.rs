//! What a log elsewhere is told: each entry, once it is on disk. What has not been told waits beside the entries.

use crate::entry::Entry;
use crate::ids::{AccountId, ContactKey, ConversationId};
use crate::port::store::Result;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// An entry that waits to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// Its place among all that ever waited: given once, and greater for a later entry of the same conversation.
    pub place: u64,
    /// Where it happened.
    pub at: Whereabouts,
    /// What happened.
    pub entry: Entry,
}

/// Where something happened: what is read of a conversation for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The conversation.
    pub id: ConversationId,
    /// The channel account that the contact writes on.
    pub channel: AccountId,
    /// The bot that answers.
    pub bot: AccountId,
    /// The contact.
    pub contact: Key,
}

/// Of a contact, only how the channel calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The contact as its channel knows it.
    pub key: ContactKey,
}

/// Keeps what a log elsewhere has yet to be told.
#[async_trait]
pub trait Events: Send + Sync {
    /// From now on each entry that is committed by this store waits to be told, as part of the same commit, until the
    /// store is closed. Without this nothing waits, and commits cost nothing more.
    fn keep_events(&self);

    /// Those that wait, by their places, also from an earlier time: those of one conversation are in its order.
    async fn events(&self, limit: u32) -> Result<Vec<Happened>>;

    /// These were told: they no longer wait. Places that are not there are passed over.
    async fn told(&self, places: &[u64]) -> Result<()>;

    /// How many wait.
    async fn events_waiting(&self) -> Result<u64>;
}
