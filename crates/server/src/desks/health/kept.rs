//! What is kept of a desk, and what follows from it in a word.

use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How late a hook may come before it is said that hooks do not arrive, in milliseconds.
const HOOKS_LATE_MS: i64 = 120_000;

/// What is kept of a desk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// When the first hook came in at its present address.
    pub first_hook_at: Option<Timestamp>,
    /// When the last one did.
    pub last_hook_at: Option<Timestamp>,
    /// When the vendor last took or answered something.
    pub last_success_at: Option<Timestamp>,
    /// What looks have found since the last hook that a hook should have brought.
    pub missed: Option<Missed>,
    /// What looks have found not to stand there as it should.
    pub drift: Option<Drift>,
    /// What last went wrong.
    pub last_error: Option<Failure>,
    /// When it was last connected, and what was found and done then.
    pub connected: Option<Connected>,
}

/// What no hook has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// When the first of it was found.
    pub since: Timestamp,
    /// How many messages and closings were found.
    pub events: usize,
}

impl Missed {
    /// Whether a hook can no longer be merely late.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        now.since_ms(self.since) >= HOOKS_LATE_MS
    }
}

/// What was brought to a desk and does not stand there as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// When it was last found.
    pub at: Timestamp,
    /// Messages that were missing there and were brought again.
    pub missing: usize,
    /// Messages that stand there twice.
    pub doubled: usize,
}

impl Drift {
    /// In words.
    pub fn words(&self) -> String {
        let messages = |count: usize| match count {
            1 => "1 message".to_owned(),
            _ => format!("{count} messages"),
        };
        let mut words = Vec::new();
        if self.missing > 0 {
            words.push(format!("{} missing there, brought again", messages(self.missing)));
        }
        if self.doubled > 0 {
            words.push(format!("{} twice there", messages(self.doubled)));
        }
        words.join("; ")
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Why, in words, without secrets.
    pub why: String,
}

/// That a desk was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// When.
    pub at: Timestamp,
    /// What was found and done, a line each, without secrets.
    pub said: Vec<String>,
}

/// How a desk is doing, in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does what it should.
    Works,
    /// Nothing has come from it yet.
    NotProved,
    /// The last thing that was tried went wrong.
    Trouble {
        /// Why, in words.
        why: String,
    },
}

impl State {
    /// The word in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::NotProved => "not_yet_proved",
            Self::Trouble { .. } => "trouble",
        }
    }
}

/// How a desk proves that it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It is part of the program.
    Ours,
    /// By its first hook.
    Hook,
    /// It has no hook: by taking something.
    Success,
}

impl Kept {
    /// That hooks no longer arrive, in words, if that is so. What they would bring is found all the same, later.
    pub fn hooks_lost(&self, now: Timestamp) -> Option<String> {
        let missed = self.missed.as_ref().filter(|missed| missed.is_lost(now))?;
        Some(format!(
            "its hooks do not arrive: {} found by asking that no hook had brought. Check that the desk can reach the public URL and that its hook is still set up there",
            match missed.events {
                1 => "1 message was".into(),
                events => format!("{events} messages were"),
            }
        ))
    }

    /// How the desk is doing.
    pub fn state(&self, proof: Proof, now: Timestamp) -> State {
        if proof == Proof::Ours {
            return State::Works;
        }
        // A hook proves nothing of what we send.
        if let Some(error) = &self.last_error
            && self.last_success_at.is_none_or(|success| success < error.at)
        {
            return State::Trouble { why: error.why.clone() };
        }
        if let Some(why) = self.hooks_lost(now) {
            return State::Trouble { why };
        }
        let proved = match proof {
            Proof::Hook => self.first_hook_at.is_some(),
            _ => self.last_success_at.is_some(),
        };
        if proved { State::Works } else { State::NotProved }
    }
}
