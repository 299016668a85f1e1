//! What nodes have seen of a desk. Each node writes all that it knows in a document of its own; two documents can be put
//! together in any order and any number of times, so that nothing has to be locked and nothing counts twice.

use super::kept::{Connected, Drift, Failure, Kept, Missed};
use crate::bus::NodeId;
use handover_core::ids::AccountId;
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node's document of a desk.
#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    /// The desk; none in a document of the time when there was one for all nodes.
    #[serde(default)]
    desk: Option<AccountId>,
    /// Who writes it; none likewise.
    #[serde(default)]
    node: Option<NodeId>,
    #[serde(flatten)]
    seen: Seen,
    /// Of that time.
    #[serde(default, skip_serializing)]
    missed: Option<Missed>,
    /// Of that time.
    #[serde(default, skip_serializing)]
    drift: Option<Drift>,
}

impl Document {
    pub(super) fn new(desk: &AccountId, node: &NodeId, seen: Seen) -> Self {
        let (desk, node) = (Some(desk.clone()), Some(node.clone()));
        Self { desk, node, seen, missed: None, drift: None }
    }

    pub(super) fn desk(&self) -> Option<&AccountId> {
        self.desk.as_ref()
    }

    pub(super) fn is_of(&self, node: &NodeId) -> bool {
        self.node.as_ref() == Some(node)
    }

    pub(super) fn into_seen(self) -> Seen {
        let mut seen = self.seen;
        let counts = seen.counts.entry(String::new());
        let (missed, drift) = (self.missed, self.drift);
        if missed.is_some() || drift.is_some() {
            seen.drift_at = seen.drift_at.max(drift.as_ref().map(|drift| drift.at));
            let (missing, doubled) = drift.map_or((0, 0), |drift| (drift.missing, drift.doubled));
            counts.or_insert(Counts { edition: 1, missing, doubled, missed });
        }
        seen
    }
}

/// What nodes have seen of a desk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// Since when it counts: what was seen of a desk of this name before was forgotten.
    since: Option<Timestamp>,
    /// Since when its hook has its present address.
    address_since: Option<Timestamp>,
    first_hook_at: Option<Timestamp>,
    last_hook_at: Option<Timestamp>,
    last_success_at: Option<Timestamp>,
    last_error: Option<Failure>,
    pub(super) connected: Option<Connected>,
    drift_at: Option<Timestamp>,
    /// What each node has counted, those among them that are gone.
    counts: BTreeMap<String, Counts>,
}

/// What a node has counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Counts {
    /// Grows with each change, so that the last one is known.
    edition: u64,
    missing: usize,
    doubled: usize,
    missed: Option<Missed>,
}

impl Seen {
    /// Adds what another document says.
    pub(super) fn add(&mut self, other: &Self) {
        if other.since > self.since {
            self.clone_from(other);
        }
        if other.since < self.since {
            return;
        }
        if other.address_since > self.address_since {
            (self.address_since, self.first_hook_at) = (other.address_since, other.first_hook_at);
        } else if other.address_since == self.address_since {
            let both = self.first_hook_at.into_iter().chain(other.first_hook_at);
            self.first_hook_at = both.min();
        }
        self.last_hook_at = self.last_hook_at.max(other.last_hook_at);
        self.last_success_at = self.last_success_at.max(other.last_success_at);
        self.drift_at = self.drift_at.max(other.drift_at);
        if let Some(error) = &other.last_error {
            self.failed(error.clone());
        }
        let at = |connected: &Option<Connected>| connected.as_ref().map(|it| it.at);
        if at(&other.connected) > at(&self.connected) {
            self.connected.clone_from(&other.connected);
        }
        for (node, counts) in &other.counts {
            let known = self.counts.entry(node.clone()).or_default();
            if counts.edition > known.edition {
                known.clone_from(counts);
            }
        }
    }

    /// All that was seen before is forgotten.
    pub(super) fn begin_anew(&mut self, now: Timestamp) {
        *self = Self { since: Some(later(now, self.since)), ..Self::default() };
    }

    pub(super) fn has_new_address(&mut self, now: Timestamp) {
        self.address_since = Some(later(now, self.address_since));
        self.first_hook_at = None;
    }

    /// Says whether it was the first one.
    pub(super) fn hooked(&mut self, own: &str, at: Timestamp) -> bool {
        let first = self.first_hook_at.is_none();
        self.first_hook_at.get_or_insert(at);
        self.last_hook_at = self.last_hook_at.max(Some(at));
        if self.counts.get(own).is_some_and(|counts| counts.missed.is_some()) {
            self.count(own).missed = None;
        }
        first
    }

    pub(super) fn missed(&mut self, own: &str, at: Timestamp, events: usize) {
        let hooks_until = self.hooks_until();
        let counts = self.count(own);
        let earlier = counts.missed.take().filter(|missed| Some(missed.since) > hooks_until);
        let mut missed = earlier.unwrap_or(Missed { since: at, events: 0 });
        missed.events += events;
        counts.missed = Some(missed);
    }

    pub(super) fn astray(&mut self, own: &str, drift: &Drift) {
        self.drift_at = self.drift_at.max(Some(drift.at));
        let counts = self.count(own);
        counts.missing += drift.missing;
        counts.doubled += drift.doubled;
    }

    pub(super) fn went_well(&mut self, at: Timestamp) {
        self.last_success_at = self.last_success_at.max(Some(at));
    }

    pub(super) fn failed(&mut self, failure: Failure) {
        let is_later = |last: &Failure| (failure.at, &failure.why) > (last.at, &last.why);
        if self.last_error.as_ref().is_none_or(is_later) {
            self.last_error = Some(failure);
        }
    }

    fn count(&mut self, own: &str) -> &mut Counts {
        let counts = self.counts.entry(own.to_owned()).or_default();
        counts.edition += 1;
        counts
    }

    /// What was missed until then was followed by a hook, or by a new address.
    fn hooks_until(&self) -> Option<Timestamp> {
        self.last_hook_at.max(self.address_since)
    }

    /// All of it together.
    pub(super) fn kept(&self) -> Kept {
        let hooks_until = self.hooks_until();
        let missed = self.counts.values().filter_map(|counts| counts.missed.as_ref());
        let missed = missed.filter(|missed| Some(missed.since) > hooks_until);
        let missed = missed.cloned().reduce(|one, other| Missed {
            since: one.since.min(other.since),
            events: one.events + other.events,
        });
        let sum = |of: fn(&Counts) -> usize| self.counts.values().map(of).sum();
        let drift = self.drift_at.map(|at| Drift {
            at,
            missing: sum(|counts| counts.missing),
            doubled: sum(|counts| counts.doubled),
        });
        Kept {
            first_hook_at: self.first_hook_at,
            last_hook_at: self.last_hook_at,
            last_success_at: self.last_success_at,
            missed,
            drift,
            last_error: self.last_error.clone(),
            connected: self.connected.clone(),
        }
    }
}

/// A moment that comes after an earlier one, whatever a clock says.
fn later(now: Timestamp, earlier: Option<Timestamp>) -> Timestamp {
    earlier.map_or(now, |earlier| now.max(earlier.plus_ms(1)))
}
