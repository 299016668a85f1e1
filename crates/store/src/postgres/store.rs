//! The port, call by call: what changes goes to the hands, what reads goes to the readers.

use super::Postgres;
use super::columns::{delivery_record, json, signed, text, to_key, to_text, unsigned};
use super::commit::Encoded;
use super::connection::Connection;
use super::failure::{Tried, told};
use super::group::{Ask, Deferred, Told};
use super::hand::Work;
use super::lease::{Settled, Take};
use super::sessions::ENDED_SINCE;
use super::writes::Writes;
use async_trait::async_trait;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::entry::Entry;
use handover_core::ids::{AccountId, ConversationId, DeliveryId, SessionId};
use handover_core::port::store::{
    Change, Committed, Counts, DeliveryRecord, INBOX_DAYS, Leased, Page, Result, SessionFilter,
    Settle, Store, StoreError,
};
use handover_core::session::SessionRecord;
use handover_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::Ordering;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Inbox keys forgotten in one go, so that leases need not wait for all of them.
const FORGET_AT_ONCE: i64 = 2000;

const LOAD: &str = "SELECT body FROM conversations WHERE id = $1";

const BOT_STATE: &str =
    "SELECT b.body FROM conversations c JOIN bot_states b ON b.conversation = c.nr
     WHERE c.id = $1";

const SESSION: &str = "SELECT body FROM sessions WHERE id = $1";

const CONVERSATIONS: &str = "SELECT body FROM conversations ORDER BY nr DESC LIMIT $1";

/// The first entries after a number.
pub(super) const ENTRIES: &str = "SELECT body FROM entries
     WHERE conversation = (SELECT nr FROM conversations WHERE id = $1) AND n > $2 ORDER BY n LIMIT $3";

/// The last entries after a number, the last first.
pub(super) const LAST_ENTRIES: &str = "SELECT body FROM entries
     WHERE conversation = (SELECT nr FROM conversations WHERE id = $1) AND n > $2 ORDER BY n DESC LIMIT $3";

const DELIVERIES: &str =
    "SELECT d.body, d.state, d.attempts, d.created_at, d.next_at, coalesce(a.note, '')
     FROM conversations c JOIN deliveries d ON d.conversation = c.nr
     LEFT JOIN attempts a ON a.conversation = d.conversation AND a.delivery = d.n AND a.attempt = d.attempts
     WHERE c.id = $1 ORDER BY d.n";

const PENDING: &str = "SELECT count(*) FROM deliveries
     WHERE conversation = (SELECT nr FROM conversations WHERE id = $1) AND side = $2 AND state = 'pending'";

/// The earliest moments at which a head of a lane may be leased, and at which time alone may change a conversation.
pub(super) const NEXT_DUE: &str = "SELECT least(
         (SELECT wake FROM deliveries WHERE wake IS NOT NULL ORDER BY wake LIMIT 1),
         (SELECT due FROM conversations WHERE due IS NOT NULL ORDER BY due LIMIT 1))";

/// The conversations that are due.
pub(super) const DUE: &str =
    "SELECT id FROM conversations WHERE due <= $1 ORDER BY due, nr LIMIT $2";

/// The last session that a desk knows by a link.
pub(super) const LINKED: &str =
    "SELECT body FROM sessions WHERE desk = $1 AND link = $2 ORDER BY started_at DESC LIMIT 1";

