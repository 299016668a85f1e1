//! What is written into a database that something is moved into.

use super::read;
use crate::moving::{Document, Room, account_of, record_of};
use crate::postgres::columns::{session_word, to_key, to_text};
use crate::postgres::connection::Connection;
use crate::postgres::failure::Tried;
use crate::postgres::writes::{Writes, rows};
use handover_core::port::store::Result;
use std::borrow::Cow;

const CLEAR: [&str; 7] = [
    "DELETE FROM conversations WHERE nr = ANY ($1::bigint[])",
    "DELETE FROM entries WHERE conversation = ANY ($1::bigint[])",
    "DELETE FROM deliveries WHERE conversation = ANY ($1::bigint[])",
    "DELETE FROM attempts WHERE conversation = ANY ($1::bigint[])",
    "DELETE FROM sessions WHERE conversation = ANY ($1::bigint[])",
    "DELETE FROM bot_states WHERE conversation = ANY ($1::bigint[])",
    "DELETE FROM inbox WHERE conversation = ANY ($1::bigint[])",
];

const CONVERSATIONS: &str =
    "INSERT INTO conversations (nr, id, revision, due, body) OVERRIDING SYSTEM VALUE
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])";
const ENTRIES: &str = "INSERT INTO entries (conversation, n, body)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])";
const DELIVERIES: &str = "INSERT INTO deliveries
         (conversation, n, side, account, state, attempts, forgiven, created_at, next_at, lease, wake, body)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
         $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[])";
const ATTEMPTS: &str = "INSERT INTO attempts (conversation, delivery, attempt, at, note, by, calls)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])";
const SESSIONS: &str =
    "INSERT INTO sessions (id, conversation, state, started_at, ended_at, desk, link, body)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
         $8::text[])";
const BOT_STATES: &str = "INSERT INTO bot_states (conversation, body)
     SELECT * FROM unnest($1::bigint[], $2::text[])";
const INBOX: &str = "INSERT INTO inbox (conversation, account, source, at, entry)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])";

const PUT_DOCUMENTS: &str = "INSERT INTO records (kind, id, body)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
     ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body";
const CLEAR_DOCUMENTS: &str = "DELETE FROM records WHERE kind <> ALL ($1)";
const DELETE_DOCUMENT: &str = "DELETE FROM records WHERE kind = $1 AND id = $2";

const LEASES: &str = "SELECT setval('leases', $1)";
const NUMBERS: &str = "SELECT setval(pg_get_serial_sequence('conversations', 'nr'), m.nr)
     FROM (SELECT max(nr) AS nr FROM conversations) m WHERE m.nr IS NOT NULL";

