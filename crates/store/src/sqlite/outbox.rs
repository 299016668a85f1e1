//! What operators see and do of deliveries.

use super::columns::{delivery_state, failed, json, signed, unsigned};
use super::lease::{Line, note, promote};
use super::store::number;
use super::{Sqlite, columns};
use async_trait::async_trait;
use handover_core::ids::{ConversationId, DeliveryId};
use handover_core::port::outbox::{Attempt, By, Deed, ListPart, Outbox, SeenCall, Waiting, Which};
use handover_core::port::store::{AGAIN, AGAIN_BY, DeliveryRecord, DeliveryState, Result};
use handover_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashSet;
use std::ops::RangeInclusive;

/// Deliveries repeated in one go, so that commits need not wait for all of them.
const REPEAT_AT_ONCE: usize = 200;

/// The history of some deliveries.
pub(super) const HISTORY: &str = "SELECT delivery, attempt, at, note, by, calls FROM attempts
     WHERE conversation = (SELECT nr FROM conversations WHERE id = ?1)
     AND delivery BETWEEN ?2 AND ?3 ORDER BY delivery, attempt";

/// Deliveries that were given up, the last one first.
pub(super) const DEAD: &str =
    "SELECT d.body, d.state, d.attempts, d.created_at, d.next_at, coalesce(a.note, '')
     FROM deliveries d LEFT JOIN attempts a ON a.conversation = d.conversation
         AND a.delivery = d.n AND a.attempt = d.attempts
     WHERE d.state = 'dead' AND (d.next_at, d.conversation, d.n) < (?3, ?4, ?5)
         AND (?1 IS NULL OR json_extract(d.body, '$.account') = ?1) AND (?2 IS NULL OR d.side = ?2)
     ORDER BY d.next_at DESC, d.conversation DESC, d.n DESC LIMIT ?6";

/// Deliveries to be tried, the one that waits longest first.
pub(super) const QUEUED: &str =
    "SELECT d.body, d.state, d.attempts, d.created_at, d.next_at, coalesce(a.note, '')
     FROM deliveries d LEFT JOIN attempts a ON a.conversation = d.conversation
         AND a.delivery = d.n AND a.attempt = d.attempts
     WHERE d.state = 'pending' AND (d.created_at, d.conversation, d.n) > (?3, ?4, ?5)
         AND (?1 IS NULL OR json_extract(d.body, '$.account') = ?1) AND (?2 IS NULL OR d.side = ?2)
     ORDER BY d.created_at, d.conversation, d.n LIMIT ?6";

/// Since when the longest waiting delivery of each side waits.
pub(super) const WAITING_SINCE: &str = "SELECT
         min(created_at) FILTER (WHERE side = 'contact'),
         min(created_at) FILTER (WHERE side = 'desk'),
         min(created_at) FILTER (WHERE side = 'bot')
     FROM deliveries WHERE state = 'pending'";

/// Some of those that were given up.
pub(super) const SOME_DEAD: &str = "SELECT conversation, n FROM deliveries
     WHERE state = 'dead' AND next_at <= ?3
         AND (?1 IS NULL OR json_extract(body, '$.account') = ?1) AND (?2 IS NULL OR side = ?2)
     ORDER BY next_at, conversation, n LIMIT ?4";

/// What came in, the last first.
pub(super) const STIRRED: &str =
    "SELECT conversation FROM inbox ORDER BY at DESC, conversation DESC";

const LEASED: &str = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE conversation = ?1 AND side = ?2
     AND state = 'pending' AND lease IS NOT NULL)";

const UNSEAT: &str = "UPDATE deliveries SET wake = NULL WHERE conversation = ?1 AND side = ?2
     AND state = 'pending' AND wake IS NOT NULL";

/// A delivery as lists show it: body, state, attempts, created_at, next_at, note.
pub(super) fn delivery_record(row: &Row<'_>) -> rusqlite::Result<DeliveryRecord> {
    Ok(DeliveryRecord {
        delivery: json(row, 0)?,
        state: delivery_state(row, 1)?,
        attempts: row.get(2)?,
        created_at: Timestamp::from_ms(row.get(3)?),
        next_at: Timestamp::from_ms(row.get(4)?),
        note: row.get(5)?,
    })
}

