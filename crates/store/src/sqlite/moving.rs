//! A file that is moved, or that something is moved into.

use super::columns::{failed, session_word};
use super::migrate::{is_current, migrate};
use super::open::{connect, create, lock};
use crate::moving::{
    Attempt, Document, Entry, Gathered, MovedDelivery, Opening, Place, Remembered, Revision, Room,
    Session, Standing, Tally, record_of,
};
use crate::postgres::{from_text, is_digest, to_key};
use async_trait::async_trait;
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;

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

const CLEAR: [&str; 7] = [
    "DELETE FROM conversations WHERE nr = ?1",
    "DELETE FROM entries WHERE conversation = ?1",
    "DELETE FROM deliveries WHERE conversation = ?1",
    "DELETE FROM attempts WHERE conversation = ?1",
    "DELETE FROM sessions WHERE conversation = ?1",
    "DELETE FROM bot_states WHERE conversation = ?1",
    "DELETE FROM inbox WHERE conversation = ?1",
];

const TALLY: &str = "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM entries),
     (SELECT count(*) FROM deliveries), (SELECT count(*) FROM attempts), (SELECT count(*) FROM sessions),
     (SELECT count(*) FROM bot_states), (SELECT count(*) FROM inbox WHERE at >= ?1)";

const PUT_DOCUMENT: &str = "INSERT INTO records (kind, id, body) VALUES (?1, ?2, ?3)
     ON CONFLICT (kind, id) DO UPDATE SET body = ?3";

const DELETE_DOCUMENT: &str = "DELETE FROM records WHERE kind = ?1 AND id = ?2";

/// A file, as far as moving goes.
#[derive(Debug)]
pub struct FilePlace {
    connection: Arc<Mutex<Connection>>,
    /// Who has it has the file alone.
    _lock: Option<File>,
}

impl FilePlace {
    /// Opens the database in a file.
    ///
    /// # Errors
    /// When there is none, when another version made it, when it cannot be used, or when a process runs on it where none may.
    pub fn open(path: &Path, opening: Opening) -> Result<Self> {
        open(path, opening)
            .map_err(|StoreError(why)| StoreError(format!("{}: {why}", path.display())))
    }

    /// Runs something in a transaction, on a thread that may wait for the disk.
    async fn within<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.connection);
        let done = spawn_blocking(move || {
            // A transaction ends when a panic unwinds it, so the connection is as good as before.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction().map_err(failed)?;
            let done = work(&transaction)?;
            transaction.commit().map_err(failed)?;
            Ok(done)
        });
        done.await.map_err(|error| StoreError(error.to_string()))?
    }
}

fn open(path: &Path, opening: Opening) -> Result<FilePlace> {
    if opening != Opening::Target && !path.exists() {
        return Err(StoreError("there is no such file, so nothing to be moved".into()));
    }
    if opening == Opening::Beside {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        is_current(&connection)?;
        return Ok(FilePlace { connection: Arc::new(Mutex::new(connection)), _lock: None });
    }
    let lock = lock(path)?;
    create(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "cache_size", -64_000).map_err(failed)?;
    connection.pragma_update(None, "temp_store", "memory").map_err(failed)?;
    migrate(&mut connection)?;
    Ok(FilePlace { connection: Arc::new(Mutex::new(connection)), _lock: Some(lock) })
}

