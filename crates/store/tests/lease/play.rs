//! Two workers, one lane, a receiver, and what of it all must hold.

use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::port::store::{
    Committed, DeliveryRecord, DeliveryState, Leased, Page, Settle, Store,
};
use handover_store::conformance::facts::{Deed, at, change, commit, current, id, outcome};
use std::collections::BTreeSet;

/// Deliveries in the lane.
const LANE: u64 = 3;
/// How long a lease lasts, in milliseconds.
const LEASE_MS: i64 = 100;
/// How long a failed try waits, and one that is given back.
const RETRY_MS: i64 = 50;

/// What can happen. The number is the worker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Move {
    Lease(usize),
    /// The worker sends what it holds to the receiver.
    Try(usize),
    Delivered(usize),
    Again(usize),
    Dead(usize),
    /// Delivered, together with a line of the transcript, on the conversation as it was when the try began.
    Commit(usize),
    /// The same on the conversation as it is now.
    CommitAnew(usize),
    Defer(usize),
    /// The worker forgets what it held, and comes back.
    Crash(usize),
    /// Half a lease's time passes.
    Time,
}

use Move::*;

pub(crate) const MOVES: &[Move] = &[
    Lease(0),
    Try(0),
    Delivered(0),
    Again(0),
    Dead(0),
    Commit(0),
    CommitAnew(0),
    Defer(0),
    Crash(0),
    Lease(1),
    Try(1),
    Delivered(1),
    Again(1),
    Dead(1),
    Commit(1),
    CommitAnew(1),
    Defer(1),
    Crash(1),
    Time,
];

/// What a worker holds.
struct Held {
    leased: Leased,
    /// The conversation when the try began, once it has.
    tried: Option<Conversation>,
    /// Whether it has already been told that its lease is lost, or has settled and not noticed.
    done: bool,
}

/// What the checks know of a delivery beside the store.
#[derive(Default, Clone)]
struct Truth {
    /// The lease that counts, and when it runs out.
    lease: Option<(u64, i64)>,
    /// Tries that were settled and leases that were taken over.
    attempts: u32,
    ended: bool,
    next_at: i64,
}

/// One lane in one store.
pub(crate) struct Play<'a> {
    store: &'a dyn Store,
    name: String,
    now: i64,
    workers: [Option<Held>; 2],
    truth: Vec<Truth>,
    /// What arrived at the receiver.
    arrived: Vec<u64>,
    /// Leases under which a settle was accepted.
    settled: BTreeSet<u64>,
    given: BTreeSet<u64>,
    /// Lines of the transcript that settles brought.
    lines: u64,
    /// Tries whose worker crashed or lost its lease, or that are to be made again: these alone may arrive twice.
    excused: usize,
}

/// All that decides how it goes on.
pub(crate) type Key = Vec<i64>;

impl<'a> Play<'a> {
    pub(crate) async fn start(store: &'a dyn Store, name: &str) -> Self {
        let lane = |it: handover_core::port::store::Change| {
            it.send(Side::Desk).send(Side::Desk).send(Side::Desk)
        };
        assert_eq!(commit(store, name, 0, lane).await, Committed::Done);
        Self {
            store,
            name: name.to_owned(),
            now: 0,
            workers: [None, None],
            truth: vec![Truth::default(); LANE as usize],
            arrived: Vec::new(),
            settled: BTreeSet::new(),
            given: BTreeSet::new(),
            lines: 0,
            excused: 0,
        }
    }

    /// Makes one move and checks it; false when it cannot be made.
    pub(crate) async fn step(&mut self, what: Move) -> bool {
        match what {
            Lease(worker) => self.lease(worker).await,
            Try(worker) => self.try_it(worker).await,
            Delivered(worker) => self.settle(worker, DeliveryState::Delivered).await,
            Again(worker) => self.settle(worker, DeliveryState::Pending).await,
            Dead(worker) => self.settle(worker, DeliveryState::Dead).await,
            Commit(worker) => self.commit(worker, false).await,
            CommitAnew(worker) => self.commit(worker, true).await,
            Defer(worker) => self.defer(worker).await,
            Crash(worker) => {
                let Some(held) = self.workers[worker].take() else { return false };
                self.excused += usize::from(held.tried.is_some());
                true
            }
            Time => {
                // Beyond this nothing depends on the time any more.
                let last = self
                    .truth
                    .iter()
                    .filter(|it| !it.ended)
                    .map(|it| it.lease.map_or(it.next_at, |(_, until)| until));
                if last.max().is_none_or(|last| last <= self.now) {
                    return false;
                }
                self.now += LEASE_MS / 2;
                true
            }
        }
    }

