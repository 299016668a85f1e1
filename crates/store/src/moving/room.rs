//! What a room is made of: the columns that both databases have. What they derive from bodies is derived again.

use handover_core::port::store::{Result, StoreError};
use handover_core::session::SessionRecord;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A conversation with all that hangs on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Its place among all conversations.
    pub nr: i64,
    /// Its id.
    pub id: String,
    /// Its revision.
    pub revision: i64,
    /// When time alone may change it, in milliseconds since 1970.
    pub due: Option<i64>,
    /// The conversation, as JSON.
    pub body: String,
    /// The transcript.
    pub entries: Vec<Entry>,
    /// The deliveries, ended ones too.
    pub deliveries: Vec<MovedDelivery>,
    /// The deliveries' histories.
    pub attempts: Vec<Attempt>,
    /// The sessions.
    pub sessions: Vec<Session>,
    /// The bot's place and memories, as JSON.
    pub bot_state: Option<String>,
    /// What the inbox remembers.
    pub inbox: Vec<Remembered>,
}

/// A line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its number.
    pub n: i64,
    /// The entry, as JSON.
    pub body: String,
}

/// A delivery. A lease on it is given up where it arrives, as whoever held it is gone: its number stays, for whoever takes
/// it anew to know that nobody knows what the try came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MovedDelivery {
    /// Its number.
    pub n: i64,
    /// Its side.
    pub side: String,
    /// Where it stands.
    pub state: String,
    /// Lines of its history.
    pub attempts: i64,
    /// How many of these do not count for its schedule.
    pub forgiven: i64,
    /// Since when it waits, in milliseconds since 1970.
    pub created_at: i64,
    /// When it is tried next, or when it ended.
    pub next_at: i64,
    /// The lease that it is or was last under.
    pub lease: Option<i64>,
    /// Whether it has the turn in its lane.
    pub has_turn: bool,
    /// The delivery, as JSON.
    pub body: String,
}

/// What of a delivery that is pending or dead may change without a commit. See [`MovedDelivery`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are told there")]
pub struct Standing {
    pub n: i64,
    pub state: String,
    pub attempts: i64,
    pub next_at: i64,
    pub lease: Option<i64>,
    pub has_turn: bool,
}

/// A line of a delivery's history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// The delivery's number.
    pub delivery: i64,
    /// Its place in the history.
    pub attempt: i64,
    /// When it ended, in milliseconds since 1970.
    pub at: i64,
    /// What it came to.
    pub note: String,
    /// The operator, where it was no try.
    pub by: Option<String>,
    /// The calls, as JSON.
    pub calls: Option<String>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Its record, as JSON.
    pub body: String,
}

/// A key that the inbox remembers, as PostgreSQL keeps it: a very long one by its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remembered {
    /// The account that it came in on.
    pub account: String,
    /// The sender's id for it.
    pub source: String,
    /// When it came in, in milliseconds since 1970.
    pub at: i64,
    /// The first entry that it made.
    pub entry: i64,
}

/// A document of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it holds, as JSON.
    pub body: String,
}

impl Room {
    /// How many rows it is made of.
    pub fn rows(&self) -> u64 {
        let rows = 1
            + self.entries.len()
            + self.deliveries.len()
            + self.attempts.len()
            + self.sessions.len()
            + usize::from(self.bot_state.is_some())
            + self.inbox.len();
        rows as u64
    }

    /// The first part in which two rooms differ; none if they do not.
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        let head = |room: &Self| (room.nr, room.id.clone(), room.revision, room.due);
        [
            (head(self) != head(other) || self.body != other.body, "the conversation"),
            (self.entries != other.entries, "the transcript"),
            (self.deliveries != other.deliveries, "the deliveries"),
            (self.attempts != other.attempts, "the tries"),
            (self.sessions != other.sessions, "the sessions"),
            (self.bot_state != other.bot_state, "the bot's state"),
            (self.inbox != other.inbox, "the inbox keys"),
        ]
        .into_iter()
        .find_map(|(differs, what)| differs.then_some(what))
    }
}

/// Rooms that are being read, table by table.
#[derive(Default)]
pub(crate) struct Gathered(BTreeMap<i64, Room>);

impl Gathered {
    pub(crate) fn begin(&mut self, room: Room) {
        self.0.insert(room.nr, room);
    }

    /// A room that was begun. Rows without a conversation are nobody's.
    pub(crate) fn room(&mut self, nr: i64) -> Option<&mut Room> {
        self.0.get_mut(&nr)
    }

    /// All of them in the order of their numbers, each with its rows in order.
    pub(crate) fn done(self) -> Vec<Room> {
        let mut rooms: Vec<Room> = self.0.into_values().collect();
        for room in &mut rooms {
            room.entries.sort();
            room.deliveries.sort();
            room.attempts.sort();
            room.sessions.sort();
            room.inbox.sort();
        }
        rooms
    }
}

/// The account that a delivery is for.
pub(crate) fn account_of(delivery: &MovedDelivery) -> Result<String> {
    #[derive(Deserialize)]
    struct About {
        account: String,
    }
    read::<About>(&delivery.body).map(|about| about.account)
}

/// A session's record.
pub(crate) fn record_of(session: &Session) -> Result<SessionRecord> {
    read(&session.body)
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body)
        .map_err(|error| StoreError(format!("a row holds other things than it should: {error}")))
}
