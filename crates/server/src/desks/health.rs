//! How each desk is doing: its last hook, success and error, how much of its limit is used. What matters survives a
//! restart, and nodes that share a database tell each other within seconds.

mod kept;
#[cfg(test)]
mod nodes_tests;
mod seen;
#[cfg(test)]
mod tests;

pub use kept::{Connected, Drift, Failure, Kept, Missed, Proof, State};

use crate::nodes::Nodes;
use crate::settings::Settings;
use handover_core::event::{Astray, How};
use handover_core::ids::AccountId;
use handover_core::port::clock::Clock;
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::port::store::{Record, Records, Result};
use handover_core::port::watch::Watch;
use handover_core::time::Timestamp;
use seen::{Document, Seen};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The kind of the documents that keep it.
const KIND: &str = "desk_health";
/// How often nodes write what they have seen and read what others have. A first hook is written at once.
const EXCHANGE_EVERY: Duration = Duration::from_secs(3);
/// The longest error that is kept, in characters.
const WHY_CHARS_MAX: usize = 300;

/// How all desks are doing.
pub struct Health {
    records: Arc<dyn Records>,
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    nodes: Arc<Nodes>,
    desks: Mutex<BTreeMap<AccountId, Known>>,
    soon: Notify,
    /// Held while documents are written.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    seen: Seen,
    usage: Option<(Usage, Timestamp)>,
    /// Whether something is not in this node's document yet.
    changed: bool,
    /// Whether this node has a document.
    written: bool,
}

impl Health {
    /// Reads what was kept.
    ///
    /// # Errors
    /// When the store fails. A document that cannot be read is left out: health is learnt anew.
    pub async fn load(
        records: Arc<dyn Records>,
        settings: Arc<Settings>,
        clock: Arc<dyn Clock>,
        nodes: Arc<Nodes>,
    ) -> Result<Self> {
        let found = records.list(KIND).await?;
        let health = Self {
            records,
            settings,
            clock,
            nodes,
            desks: Mutex::default(),
            soon: Notify::new(),
            writing: tokio::sync::Mutex::default(),
        };
        for (_, desk, document) in read(found) {
            health.desks().entry(desk).or_default().seen.add(&document.into_seen());
        }
        Ok(health)
    }

    /// What is known of a desk.
    pub fn of(&self, desk: &AccountId) -> Kept {
        self.desks().get(desk).map(|known| known.seen.kept()).unwrap_or_default()
    }

    /// How much of its limit a desk has used in the window that runs now, where it tells; none when it has told nothing
    /// within the window.
    pub fn usage(&self, desk: &AccountId, limit: Limit) -> Option<Usage> {
        let (usage, at) = self.desks().get(desk)?.usage?;
        let age_ms = self.clock.now().since_ms(at);
        (age_ms < i64::from(limit.window_s) * 1000).then_some(usage)
    }

    /// A desk was connected.
    pub fn connected(&self, desk: &AccountId, said: Vec<String>) {
        let at = self.clock.now();
        self.change(desk, |seen, _| {
            seen.went_well(at);
            seen.connected = Some(Connected { at, said });
        });
    }

    /// A desk's hook has a new address: it has to prove itself again.
    pub fn new_hook(&self, desk: &AccountId) {
        let now = self.clock.now();
        self.change(desk, |seen, _| seen.has_new_address(now));
        self.soon.notify_one();
    }

