//! What came of a test.

use handover_core::ids::AccountId;
use handover_core::port::desk::Hop;
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All hops, in order.
pub(super) const HOPS: [Hop; 8] = [
    Hop::Credentials,
    Hop::Opened,
    Hop::Message,
    Hop::Answer,
    Hop::Hook,
    Hop::Reached,
    Hop::Marker,
    Hop::Ended,
];

/// What came of a test of a desk.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    /// The desk.
    #[schema(value_type = String)]
    pub desk: AccountId,
    /// Its name.
    pub name: String,
    /// When the test began, in milliseconds since 1970.
    #[schema(value_type = i64)]
    pub started_at: Timestamp,
    /// Whether it still goes on.
    pub running: bool,
    /// Whether nothing failed. A hop that does not apply to the desk counts as no failure.
    pub passed: bool,
    /// The parts of the way, in order.
    pub hops: Vec<HopReport>,
}

/// What came of one part of the way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HopReport {
    /// A stable word: `credentials`, `opened`, `message`, `answer`, `hook`, `reached`, `marker` or `ended`.
    pub hop: &'static str,
    /// What it tries, in words.
    pub title: &'static str,
    /// How it went.
    pub state: State,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was found.
    pub detail: String,
    /// After a failure: what to look at and mend.
    pub hint: Option<String>,
}

/// How a part of the way went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// It works.
    Passed,
    /// It does not; the hint says what to mend.
    Failed,
    /// It was not tried; the detail says why.
    Skipped,
}

impl State {
    /// The word in pages and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The stable word of a hop.
pub(super) const fn word(hop: Hop) -> &'static str {
    match hop {
        Hop::Credentials => "credentials",
        Hop::Opened => "opened",
        Hop::Message => "message",
        Hop::Answer => "answer",
        Hop::Hook => "hook",
        Hop::Reached => "reached",
        Hop::Marker => "marker",
        Hop::Ended => "ended",
    }
}

const fn title(hop: Hop) -> &'static str {
    match hop {
        Hop::Credentials => "The desk accepts the credentials",
        Hop::Opened => "A session is opened at the desk",
        Hop::Message => "The contact's message reaches the desk",
        Hop::Answer => "An agent's answer is written at the desk",
        Hop::Hook => "The desk's hook brings the answer back",
        Hop::Reached => "The contact sees the answer",
        Hop::Marker => "LIVECHAT_SESSION_END becomes the button that ends",
        Hop::Ended => "The session ends and the desk is told",
    }
}

impl Report {
    /// A test that is about to begin.
    pub fn new(desk: AccountId, name: String, now: Timestamp) -> Self {
        let hops = HOPS.map(|hop| HopReport {
            hop: word(hop),
            title: title(hop),
            state: State::Waiting,
            took_ms: 0,
            detail: String::new(),
            hint: None,
        });
        Self { desk, name, started_at: now, running: true, passed: false, hops: hops.into() }
    }

    /// One hop.
    pub fn hop(&self, hop: Hop) -> Option<&HopReport> {
        self.hops.iter().find(|report| report.hop == word(hop))
    }

    /// The same, to be changed.
    pub fn hop_mut(&mut self, hop: Hop) -> Option<&mut HopReport> {
        self.hops.iter_mut().find(|report| report.hop == word(hop))
    }

    /// Says that nothing more will come.
    pub fn close(&mut self) {
        self.running = false;
        self.passed =
            self.hops.iter().all(|hop| matches!(hop.state, State::Passed | State::Skipped));
    }
}
