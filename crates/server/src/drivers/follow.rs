//! Follows what other nodes change of the configuration.

use crate::bots::Library;
use crate::bus::LocalBus;
use crate::settings::Settings;
use handover_core::port::bus::Envelope;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};

/// How long a lost hint may hold up a change.
const LOOK: Duration = Duration::from_secs(10);

/// Runs until it is dropped.
pub async fn run(settings: Arc<Settings>, bots: Arc<Library>, bus: Arc<LocalBus>) {
    let mut hints = bus.subscribe();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            hint = hints.recv() => match hint {
                Ok(Envelope::Settings | Envelope::Lost) | Err(RecvError::Lagged(_)) => {}
                Ok(_) => continue,
                Err(RecvError::Closed) => return,
            },
            _ = look.tick() => {}
        }
        let changed = match (settings.look_again().await, bots.look_again().await) {
            (Ok(accounts), Ok(versions)) => accounts || versions,
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "the configuration could not be read again; trying again");
                continue;
            }
        };
        if changed {
            tracing::info!("another node has changed the configuration");
            bus.hear(Envelope::Settings);
        }
    }
}
