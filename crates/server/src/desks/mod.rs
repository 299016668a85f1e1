//! What the program has to do with desks elsewhere: those of the configuration file, their hooks, and how they do.

pub mod from_file;
pub mod health;
pub mod hooks;
pub mod in_place;
#[cfg(test)]
mod in_place_tests;
#[cfg(test)]
pub(crate) mod scripted;
