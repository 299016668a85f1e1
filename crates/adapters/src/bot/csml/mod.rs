//! CSML bots: what they say, in our words.

mod messages;

pub use messages::{Said, said};
