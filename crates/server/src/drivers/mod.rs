//! What makes the engine move: wakes and ticks.

mod afterwards;
pub mod catch_up;
pub mod deliveries;
pub mod follow;
mod looks;
pub mod presence;
pub mod shares;
mod signs;
pub mod timers;
