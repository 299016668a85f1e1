//! Looks once a second at what time has ended.

use handover_core::port::clock::Clock;
use handover_core::port::store::Store;
use handover_engine::Engine;
use std::sync::Arc;
use std::time::Duration;

const TICK: Duration = Duration::from_secs(1);
/// Conversations looked at before others get a turn.
const AT_ONCE: u32 = 200;
/// Ticks between two clean-ups of the inbox: an hour.
const TICKS_PER_CLEANUP: u32 = 3600;

/// Runs until it is dropped.
pub async fn run(engine: Engine, store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ticks = 0_u32;
    loop {
        tick.tick().await;
        loop {
            match engine.fire_due(AT_ONCE).await {
                Ok(0) => break,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::error!(%error, "timers could not be read; trying again");
                    break;
                }
            }
        }
        if ticks.is_multiple_of(TICKS_PER_CLEANUP)
            && let Err(error) = store.forget_inbox(clock.now()).await
        {
            tracing::warn!(%error, "old inbox keys could not be removed");
        }
        ticks = ticks.wrapping_add(1);
    }
}
