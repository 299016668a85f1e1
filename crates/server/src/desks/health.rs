//! How each desk is doing: its last hook, success and error, how much of its limit is used. What matters survives a
//! restart.

mod kept;
#[cfg(test)]
mod tests;

pub use kept::{Connected, Drift, Failure, Kept, Missed, Proof, State};

use crate::settings::Settings;
use handover_core::event::{Astray, How};
use handover_core::ids::AccountId;
use handover_core::port::clock::Clock;
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::port::store::{Record, Records, Result};
use handover_core::port::watch::Watch;
use handover_core::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The kind of the documents that keep it.
const KIND: &str = "desk_health";
/// What has changed is written at most this often, but for a first hook, which is written at once.
const WRITE_EVERY: Duration = Duration::from_secs(30);
/// The longest error that is kept, in characters.
const WHY_CHARS_MAX: usize = 300;

/// How all desks are doing.
pub struct Health {
    records: Arc<dyn Records>,
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    desks: Mutex<BTreeMap<AccountId, Known>>,
    first: Notify,
    /// Held while documents are written, so that a desk that is forgotten is not written again.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    kept: Kept,
    usage: Option<(Usage, Timestamp)>,
    changed: bool,
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
    ) -> Result<Self> {
        let mut desks = BTreeMap::new();
        for record in records.list(KIND).await? {
            let kept = serde_json::from_value(record.body).unwrap_or_default();
            desks.insert(AccountId::new(record.id), Known { kept, ..Known::default() });
        }
        Ok(Self {
            records,
            settings,
            clock,
            desks: Mutex::new(desks),
            first: Notify::new(),
            writing: tokio::sync::Mutex::default(),
        })
    }

    /// What is known of a desk.
    pub fn of(&self, desk: &AccountId) -> Kept {
        self.desks().get(desk).map(|known| known.kept.clone()).unwrap_or_default()
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
        self.change(desk, |kept| {
            kept.last_success_at = Some(at);
            kept.connected = Some(Connected { at, said });
        });
    }

    /// A desk's hook has a new address: it has to prove itself again.
    pub fn new_hook(&self, desk: &AccountId) {
        self.change(desk, |kept| (kept.first_hook_at, kept.missed) = (None, None));
    }

    /// Forgets a desk that is no longer configured.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self, desk: &AccountId) -> Result<()> {
        let _writing = self.writing.lock().await;
        self.desks().remove(desk);
        self.records.delete(KIND, desk.as_str()).await?;
        Ok(())
    }

    /// Writes what has changed, for as long as the program runs.
    pub async fn run(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.first.notified() => {}
                () = tokio::time::sleep(WRITE_EVERY) => {}
            }
            self.write().await;
        }
    }

    /// Writes what has changed.
    pub async fn write(&self) {
        let _writing = self.writing.lock().await;
        let mut changed = Vec::new();
        for (desk, known) in self.desks().iter_mut().filter(|(_, known)| known.changed) {
            known.changed = false;
            changed.push((desk.clone(), known.kept.clone()));
        }
        for (desk, kept) in changed {
            let body = serde_json::to_value(kept).unwrap_or_default();
            let record = Record { kind: KIND.into(), id: desk.to_string(), body };
            if let Err(error) = self.records.put(record).await {
                tracing::warn!(%desk, %error, "how a desk is doing could not be written; it will be tried again");
                if let Some(known) = self.desks().get_mut(&desk) {
                    known.changed = true;
                }
            }
        }
    }

    fn change(&self, desk: &AccountId, change: impl FnOnce(&mut Kept)) {
        let mut desks = self.desks();
        let known = desks.entry(desk.clone()).or_default();
        change(&mut known.kept);
        known.changed = true;
    }

    fn desks(&self) -> MutexGuard<'_, BTreeMap<AccountId, Known>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Health {
    fn hooked(&self, desk: &AccountId, at: Timestamp) {
        let mut first = false;
        self.change(desk, |kept| {
            first = kept.first_hook_at.is_none();
            kept.first_hook_at.get_or_insert(at);
            kept.last_hook_at = Some(at);
            kept.missed = None;
        });
        if first {
            self.first.notify_one();
        }
    }

    fn missed(&self, desk: &AccountId, at: Timestamp, events: usize) {
        self.change(desk, |kept| {
            let missed = kept.missed.get_or_insert(Missed { since: at, events: 0 });
            missed.events += events;
        });
    }

    fn astray(&self, desk: &AccountId, at: Timestamp, astray: &[Astray]) {
        let count = |how| astray.iter().filter(|it| it.how == how).count();
        self.change(desk, |kept| {
            let drift = kept.drift.get_or_insert(Drift { at, missing: 0, doubled: 0 });
            drift.at = at;
            drift.missing += count(How::Missing);
            drift.doubled += count(How::Doubled);
        });
    }

    fn went_well(&self, desk: &AccountId, at: Timestamp) {
        self.change(desk, |kept| kept.last_success_at = Some(at));
    }

    fn failed(&self, desk: &AccountId, at: Timestamp, why: &str) {
        let why: String = self.settings.redact(desk, why).chars().take(WHY_CHARS_MAX).collect();
        self.change(desk, |kept| kept.last_error = Some(Failure { at, why }));
    }

    fn used(&self, desk: &AccountId, usage: Usage) {
        let at = self.clock.now();
        self.desks().entry(desk.clone()).or_default().usage = Some((usage, at));
    }
}
