//! The truth on disk. A store keeps what it is told and decides nothing.

use crate::conversation::Conversation;
use crate::delivery::{Delivery, Side};
use crate::entry::Entry;
use crate::ids::{AccountId, ConversationId, DeliveryId, SessionId, SourceId};
use crate::port::outbox::SeenCall;
use crate::session::SessionRecord;
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// Days for which the inbox remembers a source's id (promise C).
pub const INBOX_DAYS: i64 = 7;

/// What the history of a delivery says that is brought again.
pub const AGAIN: &str = "not found at the desk: brought again";

/// Who had it brought again.
pub const AGAIN_BY: &str = "Handover";

/// Why the store could not do it.
#[derive(Debug, Error)]
#[error("the store failed: {0}")]
pub struct StoreError(pub String);

/// A result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Where a fact came from: the same key twice is the same fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InboxKey {
    /// The account that it came in on.
    pub account: AccountId,
    /// Who sent it there, so that two contacts' ids cannot meet.
    pub conversation: ConversationId,
    /// The sender's id for it.
    pub source: SourceId,
}

/// All that one decision changes: written whole or not at all. All of it belongs to the one conversation; a change that
/// reaches into another, or brings an entry or a delivery whose number is taken, is an error.
#[derive(Debug, Clone)]
pub struct Change {
    /// When it was decided.
    pub at: Timestamp,
    /// The conversation afterwards; `revision` is the one it was decided on, and the store writes the next one.
    pub conversation: Conversation,
    /// New entries.
    pub entries: Vec<Entry>,
    /// New deliveries, in order: to be tried from `at` on.
    pub deliveries: Vec<Delivery>,
    /// Deliveries that had arrived and are to be tried once more from `at` on, by number. Like [`Outbox::repeat`]: their
    /// history gets the line [`AGAIN`] by [`AGAIN_BY`], their schedule begins anew, and each goes before what waits in its
    /// lane. One that did not arrive or is not there is left as it is.
    ///
    /// [`Outbox::repeat`]: crate::port::outbox::Outbox::repeat
    pub again: Vec<u64>,
    /// Sessions that began, were answered or ended: each replaces its earlier record.
    pub sessions: Vec<SessionRecord>,
    /// The bot's new place and memories; none leaves them as they are.
    pub bot_state: Option<Value>,
    /// Where the event came from, if its sender gave it an id.
    pub inbox: Option<InboxKey>,
    /// The delivery that this event settles.
    pub settle: Option<Settle>,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is on disk.
    Done,
    /// The conversation has moved on, or the lease of `settle` is lost: nothing was written. Load and decide again.
    Stale,
    /// The inbox knew the key: nothing was written. Holds the first entry that the key made then; 0 if it made none.
    Duplicate {
        /// That entry's number.
        entry: u64,
    },
}

/// What became of one try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// The lease under which it was tried: a settle under a lost lease is `Stale`. A lease is lost when another is taken
    /// on the delivery, not when its time runs out: what was done in between need not be done again.
    pub lease: u64,
    /// Where it stands now.
    pub state: DeliveryState,
    /// When to try again, for `Pending`.
    pub next_at: Timestamp,
    /// When the try ended.
    pub at: Timestamp,
    /// What happened, in words, without secrets.
    pub note: String,
    /// The calls that were made for it.
    pub calls: Vec<SeenCall>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be tried.
    Pending,
    /// It arrived.
    Delivered,
    /// Given up.
    Dead,
    /// No longer wanted: the bot lost the floor before its turn, or an operator gave it up for good.
    Skipped,
}

impl DeliveryState {
    /// The word in tables, pages and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing more will be tried by itself.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }
}

/// A delivery taken for one try.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    /// The delivery.
    pub delivery: Delivery,
    /// The revision of its conversation at that moment: whoever remembers that or a later one need not read it.
    pub revision: u64,
    /// How many tries there were before: those that were settled, and leases that ran out.
    pub attempts: u32,
    /// How many of them do not count for the schedule, as it was begun anew after them.
    pub forgiven: u32,
    /// The lease's number, to settle with.
    pub lease: u64,
    /// When it runs out: whoever holds it must have made its last call by then.
    pub until: Timestamp,
    /// Whether the lease before this one ran out: nobody knows what its try came to.
    pub interrupted: bool,
    /// Since when it waits, for the age of the queue: since it was decided, or was repeated by an operator.
    pub created_at: Timestamp,
}

