//! The naive store and the real one walk the same random path and must answer alike at each step.

use super::facts::{Deed, ada, at, change, current, id, outcome, session};
use crate::Model;
use handover_core::delivery::Side;
use handover_core::ids::{AccountId, DeliveryId, SessionId};
use handover_core::port::outbox::{ListPart, ListPlace, Outbox, Which};
use handover_core::port::store::{
    Change, Committed, DeliveryState, Leased, Page, Record, Records, SessionFilter, Settle, Store,
};
use handover_core::session::SessionState;
use serde_json::json;

const CONVERSATIONS: [&str; 5] = ["a", "b", "c", "d", "e"];
const SIDES: [Side; 3] = [Side::Contact, Side::Desk, Side::Bot];
const STATES: [SessionState; 3] = [SessionState::Waiting, SessionState::Agent, SessionState::Ended];

/// A small generator, so that a seed says all (the constants are Knuth's).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Walks `steps` steps on an empty store and on the model, and compares every answer.
pub async fn beside_the_model<S: Store + Records + Outbox>(store: &S, seed: u64, steps: u32) {
    Way::begin(seed).go_on(store, steps).await;
}

/// A walk that has got so far: it may go on on another store, which holds the same by then.
#[derive(Debug)]
pub struct Way {
    seed: u64,
    step: u32,
    model: Model,
    dice: Dice,
    now: i64,
    leases: Vec<Leased>,
    bases: Vec<Change>,
}

impl Way {
    /// The beginning of one.
    pub fn begin(seed: u64) -> Self {
        let (model, dice) = (Model::new(), Dice(seed));
        Self { seed, step: 0, model, dice, now: 0, leases: Vec::new(), bases: Vec::new() }
    }

    /// Walks so many steps on a store and on the model, and compares every answer.
    pub async fn go_on<S: Store + Records + Outbox>(self, store: &S, steps: u32) -> Self {
        let Self { seed, mut step, model, dice, now, leases, bases } = self;
        let mut walk = Walk { store, model, dice, now, leases, bases };
        let end = step + steps;
        while step < end {
            let which = format!("seed {seed}, step {step}");
            walk.step(&which).await;
            step += 1;
        }
        walk.read_all(&format!("seed {seed}, after {step} steps")).await;
        let Walk { model, dice, now, leases, bases, .. } = walk;
        Self { seed, step, model, dice, now, leases, bases }
    }

    /// All leases are given up, as the store was opened anew or moved.
    pub fn give_up_all(&self) {
        self.model.give_back_all();
    }
}

struct Walk<'a, S> {
    store: &'a S,
    model: Model,
    dice: Dice,
    now: i64,
    /// Leases that were given, lost ones too.
    leases: Vec<Leased>,
    /// Changes that were committed, to be repeated.
    bases: Vec<Change>,
}

