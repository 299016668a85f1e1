//! Moving what one store holds into another, database to database.
//!
//! The unit is a [`Room`]: a conversation with all that hangs on it, read at one moment and written in one transaction. What
//! has to be moved again is known without a journal, in the source or in the target:
//!
//! - every commit gives the conversation its next revision;
//! - what changes without one (a lease, a try, what an operator does) changes the [`Standing`] of a delivery that is pending
//!   or dead: leases have numbers that are never given twice, and each try or deed adds a line to the history.
//!
//! So a room in the target is as it is in the source when the revisions and these standings are equal. All others are moved
//! anew. That makes a run that was cut short go on where it stopped, and a second run cost what has changed since the first.

mod carry;
mod room;

pub use carry::{Plan, Watch, agree, carry, compare, plan};
pub use room::{Attempt, Document, Entry, MovedDelivery, Remembered, Room, Session, Standing};
pub(crate) use room::{Gathered, account_of, record_of};

use async_trait::async_trait;
use handover_core::port::store::Result;
use handover_core::time::Timestamp;
use std::sync::Arc;

/// What is counted of a store.
pub const TABLES: [&str; 7] =
    ["conversations", "entries", "deliveries", "tries", "sessions", "bot states", "inbox keys"];

/// How many of each of [`TABLES`] there are.
pub type Tally = [u64; TABLES.len()];

/// A conversation's number and revision.
pub type Revision = (i64, i64);

/// How a place is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// To be read, beside whoever runs on it.
    Beside,
    /// To be read and closed: nobody may run on it.
    Source,
    /// To be written; made if there is none. Nobody may run on it, nor write to it in the same way.
    Target,
}

/// A store, as far as moving goes. What it was asked of last may have to be asked again after an error: nothing is half
/// written.
#[async_trait]
pub trait Place: Send + Sync {
    /// Conversations after this number with their revisions, at most so many, in order.
    async fn revisions(&mut self, after: i64, limit: u32) -> Result<Vec<Revision>>;

    /// How all deliveries stand that are pending or dead, with the numbers of their conversations.
    async fn unsettled(&mut self) -> Result<Vec<(i64, Standing)>>;

    /// The rooms of these numbers, as they all are at one moment; of the inbox only what came in since.
    async fn rooms(&mut self, numbers: &[i64], since: Timestamp) -> Result<Vec<Room>>;

    /// Writes rooms, each in place of what is there under its number: all of them or none.
    async fn put_rooms(&mut self, rooms: &Arc<Vec<Room>>) -> Result<()>;

    /// The documents of all kinds but these.
    async fn documents(&mut self, but: &[&str]) -> Result<Vec<Document>>;

    /// Lets the documents of all kinds but these be the given ones.
    async fn put_documents(&mut self, but: &[&str], all: &[Document]) -> Result<()>;

    /// One document's body.
    async fn document(&mut self, kind: &str, id: &str) -> Result<Option<String>>;

    /// Writes one document.
    async fn put_document(&mut self, document: &Document) -> Result<()>;

    /// Removes one document.
    async fn delete_document(&mut self, kind: &str, id: &str) -> Result<()>;

    /// Counts all that there is; of the inbox only what came in since.
    async fn tally(&mut self, since: Timestamp) -> Result<Tally>;

    /// The last lease's number.
    async fn last_lease(&mut self) -> Result<i64>;

    /// From now on numbers of leases are above this one, and numbers of conversations above all that there are.
    async fn count_on(&mut self, last_lease: i64) -> Result<()>;

    /// Who else has it open, in words; none where that cannot be.
    async fn others(&mut self) -> Result<Option<String>>;

    /// Lets nobody change a conversation or a delivery any more, whoever it is; or lets everybody again.
    async fn close(&mut self, closed: bool) -> Result<()>;

    /// Lets the database look at what it was given, so that it finds things well.
    async fn tidy(&mut self) -> Result<()>;
}
