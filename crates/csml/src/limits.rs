//! What a turn may use. Each limit that is hit ends the turn and keeps the state from before it.

use serde::{Deserialize, Serialize};

/// The budgets of one turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Operations of the program, with the bytes they make counted in.
    pub fuel: u64,
    /// Milliseconds on the clock, calls of the ports included.
    pub turn_ms: u64,
    /// Calls within calls.
    pub call_depth: usize,
    /// Bytes of one value, about.
    pub value_bytes: usize,
    /// Bytes of all values made in a turn together.
    pub made_bytes: usize,
    /// Bytes of all memories and locals that the state keeps.
    pub state_bytes: usize,
    /// Messages of one turn.
    pub messages: usize,
    /// Bytes of all messages of one turn.
    pub messages_bytes: usize,
    /// Calls of HTTP, apps and mail in one turn.
    pub requests: usize,
    /// Steps of a turn, unless the turn brings its own number.
    pub steps: usize,
    /// What the contact is told when a limit ends a turn.
    pub contact_text: String,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: 5_000_000,
            turn_ms: 30_000,
            call_depth: 256,
            value_bytes: 1 << 20,
            made_bytes: 64 << 20,
            state_bytes: 4 << 20,
            messages: 500,
            messages_bytes: 1 << 20,
            requests: 20,
            steps: 100,
            contact_text: "Sorry, something went wrong. Please try again.".to_owned(),
        }
    }
}

/// Which limit ended a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::fuel`]
    Fuel,
    /// [`Limits::turn_ms`]
    Time,
    /// [`Limits::call_depth`]
    CallDepth,
    /// [`Limits::value_bytes`]
    ValueBytes,
    /// [`Limits::made_bytes`]
    MadeBytes,
    /// Values nested deeper than 50 levels.
    ValueDepth,
    /// [`Limits::state_bytes`]
    StateBytes,
    /// [`Limits::messages`]
    Messages,
    /// [`Limits::messages_bytes`]
    MessagesBytes,
    /// [`Limits::requests`]
    Requests,
}
