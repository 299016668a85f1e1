//! Shows desks that a contact types or has read. Such signs may be lost, and hold nothing else up.

use super::signs::Signs;
use crate::bus::LocalBus;
use crate::settings::{AccountKind, Settings};
use handover_core::delivery::Side;
use handover_core::ids::ConversationId;
use handover_core::port::bus::Envelope;
use handover_core::port::clock::Clock;
use handover_core::port::desk::Presence;
use handover_core::port::directory::Directory;
use handover_engine::Engine;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked for what may be told by now.
const TICK: Duration = Duration::from_millis(500);
/// Calls under way at once.
const AT_ONCE: usize = 64;

/// Runs until it is dropped.
pub async fn run(
    engine: Engine,
    settings: Arc<Settings>,
    bus: Arc<LocalBus>,
    clock: Arc<dyn Clock>,
) {
    let mut hints = bus.subscribe_to_own();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut signs, mut calls) = (Signs::default(), JoinSet::new());
    loop {
        tokio::select! {
            hint = hints.recv() => match hint {
                Ok(Envelope::Typing { conversation, side: Side::Contact, on, .. })
                    if anyone_looks(&settings) =>
                {
                    signs.typing(&conversation, on, clock.now());
                }
                Ok(Envelope::Read { conversation, side: Side::Contact })
                    if anyone_looks(&settings) =>
                {
                    signs.read(&conversation);
                }
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            Some(ended) = calls.join_next() => match ended {
                Ok(id) => signs.ended(&id),
                Err(error) => tracing::error!(%error, "a sign of life broke off"),
            },
            _ = tick.tick(), if !signs.is_empty() => {}
        }
        let room = AT_ONCE.saturating_sub(calls.len());
        for (id, presence) in signs.due(clock.now(), room) {
            calls.spawn(show(engine.clone(), id, presence));
        }
    }
}

/// Whether any desk is shown things: those that read the transcript here hear of typing by the bus.
fn anyone_looks(settings: &Settings) -> bool {
    let desks = settings.accounts(AccountKind::Desk);
    let mut adapters = desks.iter().filter_map(|desk| settings.desk(&desk.id));
    adapters.any(|(_, adapter)| !adapter.manifest().capabilities.pulls)
}

async fn show(engine: Engine, id: ConversationId, presence: Presence) -> ConversationId {
    if let Err(error) = engine.presence(&id, presence).await {
        tracing::debug!(conversation = %id, %error, "a sign of life was lost");
    }
    id
}
