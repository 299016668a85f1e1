//! Waits until nothing else runs: figures from a busy machine say little.

use crate::process::{busy_and_idle, idle_share};
use std::time::Duration;

/// How idle the machine must be before a run.
const ENOUGH: f64 = 0.88;
/// How long it may take to become so.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(250);

/// Waits for it; gives how idle it was in the end. What was just measured may still have something to clear away.
pub async fn wait() -> f64 {
    let began = std::time::Instant::now();
    loop {
        let before = busy_and_idle();
        tokio::time::sleep(LOOK).await;
        let idle = idle_share(before, busy_and_idle());
        if idle >= ENOUGH || began.elapsed() > PATIENCE {
            return idle;
        }
    }
}