#[async_trait]
impl Place for FilePlace {
    async fn revisions(&mut self, after: i64, limit: u32) -> Result<Vec<Revision>> {
        self.within(move |it| {
            list(it, REVISIONS, params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .await
    }

    async fn unsettled(&mut self) -> Result<Vec<(i64, Standing)>> {
        self.within(|it| list(it, UNSETTLED, [], standing)).await
    }

    async fn rooms(&mut self, numbers: &[i64], since: Timestamp) -> Result<Vec<Room>> {
        let numbers =
            serde_json::to_string(numbers).map_err(|error| StoreError(error.to_string()))?;
        self.within(move |it| read(it, &numbers, since).map_err(failed)).await
    }

    async fn put_rooms(&mut self, rooms: &Arc<Vec<Room>>) -> Result<()> {
        let rooms = Arc::clone(rooms);
        self.within(move |it| rooms.iter().try_for_each(|room| put(it, room))).await
    }

    async fn documents(&mut self, but: &[&str]) -> Result<Vec<Document>> {
        let mut all = self.within(documents).await?;
        all.retain(|document| !but.contains(&document.kind.as_str()));
        Ok(all)
    }

    async fn put_documents(&mut self, but: &[&str], all: &[Document]) -> Result<()> {
        let (there, all) = (self.documents(but).await?, all.to_vec());
        self.within(move |it| {
            for Document { kind, id, .. } in &there {
                execute(it, DELETE_DOCUMENT, params![kind, id])?;
            }
            for Document { kind, id, body } in &all {
                execute(it, PUT_DOCUMENT, params![kind, id, body])?;
            }
            Ok(())
        })
        .await
    }

    async fn document(&mut self, kind: &str, id: &str) -> Result<Option<String>> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.within(move |it| {
            it.prepare_cached("SELECT body FROM records WHERE kind = ?1 AND id = ?2")
                .and_then(|mut get| get.query_row([kind, id], |row| row.get(0)).optional())
                .map_err(failed)
        })
        .await
    }

    async fn put_document(&mut self, document: &Document) -> Result<()> {
        let Document { kind, id, body } = document.clone();
        self.within(move |it| execute(it, PUT_DOCUMENT, params![kind, id, body])).await
    }

    async fn delete_document(&mut self, kind: &str, id: &str) -> Result<()> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.within(move |it| execute(it, DELETE_DOCUMENT, params![kind, id])).await
    }

    async fn tally(&mut self, since: Timestamp) -> Result<Tally> {
        self.within(move |it| {
            let tally = it.query_row(TALLY, [since.as_ms()], |row| {
                let mut tally = Tally::default();
                for (column, count) in tally.iter_mut().enumerate() {
                    *count = super::columns::unsigned(row, column)?;
                }
                Ok(tally)
            });
            tally.map_err(failed)
        })
        .await
    }

    async fn last_lease(&mut self) -> Result<i64> {
        self.within(|it| {
            it.query_row("SELECT last FROM leases", [], |row| row.get(0)).map_err(failed)
        })
        .await
    }

    /// SQLite numbers what is new above all that there is.
    async fn count_on(&mut self, last_lease: i64) -> Result<()> {
        self.within(move |it| execute(it, "UPDATE leases SET last = max(last, ?1)", [last_lease]))
            .await
    }

    /// The lock says all.
    async fn others(&mut self) -> Result<Option<String>> {
        Ok(None)
    }

    /// Only who has the lock could change anything, and looks first whether it was closed.
    async fn close(&mut self, _: bool) -> Result<()> {
        Ok(())
    }

    /// The log is emptied at the end anyway.
    async fn tidy(&mut self) -> Result<()> {
        Ok(())
    }
}

fn documents(connection: &Connection) -> Result<Vec<Document>> {
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

fn execute(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut it| it.execute(values)).map(drop).map_err(failed)
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

/// A key as this store keeps it.
fn unkey(key: &str) -> String {
    if is_digest(key) { key.to_owned() } else { from_text(key) }
}

fn put(connection: &Connection, room: &Room) -> Result<()> {
    let nr = room.nr;
    for sql in CLEAR {
        execute(connection, sql, [nr])?;
    }
    execute(
        connection,
        "INSERT INTO conversations (nr, id, revision, due, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![nr, room.id, room.revision, room.due, room.body],
    )?;
    for it in &room.entries {
        let sql = "INSERT INTO entries (conversation, n, body) VALUES (?1, ?2, ?3)";
        execute(connection, sql, params![nr, it.n, it.body])?;
    }
    for it in &room.deliveries {
        let sql = "INSERT INTO deliveries (conversation, n, side, state, attempts, forgiven, created_at, next_at,
             lease, wake, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let wake = it.has_turn.then_some(it.next_at);
        execute(
            connection,
            sql,
            params![
                nr,
                it.n,
                it.side,
                it.state,
                it.attempts,
                it.forgiven,
                it.created_at,
                it.next_at,
                it.lease,
                wake,
                it.body
            ],
        )?;
    }
    for it in &room.attempts {
        let sql = "INSERT INTO attempts (conversation, delivery, attempt, at, note, by, calls)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![nr, it.delivery, it.attempt, it.at, it.note, it.by, it.calls];
        execute(connection, sql, values)?;
    }
    for it in &room.sessions {
        let record = record_of(it)?;
        let (state, at) = (session_word(record.state), record.started_at.as_ms());
        let desk = record.link.as_ref().map(|_| record.desk.as_str());
        let sql = "INSERT INTO sessions (id, conversation, state, started_at, body, desk, link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        execute(connection, sql, params![it.id, nr, state, at, it.body, desk, record.link])?;
    }
    if let Some(body) = &room.bot_state {
        let sql = "INSERT INTO bot_states (conversation, body) VALUES (?1, ?2)";
        execute(connection, sql, params![nr, body])?;
    }
    for it in &room.inbox {
        let sql = "INSERT INTO inbox (conversation, account, source, at, entry) VALUES (?1, ?2, ?3, ?4, ?5)";
        let (account, source) = (unkey(&it.account), unkey(&it.source));
        execute(connection, sql, params![nr, account, source, it.at, it.entry])?;
    }
    Ok(())
}
