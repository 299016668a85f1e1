//! The stream of events: each entry of each transcript, told to a log elsewhere (JetStream) for those who want one. It is off
//! unless it is configured.
//!
//! An entry that is committed while it is on waits in the store, by the same commit. One node reads what waits, publishes it,
//! and lets go of what JetStream has acknowledged. Whatever is killed in between, it is published again, under the same
//! id: JetStream drops the repeat. Of one conversation the next entry is sent only when the one before is acknowledged;
//! so the order holds even when two nodes publish for a moment, or an acknowledgement is lost. Conversations go side by side.

mod log;
mod publisher;
mod shape;
#[cfg(test)]
mod tests;
mod wanted;

pub use log::{Found, Log};
pub use publisher::Publisher;
pub use wanted::{InFile, Wanted};