/// A delivery as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryRecord {
    /// The delivery.
    pub delivery: Delivery,
    /// Where it stands.
    pub state: DeliveryState,
    /// Tries so far, and what operators did.
    pub attempts: u32,
    /// Since when it waits: since it was decided, or was repeated by an operator.
    pub created_at: Timestamp,
    /// When it will be tried next, while it is pending; when it ended, after that.
    pub next_at: Timestamp,
    /// What the last try came to; empty before the first.
    pub note: String,
}

/// Which sessions to list: first those that wait, the longest first; then the others, the last begun first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only open ones, or only ended ones; none is all.
    pub open: Option<bool>,
    /// Only this conversation's.
    pub conversation: Option<ConversationId>,
    /// At most this many.
    pub limit: u32,
}

/// Which entries to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only entries after this number.
    pub after: u64,
    /// At most this many, in order; the first ones, or with `newest` the last ones.
    pub limit: u32,
    /// Count the limit from the end.
    pub newest: bool,
}

/// Numbers for metrics and health: each was exact when it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Conversations ever.
    pub conversations: u64,
    /// Sessions that wait for an agent.
    pub sessions_waiting: u64,
    /// Sessions with an agent.
    pub sessions_agent: u64,
    /// Deliveries to be tried.
    pub deliveries_pending: u64,
    /// Deliveries given up.
    pub deliveries_dead: u64,
}

/// A small document of the configuration: an account, an agent, a bot's version.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its kind: `account`, `agent`, `bot`, ...
    pub kind: String,
    /// Its id within the kind.
    pub id: String,
    /// What it holds.
    pub body: Value,
}

/// Conversations and all that hangs on them.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads a conversation.
    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>>;

    /// Writes a decision whole, and answers once it is on disk. A repeat is told as one before an old revision is.
    async fn commit(&self, change: Change) -> Result<Committed>;

    /// Takes the heads of lanes that are due, the longest due first, until `until`; a lease that runs out is taken anew.
    /// Of those due at one moment the one whose conversation is older comes first. A delivery behind another one is due
    /// when that has ended, and not before: so lanes take turns.
    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>>;

    /// Gives a lease back untried: the delivery may be leased again from `next_at` on, and nothing is counted. False when
    /// the lease was lost.
    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool>;

    /// Writes what a try came to, where the core need not know. False when the lease was lost.
    async fn settle(&self, settle: Settle) -> Result<bool>;

    /// The earliest moment at which the head of a lane is due or its lease runs out, or a timer is due; none when nothing
    /// waits.
    async fn next_due(&self) -> Result<Option<Timestamp>>;

    /// Conversations whose `due` has come, earliest first; of one moment the older conversation first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>>;

    /// Reads a part of a transcript.
    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>>;

    /// The bot's place and memories.
    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>>;

    /// One session.
    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>>;

    /// The last session that a desk knows by this link.
    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>>;

    /// A list of sessions.
    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>>;

    /// Sessions that ended at or after a moment, the last ended first.
    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>>;

    /// Conversations, those that began last first.
    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>>;

    /// Deliveries of a conversation, ended ones too, in order.
    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>>;

    /// Deliveries not yet ended on one side of a conversation.
    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64>;

    /// Numbers for metrics and health. Where counting takes long, those of a little while ago.
    async fn counts(&self) -> Result<Counts>;

    /// Forgets inbox keys older than [`INBOX_DAYS`]; says how many.
    async fn forget_inbox(&self, now: Timestamp) -> Result<u64>;
}

/// The configuration.
#[async_trait]
pub trait Records: Send + Sync {
    /// Reads one document.
    async fn get(&self, kind: &str, id: &str) -> Result<Option<Record>>;

    /// All documents of a kind, by id.
    async fn list(&self, kind: &str) -> Result<Vec<Record>>;

    /// Writes one document, whether or not it was there.
    async fn put(&self, record: Record) -> Result<()>;

    /// Writes one document if there is none of that id; false when there was.
    async fn create(&self, record: Record) -> Result<bool>;

    /// Removes one document; false when there was none.
    async fn delete(&self, kind: &str, id: &str) -> Result<bool>;
}
