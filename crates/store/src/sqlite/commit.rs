//! Writing a decision: encoded where it was made, checked and written by the writer.

use super::columns::{failed, session_word, signed, to_json};
use super::{events, lease, outbox};
use crate::change::stays_inside;
use crate::postgres::{is_digest, to_key};
use handover_core::conversation::Conversation;
use handover_core::port::store::{Change, Committed, Result};
use rusqlite::{Connection, OptionalExtension, params};
use std::borrow::Cow;

/// SQLite writes the index of each column that is set, changed or not: so there are two of these.
pub(super) const UPDATE: &str = "UPDATE conversations SET revision = ?2, body = ?3 WHERE nr = ?1";

/// The other, for a conversation whose timer has moved.
pub(super) const UPDATE_DUE: &str =
    "UPDATE conversations SET revision = ?2, body = ?3, due = ?4 WHERE nr = ?1";

/// What checking needs of a conversation.
pub(super) const FIND: &str = "SELECT nr, revision, due FROM conversations WHERE id = ?1";

/// What a sender's id has made.
pub(super) const BY_SOURCE: &str =
    "SELECT entry FROM inbox WHERE conversation = ?1 AND account = ?2 AND source = ?3";

/// Writes a line of the transcript.
pub(super) const ADD_ENTRY: &str =
    "INSERT INTO entries (conversation, n, body) VALUES (?1, ?2, ?3)";

/// Remembers a sender's id.
pub(super) const REMEMBER: &str =
    "INSERT INTO inbox (conversation, account, source, at, entry) VALUES (?1, ?2, ?3, ?4, ?5)";

/// A change in the form in which it is stored, so that the writer has nothing to encode.
pub(super) struct Encoded {
    at: i64,
    id: String,
    revision: i64,
    due: Option<i64>,
    body: String,
    entries: Vec<(i64, String)>,
    /// Whether the entries wait to be told to a log elsewhere.
    keeps_events: bool,
    deliveries: Vec<(i64, &'static str, String)>,
    again: Vec<i64>,
    sessions: Vec<EncodedSession>,
    bot_state: Option<String>,
    inbox: Option<(String, String)>,
    settle: Option<lease::Settled>,
}

struct EncodedSession {
    id: String,
    state: &'static str,
    started_at: i64,
    /// The desk and what it calls its conversation.
    link: Option<(String, String)>,
    body: String,
}

impl Encoded {
    pub(super) fn new(change: Change, keeps_events: bool) -> Result<Self> {
        stays_inside(&change)?;
        let revision = signed(change.conversation.revision)?;
        let next =
            Conversation { revision: change.conversation.revision + 1, ..change.conversation };
        let entry = |entry: &handover_core::entry::Entry| Ok((signed(entry.n)?, to_json(entry)?));
        let delivery = |delivery: &handover_core::delivery::Delivery| {
            Ok((signed(delivery.id.n)?, delivery.side.as_str(), to_json(delivery)?))
        };
        let session = |session: &handover_core::session::SessionRecord| {
            Ok(EncodedSession {
                id: session.id.as_str().to_owned(),
                state: session_word(session.state),
                started_at: session.started_at.as_ms(),
                link: session.link.clone().map(|link| (session.desk.to_string(), link)),
                body: to_json(session)?,
            })
        };
        Ok(Self {
            at: change.at.as_ms(),
            id: next.id.as_str().to_owned(),
            revision,
            due: next.due.map(|due| due.as_ms()),
            body: to_json(&next)?,
            entries: change.entries.iter().map(entry).collect::<Result<_>>()?,
            keeps_events,
            deliveries: change.deliveries.iter().map(delivery).collect::<Result<_>>()?,
            again: change.again.iter().map(|n| signed(*n)).collect::<Result<_>>()?,
            sessions: change.sessions.iter().map(session).collect::<Result<_>>()?,
            bot_state: change.bot_state.as_ref().map(to_json).transpose()?,
            inbox: change
                .inbox
                .map(|key| (key.account.as_str().to_owned(), key.source.as_str().to_owned())),
            settle: change.settle.map(lease::Settled::new).transpose()?,
        })
    }
}

/// The row of a conversation, as far as checking needs it.
#[derive(Default)]
struct Known {
    nr: i64,
    revision: i64,
    due: Option<i64>,
}

/// Checks a change against what is stored, and writes it.
pub(super) fn commit(connection: &Connection, change: &Encoded) -> Result<Committed> {
    let known = find(connection, &change.id).map_err(failed)?;
    if let Some(known) = &known
        && let Some(entry) = duplicate(connection, known.nr, change).map_err(failed)?
    {
        return Ok(Committed::Duplicate { entry });
    }
    if known.as_ref().map_or(0, |known| known.revision) != change.revision {
        return Ok(Committed::Stale);
    }
    if let Some(settle) = &change.settle
        && !lease::settle(connection, known.as_ref().map(|known| known.nr), settle)?
    {
        return Ok(Committed::Stale);
    }
    write(connection, known, change).map_err(failed)?;
    Ok(Committed::Done)
}

fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached(FIND)?
        .query_row([id], |row| {
            Ok(Known { nr: row.get(0)?, revision: row.get(1)?, due: row.get(2)? })
        })
        .optional()
}