rows!(
    Conversations: CONVERSATIONS,
    nr: i64,
    id: Cow<'a, str>,
    revision: i64,
    due: Option<i64>,
    body: &'a str,
);
rows!(Entries: ENTRIES, conversation: i64, n: i64, body: &'a str);
rows!(
    Deliveries: DELIVERIES,
    conversation: i64,
    n: i64,
    side: &'a str,
    account: String,
    state: &'a str,
    attempts: i64,
    forgiven: i64,
    created_at: i64,
    next_at: i64,
    lease: Option<i64>,
    wake: Option<i64>,
    body: &'a str,
);
rows!(
    Attempts: ATTEMPTS,
    conversation: i64,
    delivery: i64,
    attempt: i64,
    at: i64,
    note: Cow<'a, str>,
    by: Option<Cow<'a, str>>,
    calls: Option<&'a str>,
);
rows!(
    Sessions: SESSIONS,
    id: Cow<'a, str>,
    conversation: i64,
    state: &'static str,
    started_at: i64,
    ended_at: Option<i64>,
    desk: Option<String>,
    link: Option<String>,
    body: &'a str,
);
rows!(BotStates: BOT_STATES, conversation: i64, body: &'a str);
rows!(
    Inbox: INBOX,
    conversation: i64,
    account: &'a str,
    source: &'a str,
    at: i64,
    entry: i64,
);

/// Rooms as the rows of their tables.
pub(super) struct Rows<'a>(Writes<'a>);

impl<'a> Rows<'a> {
    pub(super) fn of(rooms: &'a [Room]) -> Result<Self> {
        let (mut conversations, mut entries) = (Conversations::default(), Entries::default());
        let (mut deliveries, mut attempts) = (Deliveries::default(), Attempts::default());
        let (mut sessions, mut bot_states) = (Sessions::default(), BotStates::default());
        let mut inbox = Inbox::default();
        for room in rooms {
            let nr = room.nr;
            conversations.push(nr, to_text(&room.id), room.revision, room.due, &room.body);
            for it in &room.entries {
                entries.push(nr, it.n, &it.body);
            }
            for it in &room.deliveries {
                let wake = it.has_turn.then_some(it.next_at);
                let account = to_key(&account_of(it)?);
                let (at, next_at) = (it.created_at, it.next_at);
                let (side, state, body) = (&it.side, &it.state, &it.body);
                let (tries, forgiven) = (it.attempts, it.forgiven);
                deliveries.push(
                    nr, it.n, side, account, state, tries, forgiven, at, next_at, it.lease, wake,
                    body,
                );
            }
            for it in &room.attempts {
                let (note, by) = (to_text(&it.note), it.by.as_deref().map(to_text));
                attempts.push(nr, it.delivery, it.attempt, it.at, note, by, it.calls.as_deref());
            }
            for it in &room.sessions {
                let record = record_of(it)?;
                let link = record.link.as_deref();
                sessions.push(
                    to_text(&it.id),
                    nr,
                    session_word(record.state),
                    record.started_at.as_ms(),
                    record.ended_at.map(|at| at.as_ms()),
                    link.map(|_| to_key(record.desk.as_str())),
                    link.map(to_key),
                    &it.body,
                );
            }
            if let Some(body) = &room.bot_state {
                bot_states.push(nr, body);
            }
            for it in &room.inbox {
                inbox.push(nr, &it.account, &it.source, it.at, it.entry);
            }
        }
        let mut writes = Writes::default();
        let numbers: Vec<i64> = rooms.iter().map(|room| room.nr).collect();
        for sql in CLEAR {
            writes.push(sql, vec![Box::new(numbers.clone())]);
        }
        conversations.write(&mut writes);
        entries.write(&mut writes);
        deliveries.write(&mut writes);
        attempts.write(&mut writes);
        sessions.write(&mut writes);
        bot_states.write(&mut writes);
        inbox.write(&mut writes);
        Ok(Self(writes))
    }
}

const STATEMENTS: [&str; 7] =
    [CONVERSATIONS, ENTRIES, DELIVERIES, ATTEMPTS, SESSIONS, BOT_STATES, INBOX];

pub(super) async fn put(it: &Connection, rows: &Rows<'_>) -> Tried<()> {
    if !it.is_prepared(NUMBERS) {
        it.prepare(&CLEAR).await?;
        it.prepare(&STATEMENTS).await?;
        it.prepare(&[NUMBERS]).await?;
    }
    it.run("BEGIN").await?;
    rows.0.send(it).await?;
    it.run("COMMIT").await
}

pub(super) async fn put_documents(it: &Connection, but: &[&str], all: &[Document]) -> Tried<()> {
    // Nothing is written where nothing differs: nobody has to hear of it then.
    if read::documents(it, but).await? == all {
        return Ok(());
    }
    it.run("BEGIN").await?;
    it.query(CLEAR_DOCUMENTS, &[&but]).await?;
    add_documents(it, all).await?;
    it.run("COMMIT").await
}

pub(super) async fn add_documents(it: &Connection, all: &[Document]) -> Tried<()> {
    let kinds: Vec<_> = all.iter().map(|document| to_text(&document.kind)).collect();
    let ids: Vec<_> = all.iter().map(|document| to_text(&document.id)).collect();
    let bodies: Vec<&str> = all.iter().map(|document| document.body.as_str()).collect();
    it.query(PUT_DOCUMENTS, &[&kinds, &ids, &bodies]).await.map(drop)
}

pub(super) async fn delete_document(it: &Connection, kind: &str, id: &str) -> Tried<()> {
    it.query(DELETE_DOCUMENT, &[&to_text(kind), &to_text(id)]).await.map(drop)
}

pub(super) async fn count_on(it: &Connection, last_lease: i64) -> Tried<()> {
    if last_lease > read::last_lease(it).await? {
        it.query(LEASES, &[&last_lease]).await?;
    }
    it.query(NUMBERS, &[]).await.map(drop)
}
