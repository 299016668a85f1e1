//! The false world of one run: nodes, people's messages on their way, a desk, and what waits to happen.

use crate::bot::Bot;
use crate::chance::Chance;
use crate::disk::Disk;
use crate::exec::{Task, Work};
use crate::mutant::{Bug, Planted};
use crate::net::Net;
use crate::plan::Plan;
use crate::settings::{DESK, POSTED, Settings, WEB, vendor};
use crate::shared::{BEGIN_MS, Mail, NodeClock, Shared, WorldClock, lock};
use futures_util::FutureExt;
use handover_core::event::{FromContact, FromDesk};
use handover_core::ids::{AccountId, ContactKey, ConversationId, SessionId};
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::desk::Connect;
use handover_core::port::store::{InboxKey, SessionFilter, Store};
use handover_core::port::watch::Nobody;
use handover_core::session::SessionRecord;
use handover_core::time::Timestamp;
use handover_engine::{Engine, Ports, conversation_id};
use handover_fake::vendor::Vendor;
use handover_store::Model;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// How long it may take to connect the desk, in milliseconds.
const CONNECT_MS: i64 = 60_000;

/// What waits to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Act(usize),
    Fault(usize),
    /// The weather of this number is over.
    Calm(usize),
    /// A contact's message goes out, perhaps although it was taken.
    Say(usize, bool),
    Tell(usize, bool),
    Hook(usize),
    /// A request that has left arrives.
    Arrives(usize),
    /// A node's clock, or all, is put right by so many milliseconds.
    PutRight(Option<usize>, i64),
    Up(usize),
    /// Open sessions are looked at.
    Look,
    /// A session that is over is looked at.
    LookBack(SessionId),
}

impl Next {
    /// What comes again and again, whether or not anything happens.
    pub(crate) fn is_look(&self) -> bool {
        matches!(self, Self::Look | Self::LookBack(_))
    }
}

/// A message of a contact.
pub(crate) struct Say {
    pub(crate) contact: usize,
    pub(crate) from: FromContact,
    /// What its text carries; none for buttons and receipts.
    pub(crate) token: Option<String>,
    pub(crate) taken: bool,
}

/// An act of an agent at the console.
pub(crate) struct Tell {
    pub(crate) contact: usize,
    pub(crate) session: Option<SessionId>,
    pub(crate) from: FromDesk,
    /// Its number among what agents have said.
    pub(crate) said: Option<usize>,
    pub(crate) over: bool,
}

/// One node.
pub(crate) struct Node {
    pub(crate) engine: Option<Engine>,
    pub(crate) stalled_until: i64,
    pub(crate) down_ms: i64,
    pub(crate) is_driving: bool,
    pub(crate) next_tick: i64,
    pub(crate) cursors: BTreeMap<SessionId, Option<String>>,
    /// When all of a session is to be read.
    pub(crate) whole_at: BTreeMap<SessionId, i64>,
    pub(crate) looking: BTreeSet<SessionId>,
}

/// The false world of one run.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) bug: Option<Bug>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<Model>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) vendor: Option<Arc<dyn Vendor>>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) queue: BTreeMap<(i64, u64), Next>,
    pub(crate) queued: u64,
    pub(crate) says: Vec<Say>,
    pub(crate) tells: Vec<Tell>,
    pub(crate) looks_wait: bool,
    /// Sessions that are over, and since when.
    pub(crate) over: BTreeMap<SessionId, i64>,
    /// When all of a session was last looked at.
    pub(crate) whole: BTreeMap<SessionId, i64>,
    /// When anybody last did anything.
    pub(crate) last_act: i64,
    pub(crate) is_healed: bool,
    /// By how much clocks have leapt in all: what is to be tried later may wait as much longer.
    pub(crate) leapt_ms: i64,
    /// Whether clocks have been so far apart that hooks and looks could not be relied on.
    pub(crate) clocks_apart: bool,
    seen: Arc<Mutex<BTreeSet<InboxKey>>>,
}

struct Hints {
    node: usize,
    shared: Arc<Shared>,
}

impl Bus for Hints {
    fn publish(&self, envelope: Envelope) {
        if matches!(envelope, Envelope::Changed { deliveries: true, .. }) {
            self.shared.post(Mail::Hint(self.node));
        }
    }
}

impl World {
    pub(crate) fn new(plan: &Plan, bug: Option<Bug>, whole_log: bool) -> Self {
        let chance = Chance::new(plan.seed ^ 0x5eed_0f74_e0b5_1d3a);
        let shared = Arc::new(Shared::new(chance, plan.setting.nodes.clone(), whole_log));
        let vendor = vendor(plan.setting.desk, Arc::new(WorldClock(shared.clone())));
        let settings = Arc::new(Settings::new(&plan.setting, bug == Some(Bug::ResendWithoutLook)));
        let mut world = Self {
            plan: plan.clone(),
            bug,
            shared,
            store: Arc::new(Model::new()),
            settings,
            vendor,
            nodes: Vec::new(),
            tasks: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            says: Vec::new(),
            tells: Vec::new(),
            looks_wait: false,
            over: BTreeMap::new(),
            whole: BTreeMap::new(),
            last_act: 0,
            is_healed: false,
            leapt_ms: 0,
            clocks_apart: false,
            seen: Arc::default(),
        };
        for _ in &plan.setting.nodes {
            world.nodes.push(Node {
                engine: None,
                stalled_until: 0,
                down_ms: 1000,
                is_driving: false,
                next_tick: 0,
                cursors: BTreeMap::new(),
                whole_at: BTreeMap::new(),
                looking: BTreeSet::new(),
            });
        }
        (0..world.nodes.len()).for_each(|node| world.up(node));
        for contact in 0..plan.setting.posted.len() {
            let (id, key) = (world.id(contact), world.key(contact));
            lock(&world.shared.names).insert(id, (contact, key));
        }
        world.connect();
        world
    }

