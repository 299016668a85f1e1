//! How each desk is doing: its last hook, success and error, how much of its limit is used. What matters survives a
//! restart.

use crate::settings::Settings;
use handover_core::event::{Astray, How};
use handover_core::ids::AccountId;
use handover_core::port::clock::Clock;
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::port::store::{Record, Records, Result};
use handover_core::port::watch::Watch;
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The kind of the documents that keep it.
const KIND: &str = "desk_health";
/// What has changed is written at most this often, but for a first hook, which is written at once.
const WRITE_EVERY: Duration = Duration::from_secs(30);
/// How late a hook may come before it is said that hooks do not arrive, in milliseconds.
const HOOKS_LATE_MS: i64 = 120_000;
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

/// What is kept of a desk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// When the first hook came in at its present address.
    pub first_hook_at: Option<Timestamp>,
    /// When the last one did.
    pub last_hook_at: Option<Timestamp>,
    /// When the vendor last took or answered something.
    pub last_success_at: Option<Timestamp>,
    /// What looks have found since the last hook that a hook should have brought.
    pub missed: Option<Missed>,
    /// What looks have found not to stand there as it should.
    pub drift: Option<Drift>,
    /// What last went wrong.
    pub last_error: Option<Failure>,
    /// When it was last connected, and what was found and done then.
    pub connected: Option<Connected>,
}

/// What no hook has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// When the first of it was found.
    pub since: Timestamp,
    /// How many messages and closings were found.
    pub events: usize,
}

impl Missed {
    /// Whether a hook can no longer be merely late.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        now.since_ms(self.since) >= HOOKS_LATE_MS
    }
}

/// What was brought to a desk and does not stand there as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// When it was last found.
    pub at: Timestamp,
    /// Messages that were missing there and were brought again.
    pub missing: usize,
    /// Messages that stand there twice.
    pub doubled: usize,
}

impl Drift {
    /// In words.
    pub fn words(&self) -> String {
        let messages = |count: usize| match count {
            1 => "1 message".to_owned(),
            _ => format!("{count} messages"),
        };
        let mut words = Vec::new();
        if self.missing > 0 {
            words.push(format!("{} missing there, brought again", messages(self.missing)));
        }
        if self.doubled > 0 {
            words.push(format!("{} twice there", messages(self.doubled)));
        }
        words.join("; ")
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Why, in words, without secrets.
    pub why: String,
}

/// That a desk was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// When.
    pub at: Timestamp,
    /// What was found and done, a line each, without secrets.
    pub said: Vec<String>,
}

/// How a desk is doing, in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does what it should.
    Works,
    /// Nothing has come from it yet.
    NotProved,
    /// The last thing that was tried went wrong.
    Trouble {
        /// Why, in words.
        why: String,
    },
}

impl State {
    /// The word in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::NotProved => "not_yet_proved",
            Self::Trouble { .. } => "trouble",
        }
    }
}

/// How a desk proves that it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It is part of the program.
    Ours,
    /// By its first hook.
    Hook,
    /// It has no hook: by taking something.
    Success,
}

impl Kept {
    /// That hooks no longer arrive, in words, if that is so. What they would bring is found all the same, later.
    pub fn hooks_lost(&self, now: Timestamp) -> Option<String> {
        let missed = self.missed.as_ref().filter(|missed| missed.is_lost(now))?;
        Some(format!(
            "its hooks do not arrive: {} found by asking that no hook had brought. Check that the desk can reach the public URL and that its hook is still set up there",
            match missed.events {
                1 => "1 message was".into(),
                events => format!("{events} messages were"),
            }
        ))
    }

    /// How the desk is doing.
    pub fn state(&self, proof: Proof, now: Timestamp) -> State {
        if proof == Proof::Ours {
            return State::Works;
        }
        // A hook proves nothing of what we send.
        if let Some(error) = &self.last_error
            && self.last_success_at.is_none_or(|success| success < error.at)
        {
            return State::Trouble { why: error.why.clone() };
        }
        if let Some(why) = self.hooks_lost(now) {
            return State::Trouble { why };
        }
        let proved = match proof {
            Proof::Hook => self.first_hook_at.is_some(),
            _ => self.last_success_at.is_some(),
        };
        if proved { State::Works } else { State::NotProved }
    }
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

#[cfg(test)]
mod tests {
    use super::{Health, Kept, Proof, State};
    use crate::staff::tests::Browser;
    use handover_core::event::{Astray, How};
    use handover_core::ids::AccountId;
    use handover_core::port::desk::Usage;
    use handover_core::port::manifest::Limit;
    use handover_core::port::watch::Watch;
    use handover_core::time::Timestamp;

