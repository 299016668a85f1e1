//! What everything in the false world shares: time, chance, weather, and the log.

use crate::chance::Chance;
use crate::exec::Pause;
use crate::looks::Looked;
use crate::net::Flight;
use crate::plan::Weather;
use handover_core::ids::{ContactKey, ConversationId, DeliveryId, SessionId};
use handover_core::port::clock::Clock;
use handover_core::port::http::Request;
use handover_core::port::store::Leased;
use handover_core::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When every run begins, in milliseconds since 1970.
pub(crate) const BEGIN_MS: i64 = 1_800_000_000_000;
/// Lines of the log that are kept where nobody wants all of it.
const TAIL: usize = 60;

/// Takes a lock; a panic elsewhere has told its own story.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a task has to tell the loop.
pub(crate) enum Mail {
    /// Whether a contact's message was taken.
    Said(usize, bool),
    /// Whether a console agent's act was taken; none when it was refused for good.
    Told(usize, Option<bool>),
    /// A hook was answered.
    Answered(usize, Option<u16>),
    /// A request has left, and arrives in so many milliseconds.
    Left(usize, i64),
    /// A delivery was leased.
    Leased(usize, Box<Leased>),
    /// There is something to deliver.
    Hint(usize),
    /// A session began or ended.
    Sessions,
    /// This node dies now.
    Die(usize),
    /// A session is over.
    Ended(SessionId),
    /// A look has ended.
    Looked(Looked),
}

/// One post that the posted channel's program received.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) user: String,
    pub(crate) request_id: String,
    pub(crate) entry: u64,
    pub(crate) text: String,
}

/// What an agent has written to a contact.
#[derive(Debug, Clone)]
pub(crate) struct AgentSaid {
    pub(crate) contact: usize,
    pub(crate) token: String,
    /// The vendor's id; empty at the console.
    pub(crate) message: String,
    /// When.
    pub(crate) at: i64,
    /// What the vendor calls the conversation that it was written in.
    pub(crate) link: Option<String>,
    /// Whether clocks were so far apart by then that hooks and looks could not be relied on.
    pub(crate) clocks_apart: bool,
    /// Whether its hook was answered with success, or the console's call was.
    pub(crate) taken: bool,
}

/// A hook on its way.
pub(crate) struct HookOnItsWay {
    pub(crate) request: Request,
    /// The vendor's id of the message that it is about.
    pub(crate) message: Option<String>,
}

/// What everything shares.
pub(crate) struct Shared {
    now: AtomicI64,
    sleep: Mutex<Option<i64>>,
    chance: Mutex<Chance>,
    log: Mutex<VecDeque<String>>,
    whole_log: bool,
    pub(crate) steps: AtomicI64,
    pub(crate) weather: Mutex<Weather>,
    pub(crate) mail: Mutex<Vec<Mail>>,
    /// How many store calls each node has left to live, where that is settled.
    pub(crate) doom: Mutex<BTreeMap<usize, u32>>,
    pub(crate) posts: Mutex<Vec<Post>>,
    pub(crate) flights: Mutex<Vec<Flight>>,
    /// By how much each node's clock goes wrong, in milliseconds.
    pub(crate) clocks: Mutex<Vec<i64>>,
    pub(crate) failure: Mutex<Option<String>>,
    /// Whether the vendor was touched, so that it may have hooks to send.
    pub(crate) touched: AtomicBool,
    pub(crate) agent_said: Mutex<Vec<AgentSaid>>,
    pub(crate) hooks: Mutex<Vec<HookOnItsWay>>,
    pub(crate) names: Mutex<BTreeMap<ConversationId, (usize, ContactKey)>>,
    /// Deliveries whose contents a mutant has swapped.
    pub(crate) swapped: Mutex<BTreeMap<DeliveryId, u64>>,
}

impl Shared {
    pub(crate) fn new(chance: Chance, clocks: Vec<i64>, whole_log: bool) -> Self {
        Self {
            now: AtomicI64::new(BEGIN_MS),
            sleep: Mutex::default(),
            chance: Mutex::new(chance),
            log: Mutex::default(),
            whole_log,
            steps: AtomicI64::new(0),
            weather: Mutex::default(),
            mail: Mutex::default(),
            doom: Mutex::default(),
            posts: Mutex::default(),
            flights: Mutex::default(),
            clocks: Mutex::new(clocks),
            failure: Mutex::default(),
            touched: AtomicBool::new(false),
            agent_said: Mutex::default(),
            hooks: Mutex::default(),
            names: Mutex::default(),
            swapped: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn set_now(&self, now: i64) {
        self.now.fetch_max(now, Ordering::Relaxed);
    }

    pub(crate) fn chance(&self) -> MutexGuard<'_, Chance> {
        lock(&self.chance)
    }

    pub(crate) fn permille(&self, of: u32) -> bool {
        of > 0 && self.chance().permille(of)
    }

    /// Until when the future that was just polled sleeps.
    pub(crate) fn slept(&self) -> Option<i64> {
        lock(&self.sleep).take()
    }

    /// The future that is being polled need not go on before then.
    pub(crate) fn sleep_until(&self, until: i64) {
        *lock(&self.sleep) = Some(until);
    }

    /// By how much a node's clock goes wrong.
    pub(crate) fn off(&self, node: usize) -> i64 {
        lock(&self.clocks).get(node).copied().unwrap_or_default()
    }

    /// Puts all clocks right.
    pub(crate) fn clocks_right(&self, clocks: &[i64]) {
        *lock(&self.clocks) = clocks.to_vec();
    }

    /// Gives way to the others, at least for so many milliseconds.
    pub(crate) async fn pause(&self, for_ms: i64) {
        let until = self.now() + for_ms;
        let due = |until: i64| {
            let due = self.now() >= until;
            self.sleep_until(until);
            due
        };
        Pause { due, until, begun: false }.await;
    }

    pub(crate) fn post(&self, mail: Mail) {
        lock(&self.mail).push(mail);
    }

    /// The first failure counts.
    pub(crate) fn fail(&self, why: impl Into<String>) {
        let why = why.into();
        self.say(|| format!("FAILED: {why}"));
        lock(&self.failure).get_or_insert(why);
    }

    pub(crate) fn has_failed(&self) -> bool {
        lock(&self.failure).is_some()
    }

    /// Adds a line to the log.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if !self.whole_log {
            return;
        }
        let mut log = lock(&self.log);
        let at = self.now() - BEGIN_MS;
        let step = self.steps.load(Ordering::Relaxed);
        log.push_back(format!("{step:>6} {:>9}.{:03}s {}", at / 1000, at % 1000, line()));
    }

    pub(crate) fn log(&self) -> Vec<String> {
        lock(&self.log).iter().cloned().collect()
    }

    /// The last lines of a log.
    pub(crate) fn tail(log: &[String]) -> &[String] {
        log.get(log.len().saturating_sub(TAIL)..).unwrap_or_default()
    }
}

/// The world's clock, as vendors have it.
pub(crate) struct WorldClock(pub(crate) Arc<Shared>);

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.now())
    }
}

/// A node's clock, which goes wrong by seconds, and leaps.
pub(crate) struct NodeClock {
    pub(crate) shared: Arc<Shared>,
    pub(crate) node: usize,
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.shared.now() + self.shared.off(self.node))
    }
}
