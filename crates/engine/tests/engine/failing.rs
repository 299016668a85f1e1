//! A store that fails as often as it is told to, before it does anything or after it has done it.

use async_trait::async_trait;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::entry::Entry;
use handover_core::ids::{AccountId, ConversationId, DeliveryId, SessionId};
use handover_core::port::store::{
    Change, Committed, Counts, DeliveryRecord, Leased, Page, Result, SessionFilter, Settle, Store,
    StoreError,
};
use handover_core::session::SessionRecord;
use handover_core::time::Timestamp;
use handover_store::Model;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

pub(crate) struct Failing {
    store: Arc<Model>,
    /// How many calls fail from now on.
    pub(crate) times: AtomicU32,
    /// Whether they do all the same what they were asked to.
    pub(crate) afterwards: AtomicBool,
    /// How many commits another process is faster than.
    pub(crate) overtaken: AtomicU32,
}

impl Failing {
    pub(crate) fn of(store: Arc<Model>) -> Self {
        Self {
            store,
            times: AtomicU32::default(),
            afterwards: AtomicBool::default(),
            overtaken: AtomicU32::default(),
        }
    }

    fn fails(&self) -> bool {
        self.times.fetch_update(Relaxed, Relaxed, |times| times.checked_sub(1)).is_ok()
    }

    /// Another process does something to the conversation.
    async fn overtake(&self, change: &Change) -> Result<()> {
        let is_overtaken =
            self.overtaken.fetch_update(Relaxed, Relaxed, |times| times.checked_sub(1));
        let Some(conversation) = self.store.load(&change.conversation.id).await? else {
            return Ok(());
        };
        if is_overtaken.is_ok() {
            let theirs = Change {
                at: change.at,
                conversation,
                entries: Vec::new(),
                deliveries: Vec::new(),
                again: Vec::new(),
                sessions: Vec::new(),
                bot_state: None,
                inbox: None,
                settle: None,
            };
            self.store.commit(theirs).await?;
        }
        Ok(())
    }

    async fn ask<T>(&self, doing: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if !self.fails() {
            return doing.await;
        }
        if self.afterwards.load(Relaxed) {
            doing.await?;
        }
        Err(StoreError("the test wants it so".into()))
    }
}

#[async_trait]
impl Store for Failing {
    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>> {
        self.ask(self.store.load(id)).await
    }

    async fn commit(&self, change: Change) -> Result<Committed> {
        self.overtake(&change).await?;
        self.ask(self.store.commit(change)).await
    }

    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>> {
        self.ask(self.store.lease(now, until, limit)).await
    }

    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool> {
        self.ask(self.store.defer(delivery, lease, next_at)).await
    }

    async fn settle(&self, settle: Settle) -> Result<bool> {
        self.ask(self.store.settle(settle)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.ask(self.store.next_due()).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>> {
        self.ask(self.store.due(now, limit)).await
    }

    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>> {
        self.ask(self.store.transcript(id, page)).await
    }

    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>> {
        self.ask(self.store.bot_state(id)).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        self.ask(self.store.session(id)).await
    }

    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>> {
        self.ask(self.store.linked(desk, link)).await
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>> {
        self.ask(self.store.sessions(filter)).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>> {
        self.ask(self.store.ended_since(since, limit)).await
    }

    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>> {
        self.ask(self.store.conversations(limit)).await
    }

    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>> {
        self.ask(self.store.deliveries(id)).await
    }

    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64> {
        self.ask(self.store.pending(id, side)).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.ask(self.store.counts()).await
    }

    async fn forget_inbox(&self, now: Timestamp) -> Result<u64> {
        self.ask(self.store.forget_inbox(now)).await
    }
}
