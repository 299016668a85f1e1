//! What is read of a file that is moved.

use crate::moving::{
    Attempt, Document, Entry, Gathered, MovedDelivery, Remembered, Revision, Room, Session,
    Standing, Tally,
};
use crate::postgres::{is_digest, to_key};
use crate::sqlite::columns::{failed, unsigned};
use handover_core::port::store::Result;
use handover_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

const REVISIONS: &str = "SELECT nr, revision FROM conversations WHERE nr > ?1 ORDER BY nr LIMIT ?2";

const UNSETTLED: &str = "SELECT conversation, n, state, attempts, next_at, lease, wake IS NOT NULL
         FROM deliveries WHERE state = 'pending'
     UNION ALL SELECT conversation, n, state, attempts, next_at, lease, wake IS NOT NULL
         FROM deliveries WHERE state = 'dead'";

const CONVERSATIONS: &str = "SELECT c.nr, c.id, c.revision, c.due, c.body
     FROM json_each(?1) k CROSS JOIN conversations c ON c.nr = k.value";
const ENTRIES: &str = "SELECT e.conversation, e.n, e.body
     FROM json_each(?1) k CROSS JOIN entries e ON e.conversation = k.value";
const DELIVERIES: &str =
    "SELECT d.conversation, d.n, d.side, d.state, d.attempts, d.forgiven, d.created_at, d.next_at, d.lease,
         d.wake IS NOT NULL, d.body
     FROM json_each(?1) k CROSS JOIN deliveries d ON d.conversation = k.value";
const ATTEMPTS: &str = "SELECT a.conversation, a.delivery, a.attempt, a.at, a.note, a.by, a.calls
     FROM json_each(?1) k CROSS JOIN attempts a ON a.conversation = k.value";
const SESSIONS: &str = "SELECT s.conversation, s.id, s.body
     FROM json_each(?1) k CROSS JOIN sessions s ON s.conversation = k.value";
const BOT_STATES: &str = "SELECT b.conversation, b.body
     FROM json_each(?1) k CROSS JOIN bot_states b ON b.conversation = k.value";
const INBOX: &str = "SELECT i.conversation, i.account, i.source, i.at, i.entry
     FROM json_each(?1) k CROSS JOIN inbox i ON i.conversation = k.value WHERE i.at >= ?2";

const TALLY: &str = "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM entries),
     (SELECT count(*) FROM deliveries), (SELECT count(*) FROM attempts), (SELECT count(*) FROM sessions),
     (SELECT count(*) FROM bot_states), (SELECT count(*) FROM inbox WHERE at >= ?1)";

pub(super) fn revisions(it: &Connection, after: i64, limit: u32) -> Result<Vec<Revision>> {
    list(it, REVISIONS, params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(super) fn unsettled(it: &Connection) -> Result<Vec<(i64, Standing)>> {
    list(it, UNSETTLED, [], standing)
}

pub(super) fn document(it: &Connection, kind: &str, id: &str) -> Result<Option<String>> {
    it.prepare_cached("SELECT body FROM records WHERE kind = ?1 AND id = ?2")
        .and_then(|mut get| get.query_row([kind, id], |row| row.get(0)).optional())
        .map_err(failed)
}

pub(super) fn tally(it: &Connection, since: Timestamp) -> Result<Tally> {
    let tally = it.query_row(TALLY, [since.as_ms()], |row| {
        let mut tally = Tally::default();
        for (column, count) in tally.iter_mut().enumerate() {
            *count = unsigned(row, column)?;
        }
        Ok(tally)
    });
    tally.map_err(failed)
}

pub(super) fn last_lease(it: &Connection) -> Result<i64> {
    it.query_row("SELECT last FROM leases", [], |row| row.get(0)).map_err(failed)
}

pub(super) fn documents(connection: &Connection) -> Result<Vec<Document>> {
    list(connection, "SELECT kind, id, body FROM records ORDER BY kind, id", [], |row| {
        Ok(Document { kind: row.get(0)?, id: row.get(1)?, body: row.get(2)? })
    })
}

fn list<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    connection
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map(values, each)?.collect())
        .map_err(failed)
}

pub(super) fn rooms(it: &Connection, numbers: &str, since: Timestamp) -> Result<Vec<Room>> {
    read(it, numbers, since).map_err(failed)
}

fn read(connection: &Connection, numbers: &str, since: Timestamp) -> rusqlite::Result<Vec<Room>> {
    let mut gathered = Gathered::default();
    let mut select = connection.prepare_cached(CONVERSATIONS)?;
    let mut rows = select.query([numbers])?;
    while let Some(row) = rows.next()? {
        gathered.begin(Room {
            nr: row.get(0)?,
            id: row.get(1)?,
            revision: row.get(2)?,
            due: row.get(3)?,
            body: row.get(4)?,
            ..Room::default()
        });
    }
    type Take<'a> = &'a dyn Fn(&mut Room, &Row<'_>) -> rusqlite::Result<()>;
    let mut each = |sql: &str, take: Take<'_>| -> rusqlite::Result<()> {
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = match sql {
            INBOX => select.query(params![numbers, since.as_ms()])?,
            _ => select.query([numbers])?,
        };
        while let Some(row) = rows.next()? {
            if let Some(room) = gathered.room(row.get(0)?) {
                take(room, row)?;
            }
        }
        Ok(())
    };
    each(ENTRIES, &|room, row| {
        room.entries.push(Entry { n: row.get(1)?, body: row.get(2)? });
        Ok(())
    })?;
    each(DELIVERIES, &|room, row| {
        room.deliveries.push(delivery(row)?);
        Ok(())
    })?;
    each(ATTEMPTS, &|room, row| {
        room.attempts.push(Attempt {
            delivery: row.get(1)?,
            attempt: row.get(2)?,
            at: row.get(3)?,
            note: row.get(4)?,
            by: row.get(5)?,
            calls: row.get(6)?,
        });
        Ok(())
    })?;
    each(SESSIONS, &|room, row| {
        room.sessions.push(Session { id: row.get(1)?, body: row.get(2)? });
        Ok(())
    })?;
    each(BOT_STATES, &|room, row| {
        room.bot_state = row.get(1)?;
        Ok(())
    })?;
    each(INBOX, &|room, row| {
        let (account, source): (String, String) = (row.get(1)?, row.get(2)?);
        room.inbox.push(Remembered {
            account: key(account),
            source: key(source),
            at: row.get(3)?,
            entry: row.get(4)?,
        });
        Ok(())
    })?;
    Ok(gathered.done())
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<MovedDelivery> {
    Ok(MovedDelivery {
        n: row.get(1)?,
        side: row.get(2)?,
        state: row.get(3)?,
        attempts: row.get(4)?,
        forgiven: row.get(5)?,
        created_at: row.get(6)?,
        next_at: row.get(7)?,
        lease: row.get(8)?,
        has_turn: row.get(9)?,
        body: row.get(10)?,
    })
}

fn standing(row: &Row<'_>) -> rusqlite::Result<(i64, Standing)> {
    let standing = Standing {
        n: row.get(1)?,
        state: row.get(2)?,
        attempts: row.get(3)?,
        next_at: row.get(4)?,
        lease: row.get(5)?,
        has_turn: row.get(6)?,
    };
    Ok((row.get(0)?, standing))
}

/// A key as PostgreSQL keeps it. One that came from there by its hash is the same there again.
fn key(stored: String) -> String {
    if is_digest(&stored) { stored } else { to_key(&stored) }
}