    async fn lease(&mut self, worker: usize) -> bool {
        if self.workers[worker].is_some() {
            return false;
        }
        let until = self.now + LEASE_MS;
        let leased = self.store.lease(at(self.now), at(until), 9).await.unwrap();
        let head = self.truth.iter().position(|it| !it.ended);
        let free = head.filter(|&head| {
            let it = &self.truth[head];
            it.lease.map_or(it.next_at, |(_, until)| until) <= self.now
        });
        let Some(head) = free else {
            assert!(leased.is_empty(), "leased before its time: {leased:?}");
            return false;
        };
        assert_eq!(leased.len(), 1, "one lane, one lease");
        let leased = leased.into_iter().next().unwrap();
        assert_eq!(leased.delivery.id.n, head as u64 + 1, "promise D: the head of the lane");
        assert!(self.given.insert(leased.lease), "no lease is given twice");
        let truth = &mut self.truth[head];
        truth.attempts += u32::from(truth.lease.is_some());
        truth.lease = Some((leased.lease, until));
        assert_eq!(leased.attempts, truth.attempts, "tries are counted, those that ran out too");
        self.workers[worker] = Some(Held { leased, tried: None, done: false });
        true
    }

    async fn try_it(&mut self, worker: usize) -> bool {
        let conversation = current(self.store, &self.name).await;
        let Some(held) = &mut self.workers[worker] else { return false };
        if held.tried.is_some() || held.done {
            return false;
        }
        held.tried = Some(conversation);
        let n = held.leased.delivery.id.n;
        let before = self.truth[..n as usize - 1].iter().all(|it| it.ended);
        assert!(before, "promise D: what comes before it has ended");
        // A worker that lost its lease without noticing sends once more: no store can take that back.
        let lost =
            self.truth[n as usize - 1].lease.map(|(lease, _)| lease) != Some(held.leased.lease);
        self.excused += usize::from(lost);
        self.arrived.push(n);
        true
    }

    /// Whether a settle of what this worker holds must be accepted.
    fn counts(&self, held: &Held) -> bool {
        let truth = &self.truth[held.leased.delivery.id.n as usize - 1];
        !truth.ended && truth.lease.map(|(lease, _)| lease) == Some(held.leased.lease)
    }

    fn note(&mut self, held: &Held, state: DeliveryState, next_at: i64) {
        assert!(self.settled.insert(held.leased.lease), "promise C: two settles of one lease");
        let truth = &mut self.truth[held.leased.delivery.id.n as usize - 1];
        truth.attempts += 1;
        truth.lease = None;
        truth.ended = state.is_final();
        truth.next_at = next_at;
        self.excused += usize::from(!state.is_final());
        // The next of the lane gets its turn behind what is due by then.
        let at = next_at;
        let next = self.truth.iter_mut().find(|it| !it.ended);
        if let Some(next) = next.filter(|_| state.is_final()) {
            next.next_at = next.next_at.max(at);
        }
    }

    /// A worker settles once what it tried, and then, as one that did not hear the answer, again.
    async fn settle(&mut self, worker: usize, state: DeliveryState) -> bool {
        let Some(mut held) = self.workers[worker].take() else { return false };
        if held.tried.is_none() {
            self.workers[worker] = Some(held);
            return false;
        }
        let next = self.now + RETRY_MS;
        let expected = self.counts(&held);
        let accepted = self.store.settle(outcome(&held.leased, state, at(next))).await.unwrap();
        assert_eq!(accepted, expected, "promise C: who lost the lease has no say");
        if accepted {
            self.note(&held, state, next);
        } else {
            self.excused += usize::from(!held.done);
        }
        self.after(worker, &mut held, accepted);
        true
    }

