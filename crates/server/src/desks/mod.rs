//! What comes in from desks, and what the program knows of them beside their settings.

pub mod from_file;
pub mod health;
pub mod hooks;
pub mod in_place;
#[cfg(test)]
pub(crate) mod scripted;
