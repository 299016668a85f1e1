//! Lanes: deliveries wait in line, and only the first of a line is tried.

use super::columns::{failed, json, signed, to_json, unsigned};
use crate::change::LEASE_RAN_OUT;
use handover_core::ids::ConversationId;
use handover_core::port::outbox::TRIES_WITH_CALLS;
use handover_core::port::store::{Leased, Result, Settle};
use handover_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Puts a delivery at the end of its lane; it may be leased at once if it is alone there.
pub(super) const ENQUEUE: &str =
    "INSERT INTO deliveries (conversation, n, side, created_at, next_at, wake, body)
     VALUES (?1, ?2, ?3, ?4, ?4, CASE WHEN EXISTS (
         SELECT 1 FROM deliveries WHERE conversation = ?1 AND side = ?3 AND state = 'pending'
     ) THEN NULL ELSE ?4 END, ?5)";

/// Puts a delivery there.
pub(super) fn enqueue(
    connection: &Connection,
    nr: i64,
    n: i64,
    side: &str,
    at: i64,
    body: &str,
) -> rusqlite::Result<()> {
    connection.prepare_cached(ENQUEUE)?.execute(params![nr, n, side, at, body])?;
    Ok(())
}

/// The heads of lanes that may be leased.
pub(super) const HEADS: &str =
    "SELECT conversation, n, attempts, lease, created_at, body, forgiven FROM deliveries
     WHERE wake <= ?1 ORDER BY wake, conversation, n LIMIT ?2";

/// Gives the next delivery of a lane its turn: behind what is due by then, so that a long lane holds up no other.
pub(super) const PROMOTE: &str =
    "UPDATE deliveries SET next_at = max(next_at, ?3), wake = max(next_at, ?3)
     WHERE conversation = ?1 AND n =
     (SELECT min(n) FROM deliveries WHERE conversation = ?1 AND side = ?2 AND state = 'pending')";

/// Numbers of leases are never given twice.
pub(super) const NUMBERS: &str = "UPDATE leases SET last = last + ?1";

/// Takes a head.
pub(super) const TAKE: &str = "UPDATE deliveries SET lease = ?3, wake = ?4, attempts = ?5
     WHERE conversation = ?1 AND n = ?2";

/// What stands of a delivery that is under a lease.
pub(super) const HELD: &str = "SELECT side, attempts, lease FROM deliveries
     WHERE conversation = ?1 AND n = ?2 AND state = 'pending' AND lease IS NOT NULL";

/// What a try came to.
pub(super) const END: &str =
    "UPDATE deliveries SET state = ?3, attempts = ?4, next_at = ?5, lease = NULL, wake = NULL
     WHERE conversation = ?1 AND n = ?2";

/// A line of the history.
pub(super) const NOTE: &str =
    "INSERT INTO attempts (conversation, delivery, attempt, at, note, by, calls)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Takes the heads of lanes that are due.
pub(super) fn lease(
    connection: &Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Leased>> {
    take(connection, now, until, limit).map_err(failed)
}

fn take(
    connection: &Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> rusqlite::Result<Vec<Leased>> {
    let heads = heads(connection, now, limit)?;
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    connection.prepare_cached(NUMBERS)?.execute([heads.len() as i64])?;
    let last: i64 =
        connection.prepare_cached("SELECT last FROM leases")?.query_row([], |row| row.get(0))?;
    let mut lease = last - heads.len() as i64;
    let mut leased = Vec::with_capacity(heads.len());
    for mut head in heads {
        lease += 1;
        if head.ran_out {
            head.leased.attempts += 1;
            let n = head.n;
            let line = Line { at: now, note: LEASE_RAN_OUT, by: None, calls: None };
            note(connection, head.nr, n, head.leased.attempts, &line)?;
        }
        connection.prepare_cached(TAKE)?.execute(params![
            head.nr,
            head.n,
            lease,
            until.as_ms(),
            head.leased.attempts
        ])?;
        head.leased.lease = lease.unsigned_abs();
        (head.leased.until, head.leased.interrupted) = (until, head.ran_out);
        leased.push(head.leased);
    }
    Ok(leased)
}

/// Lets all leases run out: whoever held them is gone, since only one process can have the file. They stay, for whoever
/// takes them anew to know that nobody knows what the tries came to.
pub(super) fn give_up_all(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE deliveries SET wake = next_at
         WHERE wake IS NOT NULL AND lease IS NOT NULL",
        [],
    )
}

struct Head {
    nr: i64,
    n: i64,
    ran_out: bool,
    leased: Leased,
}

fn heads(connection: &Connection, now: Timestamp, limit: u32) -> rusqlite::Result<Vec<Head>> {
    connection
        .prepare_cached(HEADS)?
        .query_map(params![now.as_ms(), limit], |row| {
            Ok(Head {
                nr: row.get(0)?,
                n: row.get(1)?,
                ran_out: row.get::<_, Option<i64>>(3)?.is_some(),
                leased: Leased {
                    delivery: json(row, 5)?,
                    attempts: row.get(2)?,
                    forgiven: row.get(6)?,
                    lease: 0,
                    until: Timestamp::default(),
                    interrupted: false,
                    created_at: Timestamp::from_ms(row.get(4)?),
                },
            })
        })?
        .collect()
}

/// A line of a delivery's history.
pub(super) struct Line<'a> {
    pub(super) at: Timestamp,
    pub(super) note: &'a str,
    /// The operator, where it is no try.
    pub(super) by: Option<&'a str>,
    /// The calls that were made, as JSON.
    pub(super) calls: Option<&'a str>,
}