    async fn commit(&mut self, worker: usize, anew: bool) -> bool {
        let Some(mut held) = self.workers[worker].take() else { return false };
        let Some(begun) = held.tried.clone() else {
            self.workers[worker] = Some(held);
            return false;
        };
        let now = current(self.store, &self.name).await;
        let base = if anew { now.clone() } else { begun };
        let next = self.now + RETRY_MS;
        let settle: Settle = outcome(&held.leased, DeliveryState::Delivered, at(next));
        let fresh = base.revision == now.revision;
        let expected = self.counts(&held) && fresh;
        let change = change(base, at(self.now)).say().settling(settle);
        let committed = self.store.commit(change).await.unwrap();
        let accepted = committed == Committed::Done;
        assert_eq!(accepted, expected, "promise C: {committed:?}");
        if accepted {
            self.note(&held, DeliveryState::Delivered, next);
            self.lines += 1;
        } else if !fresh {
            // Nothing was written, and it is decided anew: the worker holds on.
            self.workers[worker] = Some(held);
            return true;
        } else {
            self.excused += usize::from(!held.done);
        }
        self.after(worker, &mut held, accepted);
        true
    }

    /// What was settled is held on to once, as though the answer had been lost; a refusal ends it.
    fn after(&mut self, worker: usize, held: &mut Held, accepted: bool) {
        if accepted && !held.done {
            held.done = true;
            let (leased, tried) = (held.leased.clone(), held.tried.clone());
            self.workers[worker] = Some(Held { leased, tried, done: true });
        }
    }

    async fn defer(&mut self, worker: usize) -> bool {
        let Some(held) = self.workers[worker].take() else { return false };
        if held.tried.is_some() {
            self.workers[worker] = Some(held);
            return false;
        }
        let next = self.now + RETRY_MS;
        let expected = self.counts(&held);
        let id = &held.leased.delivery.id;
        let accepted = self.store.defer(id, held.leased.lease, at(next)).await.unwrap();
        assert_eq!(accepted, expected, "who lost the lease gives nothing back");
        if accepted {
            let truth = &mut self.truth[id.n as usize - 1];
            (truth.lease, truth.next_at) = (None, next);
        }
        true
    }

    /// The state, without counters; checks on the way that the store says what is so.
    pub(crate) async fn key(&self) -> Key {
        let mut key = Vec::new();
        for (truth, record) in self.truth.iter().zip(self.records().await) {
            assert_eq!(record.state.is_final(), truth.ended);
            assert_eq!(record.attempts, truth.attempts, "tries are counted once");
            let lease = truth.lease.map_or(-1, |(_, until)| (until - self.now).max(0));
            let next = if truth.lease.is_some() { -1 } else { (truth.next_at - self.now).max(0) };
            key.extend([i64::from(truth.ended), lease, next]);
        }
        let revision = current(self.store, &self.name).await.revision;
        for worker in &self.workers {
            let Some(held) = worker else {
                key.push(-1);
                continue;
            };
            key.push(held.leased.delivery.id.n as i64);
            key.push(i64::from(self.counts(held)));
            key.push(i64::from(held.done));
            key.push(match &held.tried {
                None => 0,
                Some(begun) if begun.revision == revision => 1,
                Some(_) => 2,
            });
        }
        key
    }

    async fn records(&self) -> Vec<DeliveryRecord> {
        self.store.deliveries(&id(&self.name)).await.unwrap()
    }

    /// Both workers vanish, a third takes over: everything comes to its end, and then the books are checked.
    pub(crate) async fn drain(&mut self) {
        for worker in [0, 1] {
            self.step(Crash(worker)).await;
        }
        for round in 0.. {
            assert!(round < 20, "promise B: it never ends");
            if self.truth.iter().all(|it| it.ended) {
                break;
            }
            if self.step(Lease(0)).await {
                self.step(Try(0)).await;
                self.step(Delivered(0)).await;
                self.workers[0] = None;
            } else {
                assert!(self.step(Time).await, "promise E: the lane can never be leased again");
            }
        }
        let records = self.records().await;
        assert_eq!(records.len() as u64, LANE, "promise B: nothing lost");
        assert!(records.iter().all(|record| record.state.is_final()), "promise B");
        let mut first = Vec::new();
        for n in &self.arrived {
            if !first.contains(n) {
                first.push(*n);
            }
        }
        assert!(first.is_sorted(), "promise D: {:?}", self.arrived);
        assert_eq!(first.len() as u64, LANE, "promise B: each was tried");
        let doubled = self.arrived.len() - first.len();
        assert!(doubled <= self.excused, "promise C: {:?}, excused {}", self.arrived, self.excused);
        let page = Page { after: 0, limit: 100, newest: false };
        let lines = self.store.transcript(&id(&self.name), page).await.unwrap();
        assert_eq!(lines.len() as u64, self.lines, "promise C: a settle's line is written once");
        assert!(lines.len() as u64 <= LANE, "promise C: one line a delivery");
    }
}
