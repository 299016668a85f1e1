//! Takes deliveries whose time has come and works on them side by side: one after the other within a lane, since
//! only the head of a lane can be taken.

use crate::bus::LocalBus;
use crate::nodes::{Taken, Vouch};
use handover_core::port::bus::Envelope;
use handover_engine::Engine;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, broadcast::error::RecvError};

/// Deliveries worked on at once: those of several accounts, as none takes more than its own share.
const AT_ONCE: usize = 512;
/// How long a lost wake may hold up a delivery.
const POLL: Duration = Duration::from_millis(500);

/// Runs until it is dropped, or until the bus stops: then nothing more is taken, and what was taken is ended.
pub async fn run(engine: Engine, bus: Arc<LocalBus>, vouch: Arc<Vouch>) {
    let wake = Arc::new(Notify::new());
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let working = work(engine, Arc::clone(&bus), vouch, Arc::clone(&wake), Arc::clone(&slots));
    tokio::select! {
        () = listen(bus, wake) => {}
        () = working => {}
    }
    let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
    // It is never closed: whoever waits here waits for the last one.
    let _ = slots.acquire_many(all).await;
}

async fn listen(bus: Arc<LocalBus>, wake: Arc<Notify>) {
    let mut hints = bus.subscribe_to_own();
    loop {
        match hints.recv().await {
            Ok(Envelope::Changed { deliveries: true, .. }) | Err(RecvError::Lagged(_)) => {
                wake.notify_one();
            }
            Ok(_) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn work(
    engine: Engine,
    bus: Arc<LocalBus>,
    vouch: Arc<Vouch>,
    wake: Arc<Notify>,
    slots: Arc<Semaphore>,
) {
    while !bus.is_stopping() {
        if !vouch.may_take() {
            tokio::time::sleep(POLL).await;
            continue;
        }
        let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX);
        let term = vouch.term();
        let leased = match engine.lease(free).await {
            Ok(leased) => leased,
            Err(error) => {
                tracing::error!(%error, "deliveries could not be read; trying again");
                Vec::new()
            }
        };
        let none = leased.is_empty();
        for leased in leased {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let (engine, wake) = (engine.clone(), Arc::clone(&wake));
            let taken = Taken::new(&vouch, term);
            tokio::spawn(async move {
                let id = leased.delivery.id.clone();
                // A delivery on its way is some thousand bytes, which would be moved with each wrapping.
                let delivering = Box::pin(engine.deliver(leased));
                if let Err(error) = taken.work(delivering).await {
                    tracing::warn!(delivery = %id, %error, "a delivery could not be settled; it will be taken again");
                }
                drop(slot);
                // The next one of the lane can be taken now.
                wake.notify_one();
            });
        }
        if none {
            let _ = tokio::time::timeout(POLL, wake.notified()).await;
        }
    }
}
