//! The port, call by call: what changes goes to the writer, what reads goes to the readers.

use super::columns::{failed, json, signed, unsigned};
use super::commit::{Encoded, commit};
use super::outbox::delivery_record;
use super::{Sqlite, lease, sessions};
use async_trait::async_trait;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::entry::Entry;
use handover_core::ids::{AccountId, ConversationId, DeliveryId, SessionId};
use handover_core::port::store::{
    Change, Committed, Counts, DeliveryRecord, INBOX_DAYS, Leased, Page, Result, SessionFilter,
    Settle, Store,
};
use handover_core::session::SessionRecord;
use handover_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use std::sync::atomic::Ordering;

/// Inbox keys forgotten in one go, so that commits need not wait for all of them.
const FORGET_AT_ONCE: usize = 2000;

/// The earliest moment at which a head of a lane may be leased.
pub(super) const NEXT_WAKE: &str =
    "SELECT wake FROM deliveries WHERE wake IS NOT NULL ORDER BY wake LIMIT 1";

/// The earliest moment at which time alone may change a conversation.
pub(super) const NEXT_TIMER: &str =
    "SELECT due FROM conversations WHERE due IS NOT NULL ORDER BY due LIMIT 1";

/// The conversations that are due.
pub(super) const DUE: &str =
    "SELECT id FROM conversations WHERE due <= ?1 ORDER BY due, nr LIMIT ?2";

/// The last session that a desk knows by a link.
pub(super) const LINKED: &str =
    "SELECT body FROM sessions WHERE desk = ?1 AND link = ?2 ORDER BY started_at DESC LIMIT 1";

/// Forgets some of the inbox's oldest keys.
pub(super) const FORGET: &str = "DELETE FROM inbox WHERE (conversation, account, source) IN
     (SELECT conversation, account, source FROM inbox WHERE at < ?1 LIMIT ?2)";

const COUNTS: &str = "SELECT
    (SELECT count(*) FROM conversations),
    (SELECT count(*) FROM sessions WHERE state = 'waiting'),
    (SELECT count(*) FROM sessions WHERE state = 'agent'),
    (SELECT count(*) FROM deliveries WHERE state = 'pending'),
    (SELECT count(*) FROM deliveries WHERE state = 'dead')";

#[async_trait]
impl Store for Sqlite {
    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>> {
        self.one("SELECT body FROM conversations WHERE id = ?1", id.as_str()).await
    }

    async fn commit(&self, change: Change) -> Result<Committed> {
        let change = Encoded::new(change, self.keeps_events.load(Ordering::Relaxed))?;
        self.writer.write(move |connection| commit(connection, &change)).await
    }

    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>> {
        self.writer.write(move |connection| lease::lease(connection, now, until, limit)).await
    }

