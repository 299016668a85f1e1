//! Which processes work on one database: each writes that it lives, and sees who else does. Nobody leads; what each finds
//! only shares out work that is harmless when two do it, or frees what a dead one held, which any of them may do again.

mod beat;
mod earlier;
mod leases;
#[cfg(test)]
pub(crate) mod tests;
mod vouch;

pub use earlier::Place;
pub use leases::Leases;
pub use vouch::{Taken, Vouch, Vouched};

use crate::bus::NodeId;
use handover_core::port::clock::Clock;
use handover_core::port::store::Records;
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// The kind of the documents by which nodes live.
const KIND: &str = "node";
/// A node whose document has stood still for so long, by our own clock, is gone.
const GONE: Duration = Duration::from_secs(12);

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The machine's name, or what the operator calls the node.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// When it started, by its own clock.
    pub started_at: Timestamp,
    /// Whether it takes no more work and is about to stop.
    pub is_leaving: bool,
}

/// A node as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub id: NodeId,
    /// What it says of itself.
    pub about: About,
    /// Deliveries that it has leased and works on, when it was last heard of.
    pub leases: u64,
    /// Whether it is this one.
    pub is_this: bool,
    /// How long ago it was last heard of, by our own clock.
    pub silent_for: Duration,
}

#[derive(Clone, Serialize, Deserialize)]
struct Document {
    /// Grows with each time that it is written, so that no clocks are compared.
    beat: u64,
    /// The numbers in whose name it may hold leases, the present one last.
    #[serde(default)]
    holders: Vec<i64>,
    #[serde(default)]
    leases: u64,
    #[serde(flatten)]
    about: About,
}

struct Heard {
    document: Document,
    at: Instant,
}

/// The nodes of one database.
pub struct Nodes {
    own: NodeId,
    records: Arc<dyn Records>,
    /// None where this process is alone.
    leases: Option<Arc<dyn Leases>>,
    vouch: Arc<Vouch>,
    state: RwLock<State>,
}

struct State {
    about: About,
    beat: u64,
    others: BTreeMap<NodeId, Heard>,
    /// When we last began to look.
    looked: Option<Instant>,
    /// The numbers in whose name this node may hold leases, the present one last.
    holders: Vec<i64>,
    /// Numbers that are no longer in use, and since when we know.
    dead: BTreeMap<i64, Instant>,
}

impl Nodes {
    /// This node, alone until it has looked; for ever where there are no leases to share.
    pub fn new(
        own: NodeId,
        name: String,
        records: Arc<dyn Records>,
        leases: Option<Arc<dyn Leases>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let about = About { name, version, started_at: clock.now(), is_leaving: false };
        let state = RwLock::new(State {
            about,
            beat: 0,
            others: BTreeMap::new(),
            looked: None,
            holders: leases.iter().map(|leases| leases.holder()).collect(),
            dead: BTreeMap::new(),
        });
        let vouch = Arc::new(Vouch::new(leases.is_none(), clock));
        Self { own, records, leases, vouch, state }
    }

    /// Who this is.
    pub fn own(&self) -> &NodeId {
        &self.own
    }

    /// Whether this node may go on with what it has taken.
    pub fn vouch(&self) -> &Arc<Vouch> {
        &self.vouch
    }

    /// Whether other nodes may come.
    pub fn is_shared(&self) -> bool {
        self.leases.is_some()
    }

    /// The nodes that live, the longest running first.
    pub fn list(&self) -> Vec<Node> {
        let state = self.read();
        let now = Instant::now();
        let others = state.others.iter().map(|(id, heard)| Node {
            id: id.clone(),
            about: heard.document.about.clone(),
            leases: heard.document.leases,
            is_this: false,
            silent_for: now - heard.at,
        });
        let own = Node {
            id: self.own.clone(),
            about: state.about.clone(),
            leases: self.vouch.at_work(),
            is_this: true,
            silent_for: Duration::ZERO,
        };
        let mut nodes: Vec<Node> =
            others.filter(|node| node.silent_for < GONE).chain([own]).collect();
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        nodes
    }

    /// How many share the work.
    pub fn count(&self) -> usize {
        self.workers().len().max(1)
    }

    /// Whether something that one node is enough for is ours. While nodes come and go two may think so, or none for a
    /// few seconds.
    pub fn is_ours(&self, what: &str) -> bool {
        let workers = self.workers();
        let weight = |node: &NodeId| {
            let mut hasher = DefaultHasher::new();
            (node, what).hash(&mut hasher);
            hasher.finish()
        };
        let best = workers.iter().max_by_key(|node| weight(node));
        best.is_none_or(|best| *best == self.own)
    }

    fn workers(&self) -> Vec<NodeId> {
        let nodes = self.list().into_iter();
        nodes.filter(|node| !node.about.is_leaving).map(|node| node.id).collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_state(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}