    const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    async fn again(browser: &Browser) -> Health {
        let app = &browser.app;
        let (records, settings) = (app.records.clone(), app.settings.clone());
        Health::load(records, settings, app.clock.clone()).await.unwrap()
    }

    #[test]
    fn a_desk_that_has_sent_nothing_is_not_yet_proved() {
        let mut kept = Kept { last_success_at: Some(AT), ..Kept::default() };
        assert_eq!(kept.state(Proof::Hook, AT), State::NotProved);
        assert_eq!(kept.state(Proof::Success, AT), State::Works);
        kept.first_hook_at = Some(AT);
        assert_eq!(kept.state(Proof::Hook, AT), State::Works);
        assert_eq!(Kept::default().state(Proof::Ours, AT), State::Works);
    }

    #[tokio::test]
    async fn trouble_lasts_until_something_goes_well() {
        let browser = Browser::new().await;
        let (health, desk) = (&browser.app.health, AccountId::new("d"));
        health.hooked(&desk, AT);
        health.failed(&desk, AT.plus_ms(1), "the token is no longer accepted");
        health.hooked(&desk, AT.plus_ms(2));
        let State::Trouble { why } = health.of(&desk).state(Proof::Hook, AT) else {
            panic!("a hook proves nothing of what is sent");
        };
        assert_eq!(why, "the token is no longer accepted");
        health.went_well(&desk, AT.plus_ms(3));
        assert_eq!(health.of(&desk).state(Proof::Hook, AT), State::Works);
    }

    #[tokio::test]
    async fn hooks_that_do_not_arrive_are_trouble_within_minutes_until_one_does() {
        let browser = Browser::new().await;
        let (health, desk) = (&browser.app.health, AccountId::new("d"));
        health.hooked(&desk, AT);
        health.missed(&desk, AT.plus_ms(1), 1);
        health.missed(&desk, AT.plus_ms(60_000), 2);
        let state = |ms| health.of(&desk).state(Proof::Hook, AT.plus_ms(ms));
        assert_eq!(state(120_000), State::Works, "a hook may be late");
        let State::Trouble { why } = state(120_001) else { panic!("they are lost") };
        assert!(why.contains("3 messages were found"), "{why}");
        health.hooked(&desk, AT.plus_ms(130_000));
        assert_eq!(state(500_000), State::Works);
    }

    #[tokio::test]
    async fn what_is_astray_at_the_desk_is_added_up() {
        let browser = Browser::new().await;
        let (health, desk) = (&browser.app.health, AccountId::new("d"));
        assert_eq!(health.of(&desk).drift, None);
        let astray = |how| Astray { delivery: 1, entry: 2, how };
        health.astray(&desk, AT, &[astray(How::Missing), astray(How::Doubled)]);
        health.astray(&desk, AT.plus_ms(5), &[astray(How::Missing)]);
        let drift = health.of(&desk).drift.unwrap();
        assert_eq!(drift.at, AT.plus_ms(5));
        assert_eq!(drift.words(), "2 messages missing there, brought again; 1 message twice there");
    }

    #[tokio::test]
    async fn what_is_known_survives_a_restart_and_is_forgotten_with_its_desk() {
        let browser = Browser::new().await;
        let (health, desk) = (&browser.app.health, AccountId::new("d"));
        health.hooked(&desk, AT);
        health.failed(&desk, AT, "no answer came");
        health.connected(&desk, vec!["Found the account Acme.".into()]);
        health.write().await;
        assert_eq!(again(&browser).await.of(&desk), health.of(&desk));
        health.forget(&desk).await.unwrap();
        assert_eq!(again(&browser).await.of(&desk), Kept::default());
        assert_eq!(health.of(&desk), Kept::default());
    }

    #[tokio::test]
    async fn the_first_hook_is_written_at_once() {
        let browser = Browser::new().await;
        let desk = AccountId::new("d");
        browser.app.health.hooked(&desk, AT);
        for _ in 0..200 {
            if again(&browser).await.of(&desk).first_hook_at == Some(AT) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the first hook was not written");
    }

    #[tokio::test]
    async fn what_was_used_counts_within_its_window_only() {
        let browser = Browser::new().await;
        let (health, desk) = (&browser.app.health, AccountId::new("d"));
        let usage = Usage { used: 12, limit: 40 };
        health.used(&desk, usage);
        assert_eq!(health.usage(&desk, Limit { requests: 40, window_s: 20 }), Some(usage));
        assert_eq!(health.usage(&desk, Limit { requests: 40, window_s: 0 }), None);
    }
}
