//! What is read of a database that is moved.

use crate::moving::{
    Attempt, Document, Entry, Gathered, MovedDelivery, Remembered, Revision, Room, Session,
    Standing, TABLES, Tally,
};
use crate::postgres::columns::{from_text, text, to_text, unsigned};
use crate::postgres::connection::Connection;
use crate::postgres::failure::{Failure, Tried};
use futures_util::future::{join, join5};
use handover_core::time::Timestamp;
use tokio_postgres::Row;

const REVISIONS: &str = "SELECT nr, revision FROM conversations WHERE nr > $1 ORDER BY nr LIMIT $2";

const UNSETTLED: &str =
    "SELECT conversation, n, state, attempts::bigint, next_at, lease, wake IS NOT NULL
         FROM deliveries WHERE state = 'pending'
     UNION ALL SELECT conversation, n, state, attempts::bigint, next_at, lease, wake IS NOT NULL
         FROM deliveries WHERE state = 'dead'";

/// All tables at one moment.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

const CONVERSATIONS: &str =
    "SELECT nr, id, revision, due, body FROM conversations WHERE nr = ANY ($1)";
const ENTRIES: &str = "SELECT conversation, n, body FROM entries WHERE conversation = ANY ($1)";
const DELIVERIES: &str =
    "SELECT conversation, n, side, state, attempts::bigint, forgiven::bigint, created_at, next_at, lease,
         wake IS NOT NULL, body FROM deliveries WHERE conversation = ANY ($1)";
const ATTEMPTS: &str = "SELECT conversation, delivery, attempt::bigint, at, note, by, calls
     FROM attempts WHERE conversation = ANY ($1)";
const SESSIONS: &str = "SELECT conversation, id, body FROM sessions WHERE conversation = ANY ($1)";
const BOT_STATES: &str = "SELECT conversation, body FROM bot_states WHERE conversation = ANY ($1)";
const INBOX: &str = "SELECT conversation, account, source, at, entry FROM inbox
     WHERE conversation = ANY ($1) AND at >= $2";

const DOCUMENTS: &str =
    "SELECT kind, id, body FROM records WHERE kind <> ALL ($1) ORDER BY kind, id";
const DOCUMENT: &str = "SELECT body FROM records WHERE kind = $1 AND id = $2";

const LAST_LEASE: &str = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM leases";

/// Counting goes through all of a table, which is slow by an index.
const COUNTING: &str =
    "BEGIN READ ONLY; SET LOCAL enable_seqscan = on; SET LOCAL plan_cache_mode = force_custom_plan";

const TALLY: &str = "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM entries),
     (SELECT count(*) FROM deliveries), (SELECT count(*) FROM attempts), (SELECT count(*) FROM sessions),
     (SELECT count(*) FROM bot_states), (SELECT count(*) FROM inbox WHERE at >= $1)";

