//! What makes the engine move: wakes and ticks.

pub mod deliveries;
pub mod timers;