impl<S: Store + Records + Outbox> Walk<'_, S> {
    async fn step(&mut self, which: &str) {
        self.now += self.dice.below(400) as i64;
        match self.dice.below(13) {
            0..=4 => self.commit(which).await,
            5..=6 => self.lease(which).await,
            7..=8 => self.settle(which).await,
            9 => self.records(which).await,
            12 => self.operate(which).await,
            10 if self.dice.one_in(10) => self.forget(which).await,
            _ => self.read(which).await,
        }
    }

    async fn commit(&mut self, which: &str) {
        let decided = self.decide().await;
        let (real, naive) =
            (self.store.commit(decided.clone()).await, self.model.commit(decided.clone()).await);
        assert_eq!(real.as_ref().ok(), naive.as_ref().ok(), "{which}: commit {decided:?}");
        if matches!(real, Ok(Committed::Done)) {
            self.bases.push(decided);
        }
    }

    /// A change as the core might make one, and now and then one that comes late, twice or broken.
    async fn decide(&mut self) -> Change {
        if !self.bases.is_empty() && self.dice.one_in(8) {
            let index = self.dice.below(self.bases.len() as u64) as usize;
            return self.bases[index].clone();
        }
        let name = self.dice.pick(&CONVERSATIONS);
        let mut it = change(current(&self.model, name).await, at(self.now));
        for _ in 0..self.dice.below(3) {
            it = it.say();
        }
        for _ in 0..self.dice.below(3) {
            it = it.send(self.dice.pick(&SIDES));
        }
        if self.dice.one_in(2) {
            it = it.from(&format!("m{}", self.dice.below(30)));
        }
        if self.dice.one_in(3) {
            let due = (!self.dice.one_in(4)).then(|| at(self.now + self.dice.below(900) as i64));
            it = it.due(due);
        }
        if self.dice.one_in(3) {
            let ordinal = 1 + self.dice.below(3) as u32;
            let started = self.dice.below(20) as i64;
            it = it.session(session(name, ordinal, self.dice.pick(&STATES), started));
        }
        if self.dice.one_in(4) {
            it.bot_state = Some(json!({ "now": self.now }));
        }
        if self.dice.one_in(3)
            && let Some(settle) = self.outcome()
        {
            it = it.settling(settle);
        }
        if self.dice.one_in(6) {
            it.again = vec![1 + self.dice.below(it.conversation.deliveries + 1)];
        }
        if self.dice.one_in(15) {
            it.entries.extend(it.entries.first().cloned());
        }
        it
    }

    /// What some lease, perhaps a lost one, came to.
    fn outcome(&mut self) -> Option<Settle> {
        if self.leases.is_empty() {
            return None;
        }
        let newest = self.leases.len().min(12) as u64;
        let leased = &self.leases[self.leases.len() - 1 - self.dice.below(newest) as usize];
        let state = self.dice.pick(&[
            DeliveryState::Pending,
            DeliveryState::Delivered,
            DeliveryState::Delivered,
            DeliveryState::Dead,
            DeliveryState::Skipped,
        ]);
        Some(outcome(leased, state, at(self.now + self.dice.below(600) as i64)))
    }

    async fn lease(&mut self, which: &str) {
        let (until, limit) = (self.now + self.dice.below(1500) as i64, self.dice.below(6) as u32);
        let real = self.store.lease(at(self.now), at(until), limit).await.unwrap();
        let naive = self.model.lease(at(self.now), at(until), limit).await.unwrap();
        assert_eq!(real, naive, "{which}: lease");
        self.leases.extend(naive);
    }

    async fn settle(&mut self, which: &str) {
        let Some(settle) = self.outcome() else { return };
        let real = self.store.settle(settle.clone()).await.unwrap();
        let naive = self.model.settle(settle.clone()).await.unwrap();
        assert_eq!(real, naive, "{which}: settle {settle:?}");
    }

    /// What an operator does.
    async fn operate(&mut self, which: &str) {
        let name = self.dice.pick(&CONVERSATIONS);
        let last = current(&self.model, name).await.deliveries;
        let delivery = DeliveryId { conversation: id(name), n: 1 + self.dice.below(last + 1) };
        let by = ada(self.now, "as I say");
        match self.dice.below(4) {
            0 => assert_eq!(
                self.store.skip(&delivery, by.clone()).await.unwrap(),
                self.model.skip(&delivery, by).await.unwrap(),
                "{which}: skip"
            ),
            1 => {
                let side = self.dice.one_in(2).then(|| self.dice.pick(&SIDES));
                let some = Which { side, account: None };
                assert_eq!(
                    self.store.repeat_all(some.clone(), by.clone()).await.unwrap(),
                    self.model.repeat_all(some, by).await.unwrap(),
                    "{which}: repeat_all"
                );
            }
            _ => assert_eq!(
                self.store.repeat(&delivery, by.clone()).await.unwrap(),
                self.model.repeat(&delivery, by).await.unwrap(),
                "{which}: repeat"
            ),
        }
    }

    async fn records(&mut self, which: &str) {
        let (kind, key) = (self.dice.pick(&["x", "y"]), self.dice.pick(&["1", "2", "3"]));
        let record = Record { kind: kind.into(), id: key.into(), body: json!(self.now) };
        match self.dice.below(3) {
            0 => {
                self.store.put(record.clone()).await.unwrap();
                self.model.put(record).await.unwrap();
            }
            1 => assert_eq!(
                self.store.create(record.clone()).await.unwrap(),
                self.model.create(record).await.unwrap(),
                "{which}: create"
            ),
            _ => assert_eq!(
                self.store.delete(kind, key).await.unwrap(),
                self.model.delete(kind, key).await.unwrap(),
                "{which}: delete"
            ),
        }
        assert_eq!(
            self.store.list(kind).await.unwrap(),
            self.model.list(kind).await.unwrap(),
            "{which}: list"
        );
    }

    /// A week passes in between, less what happened in its last moments.
    async fn forget(&mut self, which: &str) {
        let now = at(self.now - 2000 + 7 * 24 * 60 * 60 * 1000);
        let real = self.store.forget_inbox(now).await.unwrap();
        assert_eq!(real, self.model.forget_inbox(now).await.unwrap(), "{which}: forget_inbox");
    }

    async fn read(&mut self, which: &str) {
        let (store, model) = (self.store, &self.model);
        let now = at(self.now);
        let limit = self.dice.below(5) as u32;
        let page = Page { after: self.dice.below(8), limit, newest: self.dice.one_in(2) };
        let name = self.dice.pick(&CONVERSATIONS);
        let filter = SessionFilter {
            open: self.dice.pick(&[None, Some(true), Some(false)]),
            conversation: self.dice.one_in(2).then(|| id(name)),
            limit,
        };
        let session = SessionId::nth(&id(name), 1);
        macro_rules! same {
            ($call:ident($($with:expr),*)) => {
                assert_eq!(
                    store.$call($($with),*).await.unwrap(),
                    model.$call($($with),*).await.unwrap(),
                    "{which}: {}", stringify!($call)
                );
            };
        }
        same!(load(&id(name)));
        same!(transcript(&id(name), page));
        same!(bot_state(&id(name)));
        same!(deliveries(&id(name)));
        same!(pending(&id(name), Side::Desk));
        same!(session(&session));
        same!(sessions(filter.clone()));
        same!(due(now, limit));
        same!(next_due());
        same!(counts());
        same!(attempts(&id(name), 0..=u64::from(limit) * 2));
        same!(waiting_since());
        same!(stirred(limit));
        let after = self.dice.one_in(2).then(|| ListPlace {
            at: at(self.now - self.dice.below(2000) as i64),
            delivery: DeliveryId { conversation: id(name), n: self.dice.below(5) },
        });
        let side = self.dice.one_in(2).then(|| self.dice.pick(&SIDES));
        let account = self.dice.one_in(3).then(|| AccountId::new("desk"));
        let part = ListPart { which: Which { account, side }, after, limit };
        same!(dead(part.clone()));
        same!(queued(part.clone()));
    }

    async fn read_all(&mut self, which: &str) {
        for name in CONVERSATIONS {
            let page = Page { after: 0, limit: 10_000, newest: false };
            assert_eq!(
                self.store.transcript(&id(name), page).await.unwrap(),
                self.model.transcript(&id(name), page).await.unwrap(),
                "{which}: transcript of {name}"
            );
            let real = self.store.deliveries(&id(name)).await.unwrap();
            assert_eq!(real, self.model.deliveries(&id(name)).await.unwrap(), "{which}: {name}");
            for record in real {
                let DeliveryId { conversation, .. } = &record.delivery.id;
                assert_eq!(*conversation, id(name), "{which}: nothing crosses");
            }
        }
        for _ in 0..20 {
            self.read(which).await;
        }
    }
}