    /// A new engine, with nothing in its memory.
    pub(crate) fn up(&mut self, node: usize) {
        let shared = &self.shared;
        let Some(place) = self.nodes.get_mut(node) else { return };
        if place.engine.is_some() {
            return;
        }
        shared.say(|| format!("node {node} is up"));
        if self.plan.setting.nodes.len() == 1 {
            // A single node has its file for itself: it need not wait for its own leases.
            self.store.give_up_all(Timestamp::from_ms(shared.now() + shared.off(node)));
        }
        let disk = Disk {
            node,
            shared: shared.clone(),
            inner: self.store.clone(),
            planted: Planted::new(self.bug, self.seen.clone()),
        };
        let net = Net { node, shared: shared.clone() };
        let clock = NodeClock { shared: shared.clone(), node };
        place.engine = Some(Engine::new(Ports {
            store: Arc::new(disk),
            bus: Arc::new(Hints { node, shared: shared.clone() }),
            clock: Arc::new(clock),
            directory: self.settings.clone(),
            http: Arc::new(net),
            bots: Arc::new(Bot { shared: shared.clone() }),
            watch: Arc::new(Nobody),
        }));
        place.cursors.clear();
        place.whole_at.clear();
        place.looking.clear();
        place.is_driving = false;
    }

    fn connect(&mut self) {
        if self.vendor.is_none() {
            return;
        }
        let Some(engine) = self.nodes.first().and_then(|node| node.engine.clone()) else { return };
        let learnt = Arc::new(Mutex::new(None));
        let (told, settings) = (learnt.clone(), self.settings.clone());
        let kind = self.plan.setting.desk;
        self.tasks.push(Task::new(0, Work::Look(None), async move {
            let adapter = crate::settings::adapter(kind, false);
            *lock(&told) = Some(engine.connect(adapter, &settings.account()).await);
        }));
        self.until(CONNECT_MS, |world| world.tasks.is_empty());
        match lock(&learnt).take() {
            Some(Connect::Done { learnt, .. }) => self.settings.learn(learnt),
            other => self.shared.fail(format!("the desk could not be connected: {other:?}")),
        }
    }

    pub(crate) fn later(&mut self, in_ms: i64, next: Next) {
        let at = self.shared.now() + in_ms;
        self.queued += 1;
        self.queue.insert((at, self.queued), next);
    }

    pub(crate) fn at_ms(&mut self, at_ms: i64, next: Next) {
        self.queued += 1;
        self.queue.insert((BEGIN_MS + at_ms, self.queued), next);
    }

    pub(crate) fn is_stalled(&self, node: usize) -> bool {
        self.nodes.get(node).is_none_or(|node| node.stalled_until > self.shared.now())
    }

    /// A node that answers, if any does.
    pub(crate) fn some_node(&self) -> Option<(usize, Engine)> {
        let up: Vec<(usize, &Engine)> = self
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(n, node)| Some((n, node.engine.as_ref()?)))
            .collect();
        let at = if up.len() > 1 { self.shared.chance().index(up.len()) } else { 0 };
        up.get(at).map(|(n, engine)| (*n, (*engine).clone()))
    }

    pub(crate) fn channel(&self, contact: usize) -> AccountId {
        let posted = self.plan.setting.posted.get(contact).copied().unwrap_or_default();
        AccountId::new(if posted { POSTED } else { WEB })
    }

    pub(crate) fn key(&self, contact: usize) -> ContactKey {
        ContactKey::new(name(contact))
    }

    pub(crate) fn id(&self, contact: usize) -> ConversationId {
        conversation_id(&self.channel(contact), &self.key(contact))
    }

    pub(crate) fn open_sessions(&self) -> Vec<SessionRecord> {
        let filter = SessionFilter { open: Some(true), conversation: None, limit: 1000 };
        now(self.store.sessions(filter)).unwrap_or_default()
    }

    pub(crate) fn desk(&self) -> AccountId {
        AccountId::new(DESK)
    }
}

/// A contact's name, which nothing else contains.
pub(crate) fn name(contact: usize) -> String {
    format!("Visitor{contact}z")
}

/// What the store answers at once.
pub(crate) fn now<T, E>(future: impl Future<Output = Result<T, E>>) -> Option<T> {
    future.now_or_never().and_then(Result::ok)
}