fn duplicate(connection: &Connection, nr: i64, change: &Encoded) -> rusqlite::Result<Option<u64>> {
    let Some((account, source)) = &change.inbox else { return Ok(None) };
    let found = entry_of(connection, nr, account, source)?;
    // A very long one that came in while this was in PostgreSQL is known by its hash.
    match (short(account), short(source)) {
        (Cow::Borrowed(_), Cow::Borrowed(_)) => Ok(found),
        (account, source) => Ok(found.or(entry_of(connection, nr, &account, &source)?)),
    }
}

/// Two such questions cost a fraction of one with `IN`, for which SQLite makes a table each time.
fn entry_of(
    connection: &Connection,
    nr: i64,
    account: &str,
    source: &str,
) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached(BY_SOURCE)?
        .query_row(params![nr, account, source], |row| super::columns::unsigned(row, 0))
        .optional()
}

/// What stands for a key that is too long for PostgreSQL; any other stands for itself.
fn short(key: &str) -> Cow<'_, str> {
    let short = to_key(key);
    if is_digest(&short) { Cow::Owned(short) } else { Cow::Borrowed(key) }
}

fn write(connection: &Connection, known: Option<Known>, change: &Encoded) -> rusqlite::Result<()> {
    let nr = write_conversation(connection, known, change)?;
    for (n, body) in &change.entries {
        connection.prepare_cached(ADD_ENTRY)?.execute(params![nr, n, body])?;
        if change.keeps_events {
            events::add(connection, nr, *n)?;
        }
    }
    for (n, side, body) in &change.deliveries {
        lease::enqueue(connection, nr, *n, side, change.at, body)?;
    }
    for n in &change.again {
        outbox::bring_again(connection, nr, *n, change.at)?;
    }
    for session in &change.sessions {
        connection
            .prepare_cached(
                "INSERT INTO sessions (id, conversation, state, started_at, body, desk, link)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE
                 SET state = ?3, started_at = ?4, body = ?5, desk = ?6, link = ?7",
            )?
            .execute(params![
                session.id,
                nr,
                session.state,
                session.started_at,
                session.body,
                session.link.as_ref().map(|(desk, _)| desk),
                session.link.as_ref().map(|(_, link)| link),
            ])?;
    }
    if let Some(body) = &change.bot_state {
        connection
            .prepare_cached(
                "INSERT INTO bot_states (conversation, body) VALUES (?1, ?2)
                 ON CONFLICT (conversation) DO UPDATE SET body = ?2",
            )?
            .execute(params![nr, body])?;
    }
    if let Some((account, source)) = &change.inbox {
        let entry = change.entries.first().map_or(0, |(n, _)| *n);
        connection
            .prepare_cached(REMEMBER)?
            .execute(params![nr, account, source, change.at, entry])?;
    }
    Ok(())
}

fn write_conversation(
    connection: &Connection,
    known: Option<Known>,
    change: &Encoded,
) -> rusqlite::Result<i64> {
    let Some(Known { nr, due, .. }) = known else {
        connection
            .prepare_cached(
                "INSERT INTO conversations (id, revision, due, body) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![change.id, change.revision + 1, change.due, change.body])?;
        return Ok(connection.last_insert_rowid());
    };
    if due == change.due {
        connection.prepare_cached(UPDATE)?.execute(params![
            nr,
            change.revision + 1,
            change.body
        ])?;
    } else {
        connection.prepare_cached(UPDATE_DUE)?.execute(params![
            nr,
            change.revision + 1,
            change.body,
            change.due
        ])?;
    }
    Ok(nr)
}
