//! A node's store: the one truth, behind calls that take time, fail, and end when the node dies.

use crate::mutant::Planted;
use crate::shared::{Mail, Shared, lock};
use crate::steps;
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

/// A node's store.
pub(crate) struct Disk {
    pub(crate) node: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) inner: Arc<Model>,
    pub(crate) planted: Planted,
}

impl Disk {
    /// Before and after each call: others go on, and the node may die.
    async fn gate(&self, ms: i64) {
        let dies = match lock(&self.shared.doom).get_mut(&self.node) {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        if dies {
            self.shared.post(Mail::Die(self.node));
            std::future::pending::<()>().await;
        }
        self.shared.pause(ms).await;
    }

    async fn before(&self) {
        let ms = if self.shared.permille(100) { self.shared.chance().between(1, 30) } else { 0 };
        self.gate(ms).await;
        self.planted.flush(&self.inner).await;
    }

    async fn written(&self) -> Result<()> {
        let after = lock(&self.shared.weather).disk_after;
        if self.shared.permille(after) {
            self.shared
                .say(|| format!("node {}: the disk did it and says that it failed", self.node));
            return Err(StoreError("the disk may or may not have done it".into()));
        }
        self.gate(0).await;
        Ok(())
    }

    async fn to_write(&self) -> Result<()> {
        self.before().await;
        let disk = lock(&self.shared.weather).disk;
        if self.shared.permille(disk) {
            self.shared.say(|| format!("node {}: the disk fails", self.node));
            return Err(StoreError("the disk is full".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Disk {
    async fn load(&self, id: &ConversationId) -> Result<Option<Conversation>> {
        self.before().await;
        self.inner.load(id).await
    }

    async fn commit(&self, mut change: Change) -> Result<Committed> {
        self.to_write().await?;
        let before = self.inner.load(&change.conversation.id).await?;
        self.planted.unfence(&mut change);
        let copy = change.clone();
        let committed = self.planted.commit(&self.inner, &self.shared, change).await?;
        if committed == Committed::Done {
            steps::committed(&self.shared, self.node, before.as_ref(), &copy);
        }
        self.written().await?;
        Ok(committed)
    }

    async fn lease(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Leased>> {
        self.before().await;
        let mut leased = self.inner.lease(now, until, limit).await?;
        for leased in &mut leased {
            self.planted.disorder(&self.inner, &self.shared, leased).await;
        }
        Ok(leased)
    }

    async fn defer(&self, delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<bool> {
        self.to_write().await?;
        let done = self.inner.defer(delivery, lease, next_at).await?;
        self.written().await?;
        Ok(done)
    }

    async fn settle(&self, settle: Settle) -> Result<bool> {
        self.to_write().await?;
        let done = self.inner.settle(settle).await?;
        self.written().await?;
        Ok(done)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.before().await;
        self.inner.next_due().await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>> {
        self.before().await;
        self.inner.due(now, limit).await
    }

    async fn transcript(&self, id: &ConversationId, page: Page) -> Result<Vec<Entry>> {
        self.before().await;
        self.inner.transcript(id, page).await
    }

    async fn bot_state(&self, id: &ConversationId) -> Result<Option<Value>> {
        self.before().await;
        self.inner.bot_state(id).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>> {
        self.before().await;
        self.inner.session(id).await
    }

    async fn linked(&self, desk: &AccountId, link: &str) -> Result<Option<SessionRecord>> {
        self.before().await;
        self.inner.linked(desk, link).await
    }

    async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRecord>> {
        self.before().await;
        self.inner.sessions(filter).await
    }

    async fn ended_since(&self, since: Timestamp, limit: u32) -> Result<Vec<SessionRecord>> {
        self.before().await;
        self.inner.ended_since(since, limit).await
    }

    async fn conversations(&self, limit: u32) -> Result<Vec<Conversation>> {
        self.before().await;
        self.inner.conversations(limit).await
    }

    async fn deliveries(&self, id: &ConversationId) -> Result<Vec<DeliveryRecord>> {
        self.before().await;
        self.inner.deliveries(id).await
    }

    async fn pending(&self, id: &ConversationId, side: Side) -> Result<u64> {
        self.before().await;
        self.inner.pending(id, side).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.before().await;
        self.inner.counts().await
    }

    async fn forget_inbox(&self, now: Timestamp) -> Result<u64> {
        self.before().await;
        self.inner.forget_inbox(now).await
    }
}
