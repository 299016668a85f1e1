//! What comes in from desks.

pub mod hooks;
#[cfg(test)]
pub(crate) mod scripted;