/// Forgets some of the inbox's oldest keys.
pub(super) const FORGET: &str = "DELETE FROM inbox WHERE (conversation, account, source) IN
     (SELECT conversation, account, source FROM inbox WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1";

/// What the port asks of the hand beside the groups.
pub(super) const STATEMENTS: &[&str] = &[FORGET];

#[async_trait]
impl Store for Postgres {
    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>> {
        self.one(LOAD, &[&to_text(id.as_str())]).await
    }

    async fn commit(&self, change: Change) -> Result<Committed> {
        let change =
            Encoded::new(change, self.holder(), self.keeps_events.load(Ordering::Relaxed))?;
        match self.writer.ask(Ask::Commit(Box::new(change))).await? {
            Told::Committed(committed) => Ok(committed),
            Told::Held(_) | Told::NotYet => Err(StoreError("a commit was told as a settle".into())),
        }
    }

    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let take = Take { now, until, limit, holder: self.holder() };
        self.beside(&take).await
    }

    async fn settle(&self, settle: Settle) -> Result<bool> {
        self.held(Ask::Settle(Box::new(Settled::new(settle)?))).await
    }

    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool> {
        self.held(Ask::Defer(Deferred::new(delivery, lease, next_at)?)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        let next = self.read(NEXT_DUE, &[], |row| Ok(row.try_get::<_, Option<i64>>(0)?)).await?;
        Ok(next.into_iter().flatten().next().map(Timestamp::from_ms))
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>> {
        let id = |row: &Row| Ok(ConversationId::new(text(row, 0)?));
        self.read(DUE, &[&now.as_ms(), &i64::from(limit)], id).await
    }

    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>> {
        let sql = if page.newest { LAST_ENTRIES } else { ENTRIES };
        let (after, limit) = (signed(page.after)?, i64::from(page.limit));
        let mut entries = self.all(sql, &[&to_text(id.as_str()), &after, &limit]).await?;
        if page.newest {
            entries.reverse();
        }
        Ok(entries)
    }

    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>> {
        self.one(BOT_STATE, &[&to_text(id.as_str())]).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        self.one(SESSION, &[&to_text(id.as_str())]).await
    }

    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>> {
        self.one(LINKED, &[&to_key(desk.as_str()), &to_key(link)]).await
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>> {
        self.list_sessions(&filter).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>> {
        self.all(ENDED_SINCE, &[&since.as_ms(), &i64::from(limit)]).await
    }

    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>> {
        self.all(CONVERSATIONS, &[&i64::from(limit)]).await
    }

    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>> {
        self.read(DELIVERIES, &[&to_text(id.as_str())], delivery_record).await
    }

    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64> {
        let values: [&(dyn ToSql + Sync); 2] = [&to_text(id.as_str()), &side.as_str()];
        let counts = self.read(PENDING, &values, |row| unsigned(row, 0)).await?;
        Ok(counts.into_iter().sum())
    }

    async fn counts(&self) -> Result<Counts> {
        self.count().await
    }

    async fn forget_inbox(&self, now: Timestamp) -> Result<u64> {
        let oldest = now.plus_ms(-INBOX_DAYS * 24 * 60 * 60 * 1000);
        let mut forgotten = 0;
        loop {
            let some = self.beside(&Forget(oldest)).await?;
            forgotten += some;
            if some < FORGET_AT_ONCE as u64 {
                return Ok(forgotten);
            }
        }
    }
}

impl Postgres {
    /// Asks one question, and reads each row of the answer.
    pub(super) async fn read<T>(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
        each: impl Fn(&Row) -> Tried<T> + Send,
    ) -> Result<Vec<T>> {
        let rows = self.readers.read(sql, values).await.map_err(told)?;
        rows.iter().map(each).collect::<Tried<_>>().map_err(told)
    }

    /// Does a piece of work that is not grouped.
    pub(super) async fn beside<W: Work>(&self, work: &W) -> Result<W::Answer> {
        self.beside.lock().await.run(work).await.map_err(told)
    }

    async fn held(&self, ask: Ask) -> Result<bool> {
        match self.writer.ask(ask).await? {
            Told::Held(held) => Ok(held),
            Told::Committed(_) | Told::NotYet => {
                Err(StoreError("a settle was told as a commit".into()))
            }
        }
    }

    /// The JSON documents that a statement finds.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<T>> {
        self.read(sql, values, |row| json(row, 0)).await
    }

    /// The one JSON document that a statement finds.
    async fn one<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<T>> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }
}

/// Forgets some of the keys that are older than this; says how many.
struct Forget(Timestamp);

#[async_trait]
impl Work for Forget {
    type Answer = u64;

    async fn decide(&self, connection: &Connection) -> Tried<(u64, Writes<'_>)> {
        let gone = connection.query(FORGET, &[&self.0.as_ms(), &FORGET_AT_ONCE]).await?;
        Ok((gone.len() as u64, Writes::made(!gone.is_empty())))
    }
}
