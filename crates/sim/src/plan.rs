//! What will happen in a run: who does what and when, and what goes wrong. Any part of it may be left out, which is how a
//! failure is made small.

use handover_core::policy::Livechat;

/// Which desk the agents have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chatwoot 4.15.
    Chatwoot,
    /// Chatwoot 2.
    OldChatwoot,
    /// Gorgias.
    Gorgias,
    /// Gorgias with what the facts leave open the other way round.
    OtherGorgias,
    /// The console, which reads the transcript itself.
    Console,
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The desk.
    pub desk: Kind,
    /// Whether all sessions of a contact share one conversation at the desk.
    pub shared: bool,
    /// Livechat settings.
    pub livechat: Livechat,
    /// For each contact whether its channel is posted to; else it reads by itself.
    pub posted: Vec<bool>,
    /// For each node by how much its clock goes wrong, in milliseconds.
    pub nodes: Vec<i64>,
    /// Whether the acts come one by one, each when all is quiet, and nothing goes wrong: then the naive model is compared.
    pub calm: bool,
}

/// All that happens in a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where it follows from.
    pub seed: u64,
    /// The settings.
    pub setting: Setting,
    /// What people do, in the order of time.
    pub acts: Vec<Act>,
    /// What goes wrong, in the order of time.
    pub faults: Vec<Fault>,
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Milliseconds after the beginning.
    pub at_ms: i64,
    /// Which contact it is about.
    pub contact: usize,
    /// Its number: what it says carries it.
    pub n: usize,
    /// What.
    pub deed: Deed,
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum Deed {
    Says,
    AsksForMenu,
    CrashesTheBot,
    MakesTheBotAsk,
    SendsFile,
    PressesStart,
    PressesStartTwice,
    TypesStart,
    StartsQueue,
    TypesTitle,
    PressesEnd,
    PressesEndTwice,
    TypesEnd,
    Reads,
    AgentSays,
    AgentEnds,
    AgentSaysWithMarker,
    AgentNotes,
    AgentSendsFile,
    AgentCloses,
    /// An answer, a note and the closing at one moment.
    AgentMacro,
    AgentReopens,
    AgentSnoozes,
    AgentAccepts,
    AgentHandsBack,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Milliseconds after the beginning.
    pub at_ms: i64,
    /// What.
    pub what: Wrong,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum Wrong {
    /// A node dies at its so-manieth call of the store from then on, and comes back after a while.
    Kill { node: usize, calls: u32, down_ms: i64 },
    /// A node stands still while the world goes on.
    Stall { node: usize, for_ms: i64 },
    /// Time goes on, and nothing happens in it.
    Sleep { for_ms: i64 },
    /// The clock of one node leaps, or those of all: forward, or back where the number is negative; put right after a
    /// while.
    Leap { node: Option<usize>, by_ms: i64, for_ms: i64 },
    /// Bad weather, for a while.
    Bad { weather: Weather, for_ms: i64 },
}

/// How often things go wrong, in thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weather {
    /// Calls that are not sent.
    pub refused: u32,
    /// Calls that are lost on their way.
    pub lost: u32,
    /// Calls that are obeyed and whose answer is lost.
    pub answer_lost: u32,
    /// Answers 429, half of them with a hint.
    pub too_many: u32,
    /// Answers 5xx.
    pub down: u32,
    /// Calls that were obeyed and answered with half of the answer.
    pub half: u32,
    /// Calls that take seconds.
    pub slow: u32,
    /// Hooks that are lost.
    pub hooks_lost: u32,
    /// Hooks that come again minutes or days later.
    pub hooks_again: u32,
    /// Hooks that come late, and so in another order.
    pub hooks_late: u32,
    /// Writes to the disk that fail before they are done.
    pub disk: u32,
    /// Writes that are done and told as failed.
    pub disk_after: u32,
    /// The posted channel refuses for good.
    pub blocked: bool,
    /// Nothing that is sent to the desk arrives.
    pub desk_dead: bool,
    /// Requests of contacts and console agents that are sent again though they were taken, or twice at once.
    pub says_again: u32,
}
