//! What a log elsewhere has yet to be told.

use super::Sqlite;
use super::columns::{failed, json, signed, unsigned};
use async_trait::async_trait;
use handover_core::port::events::{Events, Happened};
use handover_core::port::store::Result;
use rusqlite::{Connection, params};
use std::sync::atomic::Ordering;

/// Those that wait, the first first.
pub(super) const WAITING: &str = "SELECT x.place, c.body, e.body FROM events x
     JOIN conversations c ON c.nr = x.conversation
     JOIN entries e ON e.conversation = x.conversation AND e.n = x.n
     WHERE x.place > 0 ORDER BY x.place LIMIT ?1";

/// Lets an entry wait.
pub(super) fn add(connection: &Connection, nr: i64, n: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO events (conversation, n) VALUES (?1, ?2)")?
        .execute(params![nr, n])?;
    Ok(())
}

fn forget(connection: &Connection, places: &[i64]) -> rusqlite::Result<()> {
    let mut forget = connection.prepare_cached("DELETE FROM events WHERE place = ?1")?;
    places.iter().try_for_each(|place| forget.execute([place]).map(drop))
}

#[async_trait]
impl Events for Sqlite {
    fn keep_events(&self) {
        self.keeps_events.store(true, Ordering::Relaxed);
    }

    async fn events(&self, limit: u32) -> Result<Vec<Happened>> {
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(WAITING)?
                    .query_map([limit], |row| {
                        let (place, at) = (unsigned(row, 0)?, json(row, 1)?);
                        Ok(Happened { place, at, entry: json(row, 2)? })
                    })?
                    .collect()
            })
            .await
    }

    async fn told(&self, places: &[u64]) -> Result<()> {
        let places: Vec<i64> = places.iter().map(|place| signed(*place)).collect::<Result<_>>()?;
        self.writer.write(move |connection| forget(connection, &places).map_err(failed)).await
    }

    async fn events_waiting(&self) -> Result<u64> {
        self.readers
            .read(|connection| {
                connection
                    .prepare_cached("SELECT count(*) FROM events")?
                    .query_row([], |row| unsigned(row, 0))
            })
            .await
    }
}