    async fn settle(&self, settle: Settle) -> Result<bool> {
        let settled = lease::Settled::new(settle)?;
        self.writer
            .write(move |connection| {
                let nr = number(connection, settled.conversation()).map_err(failed)?;
                lease::settle(connection, nr, &settled)
            })
            .await
    }

    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool> {
        let (id, n) = (delivery.conversation.clone(), signed(delivery.n)?);
        self.writer
            .write(move |connection| {
                let nr = number(connection, &id).map_err(failed)?;
                lease::defer(connection, nr, n, lease, next_at).map_err(failed)
            })
            .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.readers
            .read(|connection| {
                let first = |sql| {
                    connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()
                };
                let (wake, timer): (Option<i64>, Option<i64>) =
                    (first(NEXT_WAKE)?, first(NEXT_TIMER)?);
                Ok(wake.into_iter().chain(timer).min().map(Timestamp::from_ms))
            })
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>> {
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(DUE)?
                    .query_map(params![now.as_ms(), limit], |row| {
                        Ok(ConversationId::new(row.get::<_, String>(0)?))
                    })?
                    .collect()
            })
            .await
    }

    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>> {
        let (id, after) = (id.as_str().to_owned(), signed(page.after)?);
        self.readers
            .read(move |connection| {
                let order = if page.newest { "DESC" } else { "ASC" };
                let sql = format!(
                    "SELECT body FROM entries WHERE conversation =
                         (SELECT nr FROM conversations WHERE id = ?1)
                     AND n > ?2 ORDER BY n {order} LIMIT ?3"
                );
                let mut entries = connection
                    .prepare_cached(&sql)?
                    .query_map(params![id, after, page.limit], |row| json(row, 0))?
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                if page.newest {
                    entries.reverse();
                }
                Ok(entries)
            })
            .await
    }

    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>> {
        let sql = "SELECT body FROM bot_states WHERE conversation =
             (SELECT nr FROM conversations WHERE id = ?1)";
        self.one(sql, id.as_str()).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        self.one("SELECT body FROM sessions WHERE id = ?1", id.as_str()).await
    }

    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>> {
        let (desk, link) = (desk.to_string(), link.to_owned());
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(LINKED)?
                    .query_row([desk, link], |row| json(row, 0))
                    .optional()
            })
            .await
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>> {
        self.readers.read(move |connection| sessions::list(connection, &filter)).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>> {
        self.readers.read(move |connection| sessions::ended_since(connection, since, limit)).await
    }

    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>> {
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached("SELECT body FROM conversations ORDER BY nr DESC LIMIT ?1")?
                    .query_map([limit], |row| json(row, 0))?
                    .collect()
            })
            .await
    }

    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>> {
        let id = id.as_str().to_owned();
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT d.body, d.state, d.attempts, d.created_at, d.next_at, coalesce(a.note, '')
                         FROM conversations c JOIN deliveries d ON d.conversation = c.nr
                         LEFT JOIN attempts a ON a.conversation = d.conversation
                             AND a.delivery = d.n AND a.attempt = d.attempts
                         WHERE c.id = ?1 ORDER BY d.n",
                    )?
                    .query_map([id], delivery_record)?
                    .collect()
            })
            .await
    }

    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64> {
        let id = id.as_str().to_owned();
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT count(*) FROM deliveries WHERE conversation =
                             (SELECT nr FROM conversations WHERE id = ?1)
                         AND side = ?2 AND state = 'pending'",
                    )?
                    .query_row(params![id, side.as_str()], |row| unsigned(row, 0))
            })
            .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.readers
            .read(|connection| {
                connection.prepare_cached(COUNTS)?.query_row([], |row| {
                    Ok(Counts {
                        conversations: unsigned(row, 0)?,
                        sessions_waiting: unsigned(row, 1)?,
                        sessions_agent: unsigned(row, 2)?,
                        deliveries_pending: unsigned(row, 3)?,
                        deliveries_dead: unsigned(row, 4)?,
                    })
                })
            })
            .await
    }

    async fn forget_inbox(&self, now: Timestamp) -> Result<u64> {
        let oldest = now.plus_ms(-INBOX_DAYS * 24 * 60 * 60 * 1000);
        let mut forgotten = 0;
        loop {
            let some = self.writer.write(move |connection| forget(connection, oldest)).await?;
            forgotten += some as u64;
            if some < FORGET_AT_ONCE {
                return Ok(forgotten);
            }
        }
    }
}

impl Sqlite {
    /// The one JSON document that a statement finds for an id.
    async fn one<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        sql: &'static str,
        id: &str,
    ) -> Result<Option<T>> {
        let id = id.to_owned();
        self.readers
            .read(move |connection| {
                connection.prepare_cached(sql)?.query_row([id], |row| json(row, 0)).optional()
            })
            .await
    }
}

pub(super) fn number(
    connection: &Connection,
    id: &ConversationId,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT nr FROM conversations WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()
}

fn forget(connection: &Connection, oldest: Timestamp) -> Result<usize> {
    connection
        .prepare_cached(FORGET)
        .and_then(|mut forget| forget.execute(params![oldest.as_ms(), FORGET_AT_ONCE as i64]))
        .map_err(failed)
}
