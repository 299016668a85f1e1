//! What a lease is worth: how long its holder may go on, and what a lost one means.

use crate::seen::Seen;
use crate::{Engine, Error, LEASE_MS};
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::port::store::{DeliveryState, Leased};
use handover_core::time::Timestamp;
use std::sync::Arc;

/// The longest that one call takes, in milliseconds, and how far the clocks of nodes may be apart besides: a call that
/// could outlast its lease is not made, or two would make it.
pub(crate) const CALL_MS: i64 = 30_000;

/// Whether no further call may be made under this lease.
pub(crate) fn is_over(leased: &Leased, seen: &mut Seen, now: Timestamp) -> bool {
    seen.went_back(leased.until.plus_ms(-LEASE_MS), now) || now.plus_ms(CALL_MS) > leased.until
}

impl Engine {
    /// The conversation of a leased delivery, as it was at that moment or later.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn conversation_of(
        &self,
        leased: &Leased,
    ) -> Result<Option<Arc<Conversation>>, Error> {
        let id = &leased.delivery.id.conversation;
        if let Some(remembered) = self.latest.get(id)
            && remembered.revision >= leased.revision
        {
            return Ok(Some(remembered));
        }
        let load = || async { Ok(self.ports.store.load(id).await?) };
        Ok(self.insist(leased, load).await.0?.map(Arc::new))
    }

    /// Whether the receiver is asked what it has before anything is sent to it again.
    pub(crate) fn looks_up(&self, leased: &Leased) -> bool {
        let (account, directory) = (&leased.delivery.account, &self.ports.directory);
        match leased.delivery.side {
            Side::Contact => directory.channel(account).is_none_or(|it| it.1.manifest().looks_up),
            Side::Desk => directory.desk(account).is_none_or(|it| it.1.manifest().looks_up),
            Side::Bot => true,
        }
    }

    /// Whether someone else took a delivery while by its holder's clock the lease held: then what its holder sent may
    /// have come after the other's look at the receiver.
    pub(crate) async fn was_taken_early(&self, leased: &Leased) -> Result<bool, Error> {
        if !self.looks_up(leased) || self.ports.clock.now() > leased.until {
            return Ok(false);
        }
        let id = &leased.delivery.id;
        let all = self.ports.store.deliveries(&id.conversation).await?;
        let row = all.iter().find(|row| row.delivery.id == *id);
        // What an operator gave up was taken by nobody.
        Ok(row.is_some_and(|row| row.state != DeliveryState::Skipped))
    }
}
