//! What every store asks of a change before it writes it.

use handover_core::port::store::{Change, Result, StoreError};

/// The note of a try whose lease ran out.
pub(crate) const LEASE_RAN_OUT: &str = "The lease ran out before the try had ended.";

/// Refuses a change that reaches into another conversation: nothing crosses (promise F).
pub(crate) fn stays_inside(change: &Change) -> Result<()> {
    let id = &change.conversation.id;
    let inside = change.deliveries.iter().all(|delivery| delivery.id.conversation == *id)
        && change.sessions.iter().all(|session| session.conversation == *id)
        && change.inbox.iter().all(|key| key.conversation == *id)
        && change.settle.iter().all(|settle| settle.delivery.conversation == *id);
    if inside {
        return Ok(());
    }
    Err(StoreError(format!("the change of conversation {id} reaches into another conversation")))
}
