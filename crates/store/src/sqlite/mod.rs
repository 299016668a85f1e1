//! The store in one SQLite file: one thread writes, a few read beside it.
//!
//! The writer gathers the commits that wait into one transaction, and the flusher brings to the disk what was committed
//! meanwhile: durable throughput grows with the number of committers and not with the disk. An answer is given after that.

mod columns;
mod commit;
mod events;
mod flusher;
mod lease;
mod migrate;
mod moving;
mod open;
mod outbox;
#[cfg(test)]
mod plans;
mod reader;
mod records;
mod sessions;
mod store;
mod writer;

pub use moving::FilePlace;

use reader::Readers;
use std::fs::File;
use std::sync::atomic::AtomicBool;
use writer::Writer;

/// A store in a file. Only one can be open on a file at a time.
///
/// A call that is dropped before it has answered may still be carried out.
#[derive(Debug)]
pub struct Sqlite {
    // The order matters when they are dropped: the writer's connection closes last and empties the log into the
    // file, and only then another process may have it.
    readers: Readers,
    writer: Writer,
    /// Whether entries wait to be told to a log elsewhere.
    keeps_events: AtomicBool,
    _lock: File,
}
