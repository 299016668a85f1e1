//! What the program has to do with desks elsewhere: their hooks, and how they do.

pub mod health;
pub mod hooks;
#[cfg(test)]
pub(crate) mod scripted;