#[async_trait]
impl Outbox for Sqlite {
    async fn attempts(&self, id: &ConversationId, of: RangeInclusive<u64>) -> Result<Vec<Attempt>> {
        let id = id.as_str().to_owned();
        let last = i64::try_from(*of.end()).unwrap_or(i64::MAX);
        let first = signed(*of.start())?;
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(HISTORY)?
                    .query_map(params![id, first, last], attempt)?
                    .collect()
            })
            .await
    }

    async fn dead(&self, part: ListPart) -> Result<Vec<DeliveryRecord>> {
        self.part(DEAD, i64::MAX, part).await
    }

    async fn queued(&self, part: ListPart) -> Result<Vec<DeliveryRecord>> {
        self.part(QUEUED, i64::MIN, part).await
    }

    async fn waiting_since(&self) -> Result<Waiting> {
        self.readers
            .read(|connection| {
                connection.prepare_cached(WAITING_SINCE)?.query_row([], |row| {
                    let since = |column| {
                        let at: Option<i64> = row.get(column)?;
                        Ok::<_, rusqlite::Error>(at.map(Timestamp::from_ms))
                    };
                    Ok(Waiting { contact: since(0)?, desk: since(1)?, bot: since(2)? })
                })
            })
            .await
    }

    async fn repeat(&self, delivery: &DeliveryId, by: By) -> Result<Deed> {
        let (id, n) = (delivery.conversation.clone(), signed(delivery.n)?);
        self.writer
            .write(move |connection| {
                let nr = number(connection, &id).map_err(failed)?;
                repeat(connection, nr, n, &by).map_err(failed)
            })
            .await
    }

    async fn repeat_all(&self, which: Which, by: By) -> Result<u64> {
        let mut repeated = 0;
        loop {
            let (which, by) = (which.clone(), by.clone());
            let some = self
                .writer
                .write(move |connection| repeat_some(connection, &which, &by).map_err(failed))
                .await?;
            repeated += some as u64;
            if some < REPEAT_AT_ONCE {
                return Ok(repeated);
            }
        }
    }

    async fn skip(&self, delivery: &DeliveryId, by: By) -> Result<Deed> {
        let (id, n) = (delivery.conversation.clone(), signed(delivery.n)?);
        self.writer
            .write(move |connection| {
                let nr = number(connection, &id).map_err(failed)?;
                skip(connection, nr, n, &by).map_err(failed)
            })
            .await
    }

    async fn stirred(&self, limit: u32) -> Result<Vec<ConversationId>> {
        self.readers.read(move |connection| stirred(connection, limit as usize)).await
    }
}

impl Sqlite {
    /// A part of a list that begins at `first`.
    async fn part(
        &self,
        sql: &'static str,
        first: i64,
        part: ListPart,
    ) -> Result<Vec<DeliveryRecord>> {
        let after =
            part.after.map(|place| Ok((place.at.as_ms(), signed(place.delivery.n)?, place)));
        let after = after.transpose()?;
        let account = part.which.account.map(|account| account.to_string());
        let side = part.which.side.map(handover_core::delivery::Side::as_str);
        self.readers
            .read(move |connection| {
                let (at, nr, n) = match &after {
                    Some((at, n, place)) => {
                        let nr = number(connection, &place.delivery.conversation)?;
                        (*at, nr.unwrap_or(0), *n)
                    }
                    None => (first, first, first),
                };
                connection
                    .prepare_cached(sql)?
                    .query_map(params![account, side, at, nr, n, part.limit], delivery_record)?
                    .collect()
            })
            .await
    }
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let calls: Option<Vec<SeenCall>> = match row.get_ref(5)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(columns::json(row, 5)?),
    };
    Ok(Attempt {
        delivery: unsigned(row, 0)?,
        number: row.get(1)?,
        at: Timestamp::from_ms(row.get(2)?),
        note: row.get(3)?,
        by: row.get(4)?,
        calls: calls.unwrap_or_default(),
    })
}

/// A delivery's side, state, and lines of history.
fn found(
    connection: &Connection,
    nr: i64,
    n: i64,
) -> rusqlite::Result<Option<(String, DeliveryState, u32)>> {
    connection
        .prepare_cached(
            "SELECT side, state, attempts FROM deliveries WHERE conversation = ?1 AND n = ?2",
        )?
        .query_row(params![nr, n], |row| Ok((row.get(0)?, delivery_state(row, 1)?, row.get(2)?)))
        .optional()
}

