//! What is written into a file that something is moved into.

use crate::moving::{Document, Room, record_of};
use crate::postgres::{from_text, is_digest};
use crate::sqlite::columns::{failed, session_word};
use handover_core::port::store::Result;
use rusqlite::{Connection, params};

const CLEAR: [&str; 7] = [
    "DELETE FROM conversations WHERE nr = ?1",
    "DELETE FROM entries WHERE conversation = ?1",
    "DELETE FROM deliveries WHERE conversation = ?1",
    "DELETE FROM attempts WHERE conversation = ?1",
    "DELETE FROM sessions WHERE conversation = ?1",
    "DELETE FROM bot_states WHERE conversation = ?1",
    "DELETE FROM inbox WHERE conversation = ?1",
];

const PUT_DOCUMENT: &str = "INSERT INTO records (kind, id, body) VALUES (?1, ?2, ?3)
     ON CONFLICT (kind, id) DO UPDATE SET body = ?3";

const DELETE_DOCUMENT: &str = "DELETE FROM records WHERE kind = ?1 AND id = ?2";

pub(super) fn put_documents(it: &Connection, there: &[Document], all: &[Document]) -> Result<()> {
    for Document { kind, id, .. } in there {
        delete_document(it, kind, id)?;
    }
    all.iter().try_for_each(|document| put_document(it, document))
}

pub(super) fn put_document(it: &Connection, document: &Document) -> Result<()> {
    let Document { kind, id, body } = document;
    execute(it, PUT_DOCUMENT, params![kind, id, body])
}

pub(super) fn delete_document(it: &Connection, kind: &str, id: &str) -> Result<()> {
    execute(it, DELETE_DOCUMENT, params![kind, id])
}

pub(super) fn count_on(it: &Connection, last_lease: i64) -> Result<()> {
    execute(it, "UPDATE leases SET last = max(last, ?1)", [last_lease])
}

fn execute(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut it| it.execute(values)).map(drop).map_err(failed)
}

/// A key as this store keeps it.
fn unkey(key: &str) -> String {
    if is_digest(key) { key.to_owned() } else { from_text(key) }
}

pub(super) fn put(connection: &Connection, room: &Room) -> Result<()> {
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
