//! A node's beat: it looks who else lives, says that it does itself, and frees what dead ones held.

use super::{Document, GONE, Heard, KIND, Nodes, State};
use crate::bus::NodeId;
use handover_core::port::store::{Record, Result};
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often a node writes that it lives.
const BEAT: Duration = Duration::from_secs(3);
/// How soon it does so again when that failed.
const AGAIN: Duration = Duration::from_secs(1);
/// Who has not looked for so long does not know how long the others have been silent.
const UNSEEN: Duration = Duration::from_secs(6);
/// How long a dead node's leases are looked for: its last transaction may hold some for a while.
pub(super) const MOURN: Duration = Duration::from_secs(15);

impl Nodes {
    /// Looks who else lives, writes that this node does, and frees what dead ones held.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn beat(&self) -> Result<()> {
        let asked = Instant::now();
        let found = self.records.list(KIND).await?;
        let was_struck_off = !self.is_among(&found);
        for gone in self.saw(found, asked) {
            tracing::warn!(
                node = gone.as_str(),
                "a node is gone; the others go on with what it had"
            );
            self.records.delete(KIND, gone.as_str()).await?;
        }
        if self.vouch.is_over() || was_struck_off {
            self.begin_anew().await?;
        }
        let begun = self.vouch.now();
        self.write().await?;
        self.vouch.said(begun);
        self.free_dead().await
    }

    async fn write(&self) -> Result<()> {
        let document = {
            let mut state = self.write_state();
            state.beat += 1;
            let (beat, about) = (state.beat, state.about.clone());
            let leases = self.vouch.at_work();
            Document { beat, holders: state.holders.clone(), leases, about }
        };
        let body = serde_json::to_value(document).unwrap_or_default();
        let id = self.own.as_str().to_owned();
        self.records.put(Record { kind: KIND.into(), id, body }).await
    }

    /// Whether our own document is there, if we have written one.
    fn is_among(&self, found: &[Record]) -> bool {
        self.read().beat == 0 || found.iter().any(|record| record.id == self.own.as_str())
    }

    /// Others may have taken this node for dead. What it took so far is theirs; from now on it takes leases in the name of
    /// a number that nobody has declared dead.
    async fn begin_anew(&self) -> Result<()> {
        let Some(leases) = &self.leases else { return Ok(()) };
        let holder = leases.rename().await?;
        self.vouch.begin_anew();
        tracing::warn!(
            "this node could not say that it lives: what it was delivering is taken up anew"
        );
        let mut state = self.write_state();
        let earlier = state.holders.clone();
        state.dead.extend(earlier.into_iter().map(|it| (it, Instant::now())));
        state.holders.push(holder);
        Ok(())
    }

    /// Takes in what stands in the documents, as it was at `asked` or later, and gives the nodes that are gone.
    fn saw(&self, found: Vec<Record>, asked: Instant) -> Vec<NodeId> {
        let now = Instant::now();
        let mut state = self.write_state();
        let looked = state.looked.replace(asked);
        let was_away = looked.is_none_or(|looked| asked - looked > UNSEEN);
        let mut before = take(&mut state.others);
        let mut gone = Vec::new();
        for record in found {
            let id = NodeId::of(&record.id);
            let Ok(document) = serde_json::from_value::<Document>(record.body) else {
                continue;
            };
            if id == self.own {
                continue;
            }
            let heard = before.remove(&id).filter(|it| it.document.beat == document.beat);
            let at = heard.filter(|_| !was_away).map_or(now, |heard| heard.at);
            if asked.saturating_duration_since(at) >= GONE {
                state.dead.extend(document.holders.into_iter().map(|it| (it, now)));
                gone.push(id);
            } else {
                state.others.insert(id, Heard { document, at });
            }
        }
        // Whoever is struck off has stopped, or is gone and was found out by another.
        let struck_off = before.into_values().flat_map(|heard| heard.document.holders);
        state.dead.extend(struck_off.map(|it| (it, now)));
        gone
    }

    /// Frees what is held in the name of numbers that are not in use any more.
    async fn free_dead(&self) -> Result<()> {
        let Some(leases) = &self.leases else { return Ok(()) };
        let began = Instant::now();
        let dead: Vec<i64> = self.read().dead.keys().copied().collect();
        if dead.is_empty() {
            return Ok(());
        }
        let freed = leases.free(&dead, self.vouch.now().1).await?;
        if freed > 0 {
            tracing::info!(freed, "what a node that is gone was delivering is taken up anew");
        }
        let mut state = self.write_state();
        let State { dead: mourned, holders, .. } = &mut *state;
        mourned.retain(|holder, since| {
            let is_done = dead.contains(holder) && began - *since >= MOURN;
            if is_done {
                holders.retain(|it| it != holder);
            }
            !is_done
        });
        Ok(())
    }

    /// Frees what an earlier process held that is known to be dead, and strikes it off.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bury(&self, earlier: &NodeId) -> Result<()> {
        let Some(record) = self.records.get(KIND, earlier.as_str()).await? else { return Ok(()) };
        if let Ok(document) = serde_json::from_value::<Document>(record.body) {
            let now = Instant::now();
            self.write_state().dead.extend(document.holders.into_iter().map(|it| (it, now)));
        }
        self.free_dead().await?;
        self.records.delete(KIND, earlier.as_str()).await?;
        Ok(())
    }

    /// This node takes no more work: the others share it out among themselves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn leave(&self) -> Result<()> {
        self.write_state().about.is_leaving = true;
        self.beat().await
    }

    /// This node makes no more calls for what it has taken: the others go on with it. Says how much that is.
    ///
    /// # Errors
    /// When the store fails: then they do so when they see that this node is gone.
    pub async fn give_back(&self) -> Result<u64> {
        let Some(leases) = &self.leases else { return Ok(0) };
        self.vouch.begin_anew();
        let holders = self.read().holders.clone();
        let given = leases.free(&holders, self.vouch.now().1).await?;
        self.records.delete(KIND, self.own.as_str()).await?;
        Ok(given)
    }

    /// Goes on writing and looking until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let mut tick = interval(BEAT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "this node could not say that it lives; trying again");
                tick.reset_after(AGAIN);
            }
        }
    }
}