fn repeat(connection: &Connection, nr: Option<i64>, n: i64, by: &By) -> rusqlite::Result<Deed> {
    let Some(nr) = nr else { return Ok(Deed::NoSuch) };
    begin_anew(connection, nr, n, by, DeliveryState::Dead)
}

/// Tries once more what had arrived, if it had.
pub(super) fn bring_again(
    connection: &Connection,
    nr: i64,
    n: i64,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let by = By { at: Timestamp::from_ms(at_ms), who: AGAIN_BY.into(), note: AGAIN.into() };
    begin_anew(connection, nr, n, &by, DeliveryState::Delivered)?;
    Ok(())
}

/// Lets a delivery be tried once more that stands in this state.
fn begin_anew(
    connection: &Connection,
    nr: i64,
    n: i64,
    by: &By,
    from: DeliveryState,
) -> rusqlite::Result<Deed> {
    let Some((side, state, lines)) = found(connection, nr, n)? else { return Ok(Deed::NoSuch) };
    if state != from {
        return Ok(Deed::Refused(state));
    }
    let line = Line { at: by.at, note: &by.note, by: Some(&by.who), calls: None };
    note(connection, nr, n, lines + 1, &line)?;
    connection
        .prepare_cached(
            "UPDATE deliveries SET state = 'pending', attempts = ?3, forgiven = ?3, created_at = ?4,
             next_at = ?4, lease = NULL, wake = NULL WHERE conversation = ?1 AND n = ?2",
        )?
        .execute(params![nr, n, lines + 1, by.at.as_ms()])?;
    reseat(connection, nr, &side)?;
    Ok(Deed::Done)
}

fn repeat_some(connection: &Connection, which: &Which, by: &By) -> rusqlite::Result<usize> {
    let account = which.account.as_ref().map(|account| account.as_str());
    let side = which.side.map(handover_core::delivery::Side::as_str);
    let some: Vec<(i64, i64)> = connection
        .prepare_cached(SOME_DEAD)?
        .query_map(params![account, side, by.at.as_ms(), REPEAT_AT_ONCE as i64], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (nr, n) in &some {
        repeat(connection, Some(*nr), *n, by)?;
    }
    Ok(some.len())
}

fn skip(connection: &Connection, nr: Option<i64>, n: i64, by: &By) -> rusqlite::Result<Deed> {
    let Some(nr) = nr else { return Ok(Deed::NoSuch) };
    let Some((side, state, lines)) = found(connection, nr, n)? else { return Ok(Deed::NoSuch) };
    if !matches!(state, DeliveryState::Dead | DeliveryState::Pending) {
        return Ok(Deed::Refused(state));
    }
    let line = Line { at: by.at, note: &by.note, by: Some(&by.who), calls: None };
    note(connection, nr, n, lines + 1, &line)?;
    connection
        .prepare_cached(
            "UPDATE deliveries SET state = 'skipped', attempts = ?3, next_at = ?4, lease = NULL,
             wake = NULL WHERE conversation = ?1 AND n = ?2",
        )?
        .execute(params![nr, n, lines + 1, by.at.as_ms()])?;
    reseat(connection, nr, &side)?;
    Ok(Deed::Done)
}

/// After a lane has changed at its front: its first has the turn, unless another is being tried, which comes to its end
/// first.
fn reseat(connection: &Connection, nr: i64, side: &str) -> rusqlite::Result<()> {
    let leased: bool =
        connection.prepare_cached(LEASED)?.query_row(params![nr, side], |row| row.get(0))?;
    if leased {
        return Ok(());
    }
    connection.prepare_cached(UNSEAT)?.execute(params![nr, side])?;
    promote(connection, nr, side, Timestamp::default())
}

fn stirred(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<ConversationId>> {
    let (mut seen, mut ids) = (HashSet::new(), Vec::new());
    let mut select = connection.prepare_cached(STIRRED)?;
    let mut rows = select.query([])?;
    while ids.len() < limit
        && let Some(row) = rows.next()?
    {
        let nr: i64 = row.get(0)?;
        if !seen.insert(nr) {
            continue;
        }
        let id: Option<String> = connection
            .prepare_cached("SELECT id FROM conversations WHERE nr = ?1")?
            .query_row([nr], |row| row.get(0))
            .optional()?;
        ids.extend(id.map(ConversationId::new));
    }
    Ok(ids)
}
