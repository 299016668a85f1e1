//! A store that counts what passes through it: how long commits take, what becomes of deliveries.

use crate::api::metrics::METRICS;
use async_trait::async_trait;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::entry::Entry;
use handover_core::ids::{AccountId, ConversationId, DeliveryId, SessionId};
use handover_core::port::store::{
    Change, Committed, Counts, DeliveryRecord, DeliveryState, Leased, Page, Result, SessionFilter,
    Settle, Store,
};
use handover_core::session::SessionRecord;
use handover_core::time::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A store that counts what passes through it.
pub struct Metered {
    store: Arc<dyn Store>,
    /// Which side the leased deliveries go to. A delivery whose lease is lost is leased again, so this stays small.
    leased: Mutex<HashMap<DeliveryId, Side>>,
}

impl Metered {
    /// Counts what passes through this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, leased: Mutex::default() }
    }

    fn settled(&self, delivery: &DeliveryId, state: DeliveryState) {
        let side = self.leased.lock().unwrap_or_else(PoisonError::into_inner).remove(delivery);
        let outcome = match state {
            DeliveryState::Pending => "retried",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
            DeliveryState::Skipped => "skipped",
        };
        METRICS.delivery(side.map_or("unknown", Side::as_str), outcome);
    }
}

#[async_trait]
impl Store for Metered {
    async fn commit(&self, change: Change) -> Result<Committed> {
        let settle = change.settle.as_ref().map(|settle| (settle.delivery.clone(), settle.state));
        let began = Instant::now();
        let result = self.store.commit(change).await;
        let outcome = match &result {
            Ok(Committed::Done) => "done",
            Ok(Committed::Stale) => "stale",
            Ok(Committed::Duplicate { .. }) => "duplicate",
            Err(_) => "failed",
        };
        METRICS.commit(outcome, began.elapsed());
        if let (Some((delivery, state)), Ok(Committed::Done)) = (settle, &result) {
            self.settled(&delivery, state);
        }
        result
    }

    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>> {
        let leased = self.store.lease(now, until, limit).await?;
        let mut sides = self.leased.lock().unwrap_or_else(PoisonError::into_inner);
        for one in &leased {
            sides.insert(one.delivery.id.clone(), one.delivery.side);
        }
        drop(sides);
        Ok(leased)
    }

    async fn settle(&self, settle: Settle) -> Result<bool> {
        let (delivery, state) = (settle.delivery.clone(), settle.state);
        let settled = self.store.settle(settle).await?;
        if settled {
            self.settled(&delivery, state);
        }
        Ok(settled)
    }

    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool> {
        self.store.defer(delivery, lease, next_at).await
    }

    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>> {
        self.store.linked(desk, link).await
    }

    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>> {
        self.store.load(id).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.store.next_due().await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>> {
        self.store.due(now, limit).await
    }

    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>> {
        self.store.transcript(id, page).await
    }

    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>> {
        self.store.bot_state(id).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        self.store.session(id).await
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>> {
        self.store.sessions(filter).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>> {
        self.store.ended_since(since, limit).await
    }

    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>> {
        self.store.conversations(limit).await
    }

    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>> {
        self.store.deliveries(id).await
    }

    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64> {
        self.store.pending(id, side).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.store.counts().await
    }

    async fn forget_inbox(&self, now: Timestamp) -> Result<u64> {
        self.store.forget_inbox(now).await
    }
}
