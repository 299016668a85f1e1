//! The store in PostgreSQL, for many nodes at once: each gathers its commits into groups as the store in a file does, and
//! what keeps nodes apart are the locks of rows.
//!
//! - A **conversation's row** is locked by whoever commits to it or moves one of its lanes. So a revision is checked against
//!   what is stored last, the inbox cannot be entered twice, and a lane's head cannot be missed. Rows are locked in the
//!   order of their ids, and deliveries after conversations: so nodes wait for each other, and never in a circle.
//! - **Heads of lanes** are leased with `SKIP LOCKED`: see `lease`.
//! - **Each transaction leaves a mark**, so that a connection which is lost at the COMMIT leaves no doubt: see `hand`.

mod address;
mod columns;
mod commit;
mod connection;
mod counts;
mod failure;
mod files;
mod group;
mod hand;
mod lease;
mod migrate;
mod open;
mod outbox;
#[cfg(test)]
mod plans;
mod reader;
mod records;
mod seat;
mod sessions;
mod store;
mod tls;
mod treat;
mod wakes;
mod writer;
mod writes;

pub use files::FileAbout;
pub use open::Looked;
pub use wakes::Line;

use address::Address;
use counts::Counted;
use hand::Hand;
use reader::Readers;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tokio::sync::Mutex;
use writer::Writer;

/// A store in a PostgreSQL database. Any number of nodes may have it open at once.
///
/// It needs a tokio runtime: its calls wait on connections that it keeps there. A call that is dropped before it has
/// answered may still be carried out. What does not go well at once, as the connection is lost or the database restarts, is
/// tried again for 5 seconds.
///
/// Leases run by the clock of the node that asks: `now` and `until` are its own. So nodes' clocks have to agree to well
/// within the length of a lease; [`Postgres::clock`] tells the database's for a comparison. A clock that goes ahead takes
/// leases over too early, and what was being tried is looked up or sent again; who lost its lease is refused all the same.
pub struct Postgres {
    readers: Readers,
    /// For files alone: a body on its way would hold up whatever is asked behind it.
    files: Readers,
    writer: Writer,
    /// For what is not grouped: leases, and what operators and settings change.
    beside: Mutex<Hand>,
    /// In whose name leases are taken.
    holder: AtomicI64,
    counted: Mutex<Counted>,
    address: Arc<Address>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("database", &self.address.name())
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}