/// Writes a line of a delivery's history.
pub(super) fn note(
    connection: &Connection,
    nr: i64,
    n: i64,
    number: u32,
    line: &Line<'_>,
) -> rusqlite::Result<()> {
    connection.prepare_cached(NOTE)?.execute(params![
        nr,
        n,
        number,
        line.at.as_ms(),
        line.note,
        line.by,
        line.calls
    ])?;
    if line.calls.is_some() && number > TRIES_WITH_CALLS {
        let old = number - TRIES_WITH_CALLS;
        connection.prepare_cached(FORGET_CALLS)?.execute(params![nr, n, old])?;
    }
    Ok(())
}

/// Forgets the calls of a try that is no longer one of the last.
pub(super) const FORGET_CALLS: &str = "UPDATE attempts SET calls = NULL
     WHERE conversation = ?1 AND delivery = ?2 AND attempt <= ?3 AND calls IS NOT NULL";

/// What a try came to, in the form in which it is stored.
pub(super) struct Settled {
    settle: Settle,
    calls: Option<String>,
}

impl Settled {
    pub(super) fn new(settle: Settle) -> Result<Self> {
        let calls = (!settle.calls.is_empty()).then(|| to_json(&settle.calls)).transpose()?;
        Ok(Self { settle, calls })
    }

    pub(super) fn conversation(&self) -> &ConversationId {
        &self.settle.delivery.conversation
    }
}

/// Writes what a try came to; false, and nothing written, when the lease was lost.
pub(super) fn settle(connection: &Connection, nr: Option<i64>, settled: &Settled) -> Result<bool> {
    let Some(nr) = nr else { return Ok(false) };
    let n = signed(settled.settle.delivery.n)?;
    let held = held(connection, nr, n, settled.settle.lease).map_err(failed)?;
    let Some((side, attempts)) = held else { return Ok(false) };
    end_try(connection, nr, n, &side, attempts + 1, settled).map_err(failed)?;
    Ok(true)
}

/// Gives a lease back untried.
pub(super) fn defer(
    connection: &Connection,
    nr: Option<i64>,
    n: i64,
    lease: u64,
    next_at: Timestamp,
) -> rusqlite::Result<bool> {
    let Some(nr) = nr else { return Ok(false) };
    let Some((side, _)) = held(connection, nr, n, lease)? else { return Ok(false) };
    connection
        .prepare_cached(
            "UPDATE deliveries SET next_at = ?3, wake = NULL, lease = NULL
             WHERE conversation = ?1 AND n = ?2",
        )?
        .execute(params![nr, n, next_at.as_ms()])?;
    promote(connection, nr, &side, Timestamp::default())?;
    Ok(true)
}

/// The side and the tries of a delivery, if it is under this lease.
fn held(
    connection: &Connection,
    nr: i64,
    n: i64,
    lease: u64,
) -> rusqlite::Result<Option<(String, u32)>> {
    let found = connection
        .prepare_cached(HELD)?
        .query_row(params![nr, n], |row| Ok((row.get(0)?, row.get(1)?, unsigned(row, 2)?)))
        .optional()?;
    Ok(found.filter(|(_, _, held)| *held == lease).map(|(side, attempts, _)| (side, attempts)))
}

fn end_try(
    connection: &Connection,
    nr: i64,
    n: i64,
    side: &str,
    attempt: u32,
    settled: &Settled,
) -> rusqlite::Result<()> {
    let Settled { settle, calls } = settled;
    let line = Line { at: settle.at, note: &settle.note, by: None, calls: calls.as_deref() };
    note(connection, nr, n, attempt, &line)?;
    let next_at = if settle.state.is_final() { settle.at } else { settle.next_at };
    connection.prepare_cached(END)?.execute(params![
        nr,
        n,
        settle.state.as_str(),
        attempt,
        next_at.as_ms()
    ])?;
    let from = if settle.state.is_final() { settle.at } else { Timestamp::default() };
    promote(connection, nr, side, from)
}

/// Gives the first delivery of a lane its turn, not before `from`. Nothing of the lane may be leased.
pub(super) fn promote(
    connection: &Connection,
    nr: i64,
    side: &str,
    from: Timestamp,
) -> rusqlite::Result<()> {
    connection.prepare_cached(PROMOTE)?.execute(params![nr, side, from.as_ms()])?;
    Ok(())
}
