//! What comes in from desks, and what the program knows of them beside their settings.

pub mod health;
pub mod hooks;
#[cfg(test)]
pub(crate) mod scripted;