pub(super) async fn revisions(it: &Connection, after: i64, limit: u32) -> Tried<Vec<Revision>> {
    let rows = it.query(REVISIONS, &[&after, &i64::from(limit)]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

pub(super) async fn unsettled(it: &Connection) -> Tried<Vec<(i64, Standing)>> {
    let rows = it.query(UNSETTLED, &[]).await?;
    rows.iter().map(standing).collect()
}

fn standing(row: &Row) -> Tried<(i64, Standing)> {
    let standing = Standing {
        n: row.try_get(1)?,
        state: row.try_get(2)?,
        attempts: row.try_get(3)?,
        next_at: row.try_get(4)?,
        lease: row.try_get(5)?,
        has_turn: row.try_get(6)?,
    };
    Ok((row.try_get(0)?, standing))
}

pub(super) async fn rooms(it: &Connection, numbers: &[i64], since: Timestamp) -> Tried<Vec<Room>> {
    it.run(BEGIN).await?;
    let since = since.as_ms();
    let (conversations, entries, deliveries, attempts, sessions) = join5(
        it.query(CONVERSATIONS, &[&numbers]),
        it.query(ENTRIES, &[&numbers]),
        it.query(DELIVERIES, &[&numbers]),
        it.query(ATTEMPTS, &[&numbers]),
        it.query(SESSIONS, &[&numbers]),
    )
    .await;
    let (bot_states, inbox) =
        join(it.query(BOT_STATES, &[&numbers]), it.query(INBOX, &[&numbers, &since])).await;
    let mut gathered = Gathered::default();
    for row in &conversations? {
        gathered.begin(Room {
            nr: row.try_get(0)?,
            id: text(row, 1)?,
            revision: row.try_get(2)?,
            due: row.try_get(3)?,
            body: row.try_get(4)?,
            ..Room::default()
        });
    }
    let mut each = |rows: Tried<Vec<Row>>, take: &dyn Fn(&mut Room, &Row) -> Tried<()>| {
        for row in &rows? {
            if let Some(room) = gathered.room(row.try_get(0)?) {
                take(room, row)?;
            }
        }
        Tried::Ok(())
    };
    each(entries, &|room, row| {
        room.entries.push(Entry { n: row.try_get(1)?, body: row.try_get(2)? });
        Ok(())
    })?;
    each(deliveries, &|room, row| {
        room.deliveries.push(delivery(row)?);
        Ok(())
    })?;
    each(attempts, &|room, row| {
        room.attempts.push(attempt(row)?);
        Ok(())
    })?;
    each(sessions, &|room, row| {
        room.sessions.push(Session { id: text(row, 1)?, body: row.try_get(2)? });
        Ok(())
    })?;
    each(bot_states, &|room, row| {
        room.bot_state = Some(row.try_get(1)?);
        Ok(())
    })?;
    each(inbox, &|room, row| {
        room.inbox.push(Remembered {
            account: row.try_get(1)?,
            source: row.try_get(2)?,
            at: row.try_get(3)?,
            entry: row.try_get(4)?,
        });
        Ok(())
    })?;
    it.run("COMMIT").await?;
    Ok(gathered.done())
}

fn delivery(row: &Row) -> Tried<MovedDelivery> {
    Ok(MovedDelivery {
        n: row.try_get(1)?,
        side: row.try_get(2)?,
        state: row.try_get(3)?,
        attempts: row.try_get(4)?,
        forgiven: row.try_get(5)?,
        created_at: row.try_get(6)?,
        next_at: row.try_get(7)?,
        lease: row.try_get(8)?,
        has_turn: row.try_get(9)?,
        body: row.try_get(10)?,
    })
}

fn attempt(row: &Row) -> Tried<Attempt> {
    let by: Option<&str> = row.try_get(5)?;
    Ok(Attempt {
        delivery: row.try_get(1)?,
        attempt: row.try_get(2)?,
        at: row.try_get(3)?,
        note: text(row, 4)?,
        by: by.map(from_text),
        calls: row.try_get(6)?,
    })
}

pub(super) async fn documents(it: &Connection, but: &[&str]) -> Tried<Vec<Document>> {
    let rows = it.query(DOCUMENTS, &[&but]).await?;
    let document =
        |row: &Row| Ok(Document { kind: text(row, 0)?, id: text(row, 1)?, body: row.try_get(2)? });
    rows.iter().map(document).collect()
}

pub(super) async fn document(it: &Connection, kind: &str, id: &str) -> Tried<Option<String>> {
    let rows = it.query(DOCUMENT, &[&to_text(kind), &to_text(id)]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn tally(it: &Connection, since: Timestamp) -> Tried<Tally> {
    it.run(COUNTING).await?;
    let rows = it.query(TALLY, &[&since.as_ms()]).await?;
    it.run("COMMIT").await?;
    let row = rows.first().ok_or_else(|| Failure::Passing("no answer".into()))?;
    let mut tally = Tally::default();
    for (column, count) in tally.iter_mut().enumerate().take(TABLES.len()) {
        *count = unsigned(row, column)?;
    }
    Ok(tally)
}

pub(super) async fn last_lease(it: &Connection) -> Tried<i64> {
    let rows = it.query(LAST_LEASE, &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Passing("no answer".into()))?;
    Ok(row.try_get(0)?)
}
