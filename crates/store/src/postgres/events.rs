//! What a log elsewhere has yet to be told. Whoever commits to a conversation holds the lock of its row when places are
//! given out, so that places of one conversation are in its order whichever node gives them.

use super::Postgres;
use super::columns::{json, signed, unsigned};
use super::connection::Connection;
use super::failure::Tried;
use super::hand::Work;
use super::writes::{Writes, rows};
use async_trait::async_trait;
use handover_core::port::events::{Events, Happened};
use handover_core::port::store::Result;
use std::sync::atomic::Ordering;
use tokio_postgres::Row;

const ADD: &str =
    "INSERT INTO events (conversation, n) SELECT * FROM unnest($1::bigint[], $2::bigint[])";

/// Those that wait, the first first. What belongs to each is looked up by its key, whatever the tables' sizes are thought
/// to be.
pub(super) const WAITING: &str = "SELECT x.place,
         (SELECT c.body FROM conversations c WHERE c.nr = x.conversation),
         (SELECT e.body FROM entries e WHERE e.conversation = x.conversation AND e.n = x.n)
     FROM events x ORDER BY x.place LIMIT $1";

/// Lets entries wait no longer.
pub(super) const FORGET: &str = "DELETE FROM events WHERE place = ANY ($1)";

const COUNT: &str = "SELECT count(*) FROM events";

/// What commits ask of a hand for it.
pub(super) const OF_COMMITS: &[&str] = &[ADD];

/// What else is asked of one.
pub(super) const STATEMENTS: &[&str] = &[FORGET];

rows!(
    /// Entries that wait.
    Waiting: ADD,
    conversation: i64,
    n: i64,
);

struct Forget(Vec<i64>);

#[async_trait]
impl Work for Forget {
    type Answer = ();

    async fn decide(&self, _: &Connection) -> Tried<((), Writes<'_>)> {
        let mut writes = Writes::made(false);
        writes.push(FORGET, vec![Box::new(&self.0)]);
        Ok(((), writes))
    }
}

#[async_trait]
impl Events for Postgres {
    fn keep_events(&self) {
        self.keeps_events.store(true, Ordering::Relaxed);
    }

    async fn events(&self, limit: u32) -> Result<Vec<Happened>> {
        let happened = |row: &Row| {
            let (place, at) = (unsigned(row, 0)?, json(row, 1)?);
            Ok(Happened { place, at, entry: json(row, 2)? })
        };
        self.read(WAITING, &[&i64::from(limit)], happened).await
    }

    async fn told(&self, places: &[u64]) -> Result<()> {
        let places = places.iter().map(|place| signed(*place)).collect::<Result<_>>()?;
        self.beside(&Forget(places)).await
    }

    async fn events_waiting(&self) -> Result<u64> {
        let counts = self.read(COUNT, &[], |row| unsigned(row, 0)).await?;
        Ok(counts.into_iter().sum())
    }
}
