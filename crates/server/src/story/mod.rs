//! Conversations in small text files, played against a bot and the real rules: `handover bot test`. No clock, no
//! store, no network: a story takes milliseconds.

mod parse;
mod play;
mod show;

pub use parse::{Act, Block, ParseError, Story, parse};
pub use play::{Bot, Difference, play};

#[cfg(test)]
mod tests;