    /// Forgets a desk that is no longer configured. A document stays to tell other nodes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self, desk: &AccountId) -> Result<()> {
        let _writing = self.writing.lock().await;
        let now = self.clock.now();
        self.change(desk, |seen, _| seen.begin_anew(now));
        if let Some(known) = self.desks().get_mut(desk) {
            known.usage = None;
        }
        self.put(desk).await?;
        for (id, of, document) in read(self.records.list(KIND).await?) {
            if of == *desk && !document.is_of(self.nodes.own()) {
                self.records.delete(KIND, &id).await?;
            }
        }
        Ok(())
    }

    /// Writes what this node has seen and reads what others have, for as long as the program runs.
    pub async fn run(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.soon.notified() => {}
                () = tokio::time::sleep(EXCHANGE_EVERY) => {}
            }
            self.exchange().await;
        }
    }

    /// Writes what this node has seen and reads what others have. What is not possible now is done the next time.
    pub async fn exchange(&self) {
        if let Err(error) = self.try_exchange().await {
            tracing::warn!(%error, "how desks are doing could not be written and read; it will be tried again");
        }
    }

    async fn try_exchange(&self) -> Result<()> {
        let _writing = self.writing.lock().await;
        let own = self.nodes.own();
        let living: BTreeSet<_> = self.nodes.list().into_iter().map(|node| node.id).collect();
        let (mut left, mut there) = (Vec::new(), BTreeSet::new());
        for (id, desk, document) in read(self.records.list(KIND).await?) {
            if document.is_of(own) {
                there.insert(desk);
                continue;
            }
            let is_left = !living.iter().any(|node| document.is_of(node));
            let mut desks = self.desks();
            let known = desks.entry(desk).or_default();
            known.seen.add(&document.into_seen());
            if is_left {
                // What a node left behind goes on in the document of one that lives, and only then is it removed.
                known.changed = true;
                left.push(id);
            }
        }
        let changed: Vec<AccountId> = {
            let desks = self.desks();
            let to_write = desks
                .iter()
                .filter(|(desk, known)| known.changed || known.written && !there.contains(desk));
            to_write.map(|(desk, _)| desk.clone()).collect()
        };
        for desk in changed {
            self.put(&desk).await?;
        }
        for id in left {
            self.records.delete(KIND, &id).await?;
        }
        Ok(())
    }

    /// Writes this node's document of a desk.
    async fn put(&self, desk: &AccountId) -> Result<()> {
        let seen = match self.desks().get_mut(desk) {
            Some(known) => {
                (known.changed, known.written) = (false, true);
                known.seen.clone()
            }
            None => return Ok(()),
        };
        let own = self.nodes.own();
        let body = serde_json::to_value(Document::new(desk, own, seen)).unwrap_or_default();
        let id = format!("{desk}/{}", own.as_str());
        let put = self.records.put(Record { kind: KIND.into(), id, body }).await;
        if put.is_err()
            && let Some(known) = self.desks().get_mut(desk)
        {
            known.changed = true;
        }
        put
    }

    /// `change` is given what is seen, and the name under which this node counts.
    fn change(&self, desk: &AccountId, change: impl FnOnce(&mut Seen, &str)) {
        let mut desks = self.desks();
        let known = desks.entry(desk.clone()).or_default();
        change(&mut known.seen, self.nodes.own().as_str());
        known.changed = true;
    }

    fn desks(&self) -> MutexGuard<'_, BTreeMap<AccountId, Known>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Documents by their ids, and the desks that they are about.
fn read(found: Vec<Record>) -> impl Iterator<Item = (String, AccountId, Document)> {
    found.into_iter().filter_map(|record| {
        let document: Document = serde_json::from_value(record.body).ok()?;
        let desk = document.desk().cloned();
        let desk = desk.unwrap_or_else(|| AccountId::new(record.id.as_str()));
        Some((record.id, desk, document))
    })
}

impl Watch for Health {
    fn hooked(&self, desk: &AccountId, at: Timestamp) {
        let mut first = false;
        self.change(desk, |seen, own| first = seen.hooked(own, at));
        if first {
            self.soon.notify_one();
        }
    }

    fn missed(&self, desk: &AccountId, at: Timestamp, events: usize) {
        self.change(desk, |seen, own| seen.missed(own, at, events));
    }

    fn astray(&self, desk: &AccountId, at: Timestamp, astray: &[Astray]) {
        let count = |how| astray.iter().filter(|it| it.how == how).count();
        let (missing, doubled) = (count(How::Missing), count(How::Doubled));
        self.change(desk, |seen, own| seen.astray(own, &Drift { at, missing, doubled }));
    }

    fn went_well(&self, desk: &AccountId, at: Timestamp) {
        self.change(desk, |seen, _| seen.went_well(at));
    }

    fn failed(&self, desk: &AccountId, at: Timestamp, why: &str) {
        let why: String = self.settings.redact(desk, why).chars().take(WHY_CHARS_MAX).collect();
        self.change(desk, |seen, _| seen.failed(Failure { at, why }));
    }

    fn used(&self, desk: &AccountId, usage: Usage) {
        let at = self.clock.now();
        self.desks().entry(desk.clone()).or_default().usage = Some((usage, at));
    }
}
