//! The ports, call by call.

use super::{Model, Row};
use crate::change::stays_inside;
use async_trait::async_trait;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::entry::Entry;
use handover_core::ids::{AccountId, ConversationId, DeliveryId, SessionId};
use handover_core::port::store::{
    Change, Committed, Counts, DeliveryRecord, INBOX_DAYS, Leased, Page, Record, Records, Result,
    SessionFilter, Settle, Store,
};
use handover_core::session::SessionRecord;
use handover_core::time::Timestamp;
use serde_json::Value;

#[async_trait]
impl Store for Model {
    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>> {
        Ok(self.room(id, |room| room.conversation.clone()))
    }

    async fn commit(&self, change: Change) -> Result<Committed> {
        stays_inside(&change)?;
        self.state().commit(change)
    }

    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>> {
        Ok(self.state().lease(now, until, limit))
    }

    async fn settle(&self, settle: Settle) -> Result<bool> {
        Ok(self.state().settle(settle))
    }

    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool> {
        let mut state = self.state();
        let row = state.held(delivery, lease);
        Ok(row.map(|row| (row.next_at, row.lease) = (next_at, None)).is_some())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        let state = self.state();
        let rooms = || state.conversations.values();
        let heads = rooms().flat_map(|room| room.heads().map(Row::wake));
        Ok(heads.chain(rooms().filter_map(|room| room.conversation.due)).min())
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>> {
        let state = self.state();
        let mut due: Vec<_> = state
            .conversations
            .values()
            .filter_map(|room| Some((room.conversation.due?, room.nr, &room.conversation.id)))
            .filter(|(due, ..)| *due <= now)
            .collect();
        due.sort();
        Ok(due.into_iter().take(limit as usize).map(|(_, _, id)| id.clone()).collect())
    }

    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>> {
        let limit = page.limit as usize;
        let entries = self.room(id, |room| {
            let after: Vec<&Entry> =
                room.entries.values().filter(|entry| entry.n > page.after).collect();
            let skip = if page.newest { after.len().saturating_sub(limit) } else { 0 };
            after.into_iter().skip(skip).take(limit).cloned().collect()
        });
        Ok(entries.unwrap_or_default())
    }

    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>> {
        Ok(self.room(id, |room| room.bot_state.clone()).flatten())
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        Ok(self.state().sessions.get(id).cloned())
    }

    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>> {
        let state = self.state();
        let linked = |session: &&SessionRecord| {
            session.desk == *desk && session.link.as_deref() == Some(link)
        };
        let found = state.sessions.values().filter(linked);
        Ok(found.max_by_key(|session| session.started_at).cloned())
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>> {
        Ok(self.state().sessions(&filter))
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>> {
        let state = self.state();
        let ended = |session: &&SessionRecord| session.ended_at.is_some_and(|at| at >= since);
        let mut found: Vec<&SessionRecord> = state.sessions.values().filter(ended).collect();
        found.sort_by_key(|session| std::cmp::Reverse((session.ended_at, &session.id)));
        Ok(found.into_iter().take(limit as usize).cloned().collect())
    }

    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>> {
        let state = self.state();
        let mut rooms: Vec<_> = state.conversations.values().collect();
        rooms.sort_by_key(|room| std::cmp::Reverse(room.nr));
        Ok(rooms.iter().take(limit as usize).map(|room| room.conversation.clone()).collect())
    }

    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>> {
        let records = self.room(id, |room| room.deliveries.values().map(Row::record).collect());
        Ok(records.unwrap_or_default())
    }

    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64> {
        let pending = |row: &&Row| row.delivery.side == side && !row.state.is_final();
        let count = self.room(id, |room| room.deliveries.values().filter(pending).count() as u64);
        Ok(count.unwrap_or_default())
    }

    async fn counts(&self) -> Result<Counts> {
        Ok(self.state().counts())
    }

    async fn forget_inbox(&self, now: Timestamp) -> Result<u64> {
        let oldest = now.plus_ms(-INBOX_DAYS * 24 * 60 * 60 * 1000);
        let inbox = &mut self.state().inbox;
        let before = inbox.len();
        inbox.retain(|_, (at, _)| *at >= oldest);
        Ok((before - inbox.len()) as u64)
    }
}

#[async_trait]
impl Records for Model {
    async fn get(&self, kind: &str, id: &str) -> Result<Option<Record>> {
        let key = (kind.to_owned(), id.to_owned());
        let body = self.state().records.get(&key).cloned();
        Ok(body.map(|body| Record { kind: key.0, id: key.1, body }))
    }

    async fn list(&self, kind: &str) -> Result<Vec<Record>> {
        let state = self.state();
        let of_kind = state.records.iter().filter(|((of, _), _)| of == kind);
        Ok(of_kind
            .map(|((kind, id), body)| Record {
                kind: kind.clone(),
                id: id.clone(),
                body: body.clone(),
            })
            .collect())
    }

    async fn put(&self, record: Record) -> Result<()> {
        self.state().records.insert((record.kind, record.id), record.body);
        Ok(())
    }

    async fn create(&self, record: Record) -> Result<bool> {
        let mut state = self.state();
        let key = (record.kind, record.id);
        if state.records.contains_key(&key) {
            return Ok(false);
        }
        state.records.insert(key, record.body);
        Ok(true)
    }

    async fn delete(&self, kind: &str, id: &str) -> Result<bool> {
        Ok(self.state().records.remove(&(kind.to_owned(), id.to_owned())).is_some())
    }
}
