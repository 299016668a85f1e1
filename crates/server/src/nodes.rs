//! Which processes work on one database: each writes that it lives, and sees who else does. Nobody leads; what each finds
//! only shares out work that is harmless when two do it.

use crate::bus::NodeId;
use handover_core::port::clock::Clock;
use handover_core::port::store::{Record, Records, Result};
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// The kind of the documents by which nodes live.
const KIND: &str = "node";
/// How often a node writes that it lives.
const BEAT: Duration = Duration::from_secs(3);
/// A node whose document has stood still for so long, by our own clock, is gone.
const GONE: Duration = Duration::from_secs(12);
/// Documents of nodes that have stood still for so long are swept away.
const FORGET: Duration = Duration::from_secs(3600);

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
    /// Whether it is this one.
    pub is_this: bool,
    /// How long ago it was last heard of, by our own clock.
    pub silent_for: Duration,
}

#[derive(Serialize, Deserialize)]
struct Document {
    /// Grows with each time that it is written, so that no clocks are compared.
    beat: u64,
    #[serde(flatten)]
    about: About,
}

struct Heard {
    beat: u64,
    at: Instant,
    about: About,
}

/// The nodes of one database.
pub struct Nodes {
    own: NodeId,
    records: Arc<dyn Records>,
    state: RwLock<State>,
}

struct State {
    about: About,
    beat: u64,
    others: BTreeMap<NodeId, Heard>,
}

impl Nodes {
    /// This node, alone until it has looked.
    pub fn new(own: NodeId, name: String, records: Arc<dyn Records>, clock: &dyn Clock) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let about = About { name, version, started_at: clock.now(), is_leaving: false };
        let state = RwLock::new(State { about, beat: 0, others: BTreeMap::new() });
        Self { own, records, state }
    }

    /// Who this is.
    pub fn own(&self) -> &NodeId {
        &self.own
    }

    /// The nodes that live, the longest running first.
    pub fn list(&self) -> Vec<Node> {
        let state = self.read();
        let now = Instant::now();
        let others = state.others.iter().map(|(id, heard)| Node {
            id: id.clone(),
            about: heard.about.clone(),
            is_this: false,
            silent_for: now - heard.at,
        });
        let own = Node {
            id: self.own.clone(),
            about: state.about.clone(),
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

    /// Writes that this node lives, and looks who else does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn beat(&self) -> Result<()> {
        let document = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            state.beat += 1;
            Document { beat: state.beat, about: state.about.clone() }
        };
        let body = serde_json::to_value(document).unwrap_or_default();
        let id = self.own.as_str().to_owned();
        self.records.put(Record { kind: KIND.into(), id, body }).await?;
        let found = self.records.list(KIND).await?;
        for gone in self.saw(found) {
            self.records.delete(KIND, gone.as_str()).await?;
        }
        Ok(())
    }

    /// Takes in what stands in the documents, and gives those of nodes that are long gone.
    fn saw(&self, found: Vec<Record>) -> Vec<NodeId> {
        let now = Instant::now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut others = BTreeMap::new();
        let mut gone = Vec::new();
        for record in found {
            let id = NodeId::of(&record.id);
            let Ok(Document { beat, about }) = serde_json::from_value(record.body) else {
                continue;
            };
            if id == self.own {
                continue;
            }
            let at = match state.others.get(&id) {
                Some(heard) if heard.beat == beat => heard.at,
                _ => now,
            };
            if now - at >= FORGET {
                gone.push(id);
            } else {
                others.insert(id, Heard { beat, at, about });
            }
        }
        state.others = others;
        gone
    }

    /// This node takes no more work: the others share it out among themselves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn leave(&self) -> Result<()> {
        self.state.write().unwrap_or_else(PoisonError::into_inner).about.is_leaving = true;
        self.beat().await
    }

    /// This node has stopped.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn left(&self) -> Result<()> {
        self.records.delete(KIND, self.own.as_str()).await?;
        Ok(())
    }

    /// Goes on writing and looking until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let mut tick = interval(BEAT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "this node could not say that it lives; trying again");
            }
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{GONE, Nodes};
    use crate::bus::NodeId;
    use crate::clock::SystemClock;
    use handover_core::port::store::Records;
    use handover_store::Model;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::advance;

    fn node(records: &Arc<Model>) -> Nodes {
        Nodes::new(NodeId::make(), "n".into(), records.clone(), &SystemClock)
    }

    async fn beat_all(nodes: &[&Nodes]) {
        for node in nodes.iter().chain(nodes) {
            node.beat().await.unwrap();
        }
        // The last ones' last beat is heard by all, too.
        for node in nodes {
            node.saw(node.records.list(super::KIND).await.unwrap());
        }
    }

    fn owners(nodes: &[&Nodes], what: &str) -> usize {
        nodes.iter().filter(|node| node.is_ours(what)).count()
    }

    #[tokio::test(start_paused = true)]
    async fn alone_all_is_ours() {
        let node = node(&Arc::default());
        assert!(node.is_ours("anything") && node.count() == 1, "before it has looked");
        node.beat().await.unwrap();
        assert!(node.is_ours("anything") && node.count() == 1);
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_shared_out_and_each_piece_has_one_node() {
        let records = Arc::default();
        let (a, b, c) = (node(&records), node(&records), node(&records));
        let all = [&a, &b, &c];
        beat_all(&all).await;
        let pieces: Vec<String> = (0..300).map(|n| format!("session-{n}")).collect();
        for node in all {
            assert_eq!(node.count(), 3);
            let share = pieces.iter().filter(|piece| node.is_ours(piece)).count();
            assert!((50..150).contains(&share), "{share}");
        }
        assert!(pieces.iter().all(|piece| owners(&all, piece) == 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_node_had_goes_to_the_others_when_it_leaves_or_falls_silent() {
        let records = Arc::default();
        let (a, b, c) = (node(&records), node(&records), node(&records));
        beat_all(&[&a, &b, &c]).await;
        c.leave().await.unwrap();
        beat_all(&[&a, &b]).await;
        assert_eq!((a.count(), owners(&[&a, &b], "x")), (2, 1));
        assert!(!c.is_ours("x") && a.list().len() == 3, "it is still listed");
        c.left().await.unwrap();
        advance(GONE).await;
        beat_all(&[&a]).await;
        assert_eq!(a.count(), 1, "b has said nothing for {GONE:?}");
        b.beat().await.unwrap();
        beat_all(&[&a]).await;
        assert_eq!(a.count(), 2, "and is back");
    }

    #[tokio::test(start_paused = true)]
    async fn documents_of_nodes_that_are_long_gone_are_swept_away() {
        let records: Arc<Model> = Arc::default();
        let (a, b) = (node(&records), node(&records));
        beat_all(&[&a, &b]).await;
        advance(Duration::from_secs(3601)).await;
        a.beat().await.unwrap();
        assert_eq!(records.list("node").await.unwrap().len(), 1);
    }
}
