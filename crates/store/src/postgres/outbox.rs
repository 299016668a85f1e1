//! What operators see and do of deliveries.

use super::Postgres;
use super::columns::{count, delivery_record, json, signed, text, time, to_key, to_text, unsigned};
use super::failure::Tried;
use super::treat::{NUMBER, REPEAT_AT_ONCE, Treat, Treated, What};
use async_trait::async_trait;
use handover_core::ids::{ConversationId, DeliveryId};
use handover_core::port::outbox::{Attempt, By, Deed, ListPart, Outbox, SeenCall, Waiting, Which};
use handover_core::port::store::{DeliveryRecord, Result};
use handover_core::time::Timestamp;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use tokio_postgres::Row;

/// Inbox keys looked through in one go for conversations in which something came in.
const STIRRED_AT_ONCE: i64 = 500;

/// The history of some deliveries.
pub(super) const HISTORY: &str = "SELECT delivery, attempt, at, note, by, calls FROM attempts
     WHERE conversation = (SELECT nr FROM conversations WHERE id = $1) AND delivery BETWEEN $2 AND $3
     ORDER BY delivery, attempt";

/// Deliveries that were given up, the last one first.
pub(super) const DEAD: &str =
    "SELECT d.body, d.state, d.attempts, d.created_at, d.next_at, coalesce(a.note, '')
     FROM deliveries d LEFT JOIN attempts a ON a.conversation = d.conversation
         AND a.delivery = d.n AND a.attempt = d.attempts
     WHERE d.state = 'dead' AND (d.next_at, d.conversation, d.n) < ($3, $4, $5)
         AND ($1::text IS NULL OR d.account = $1) AND ($2::text IS NULL OR d.side = $2)
     ORDER BY d.next_at DESC, d.conversation DESC, d.n DESC LIMIT $6";

/// Deliveries to be tried, the one that waits longest first.
const QUEUED: &str =
    "SELECT d.body, d.state, d.attempts, d.created_at, d.next_at, coalesce(a.note, '')
     FROM deliveries d LEFT JOIN attempts a ON a.conversation = d.conversation
         AND a.delivery = d.n AND a.attempt = d.attempts
     WHERE d.state = 'pending' AND (d.created_at, d.conversation, d.n) > ($3, $4, $5)
         AND ($1::text IS NULL OR d.account = $1) AND ($2::text IS NULL OR d.side = $2)
     ORDER BY d.created_at, d.conversation, d.n LIMIT $6";

/// Since when the longest waiting delivery of each side waits.
const WAITING_SINCE: &str = "SELECT
         min(created_at) FILTER (WHERE side = 'contact'),
         min(created_at) FILTER (WHERE side = 'desk'),
         min(created_at) FILTER (WHERE side = 'bot')
     FROM deliveries WHERE state = 'pending'";

/// What came in, the last first.
pub(super) const STIRRED: &str = "SELECT i.at, i.conversation, c.id FROM inbox i
     JOIN conversations c ON c.nr = i.conversation
     WHERE (i.at, i.conversation) < ($1, $2) ORDER BY i.at DESC, i.conversation DESC LIMIT $3";

#[async_trait]
impl Outbox for Postgres {
    async fn attempts(&self, id: &ConversationId, of: RangeInclusive<u64>) -> Result<Vec<Attempt>> {
        let last = i64::try_from(*of.end()).unwrap_or(i64::MAX);
        let first = signed(*of.start())?;
        self.read(HISTORY, &[&to_text(id.as_str()), &first, &last], attempt).await
    }

    async fn dead(&self, part: ListPart) -> Result<Vec<DeliveryRecord>> {
        self.part(DEAD, i64::MAX, part).await
    }

    async fn queued(&self, part: ListPart) -> Result<Vec<DeliveryRecord>> {
        self.part(QUEUED, i64::MIN, part).await
    }

    async fn waiting_since(&self) -> Result<Waiting> {
        let waiting = |row: &Row| {
            let since = |column: usize| {
                let at: Option<i64> = row.try_get(column)?;
                Tried::Ok(at.map(Timestamp::from_ms))
            };
            Ok(Waiting { contact: since(0)?, desk: since(1)?, bot: since(2)? })
        };
        Ok(self.read(WAITING_SINCE, &[], waiting).await?.into_iter().next().unwrap_or_default())
    }

    async fn repeat(&self, delivery: &DeliveryId, by: By) -> Result<Deed> {
        let what = What::Repeat(delivery.clone(), signed(delivery.n)?);
        Ok(self.treat(what, by).await?.deed)
    }

    async fn repeat_all(&self, which: Which, by: By) -> Result<u64> {
        let mut repeated = 0;
        loop {
            let some = self.treat(What::RepeatSome(which.clone()), by.clone()).await?;
            repeated += some.repeated;
            if some.found < REPEAT_AT_ONCE {
                return Ok(repeated);
            }
        }
    }

    async fn skip(&self, delivery: &DeliveryId, by: By) -> Result<Deed> {
        let what = What::Skip(delivery.clone(), signed(delivery.n)?);
        Ok(self.treat(what, by).await?.deed)
    }

    async fn stirred(&self, limit: u32) -> Result<Vec<ConversationId>> {
        let (mut seen, mut ids) = (HashSet::new(), Vec::new());
        let mut after = (i64::MAX, i64::MAX);
        while ids.len() < limit as usize {
            let key = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?, text(row, 2)?));
            let keys: Vec<(i64, i64, String)> =
                self.read(STIRRED, &[&after.0, &after.1, &STIRRED_AT_ONCE], key).await?;
            let is_last = (keys.len() as i64) < STIRRED_AT_ONCE;
            for (at, nr, id) in keys {
                after = (at, nr);
                if seen.insert(nr) {
                    ids.push(ConversationId::new(id));
                }
            }
            if is_last {
                break;
            }
        }
        ids.truncate(limit as usize);
        Ok(ids)
    }
}

impl Postgres {
    async fn treat(&self, what: What, by: By) -> Result<Treated> {
        self.beside(&Treat { what, by }).await
    }

    /// A part of a list that begins at `first`.
    async fn part(
        &self,
        sql: &'static str,
        first: i64,
        part: ListPart,
    ) -> Result<Vec<DeliveryRecord>> {
        let (at, nr, n) = match &part.after {
            None => (first, first, first),
            Some(place) => {
                let id = to_text(place.delivery.conversation.as_str());
                let numbers = self.read(NUMBER, &[&id], |row| Ok(row.try_get(0)?)).await?;
                let nr = numbers.first().copied().unwrap_or(0);
                (place.at.as_ms(), nr, signed(place.delivery.n)?)
            }
        };
        let account = part.which.account.map(|account| to_key(account.as_str()));
        let side = part.which.side.map(handover_core::delivery::Side::as_str);
        let limit = i64::from(part.limit);
        self.read(sql, &[&account, &side, &at, &nr, &n, &limit], delivery_record).await
    }
}

fn attempt(row: &Row) -> Tried<Attempt> {
    let by: Option<&str> = row.try_get(4)?;
    let calls: Option<&str> = row.try_get(5)?;
    let calls: Vec<SeenCall> = if calls.is_some() { json(row, 5)? } else { Vec::new() };
    Ok(Attempt {
        delivery: unsigned(row, 0)?,
        number: count(row, 1)?,
        at: time(row, 2)?,
        note: text(row, 3)?,
        by: by.map(super::columns::from_text),
        calls,
    })
}
