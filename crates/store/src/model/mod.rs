//! The naive store: maps behind a lock. What it answers is right by being plain; nothing survives the process.

mod events;
mod outbox;
mod port;

use crate::change::LEASE_RAN_OUT;
use handover_core::conversation::Conversation;
use handover_core::delivery::{Delivery, Side};
use handover_core::entry::Entry;
use handover_core::ids::{ConversationId, DeliveryId, SessionId};
use handover_core::port::outbox::{Attempt, By, TRIES_WITH_CALLS};
use handover_core::port::store::{
    AGAIN, AGAIN_BY, Change, Committed, Counts, DeliveryState, InboxKey, Leased, Result,
    SessionFilter, Settle, StoreError,
};
use handover_core::session::{SessionRecord, SessionState};
use handover_core::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The store that tests and simulations measure the others by.
#[derive(Debug, Default)]
pub struct Model {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    conversations: BTreeMap<ConversationId, Room>,
    sessions: BTreeMap<SessionId, SessionRecord>,
    inbox: BTreeMap<InboxKey, (Timestamp, u64)>,
    records: BTreeMap<(String, String), Value>,
    last_lease: u64,
    keeps_events: bool,
    /// The entries that a log elsewhere has yet to be told, by their places.
    events: BTreeMap<u64, (ConversationId, u64)>,
    last_event: u64,
}

/// A conversation and what hangs on it.
#[derive(Debug)]
struct Room {
    /// Its place among all conversations, by which equal times are ordered.
    nr: usize,
    conversation: Conversation,
    entries: BTreeMap<u64, Entry>,
    deliveries: BTreeMap<u64, Row>,
    bot_state: Option<Value>,
}

#[derive(Debug)]
struct Row {
    delivery: Delivery,
    state: DeliveryState,
    attempts: u32,
    created_at: Timestamp,
    next_at: Timestamp,
    lease: Option<(u64, Timestamp)>,
    note: String,
    forgiven: u32,
    history: Vec<Attempt>,
}

impl Row {
    /// When it may be leased, if it is the head of its lane.
    fn wake(&self) -> Timestamp {
        self.lease.map_or(self.next_at, |(_, until)| until)
    }

    fn settle(&mut self, settle: Settle) {
        self.state = settle.state;
        self.next_at = if settle.state.is_final() { settle.at } else { settle.next_at };
        self.lease = None;
        self.line(settle.at, settle.note, None);
        if let Some(line) = self.history.last_mut() {
            line.calls = settle.calls;
        }
        for line in &mut self.history {
            if line.number + TRIES_WITH_CALLS <= self.attempts {
                line.calls.clear();
            }
        }
    }

    /// Adds a line to the history.
    fn line(&mut self, at: Timestamp, note: String, by: Option<String>) {
        self.attempts += 1;
        self.note.clone_from(&note);
        let (delivery, number) = (self.delivery.id.n, self.attempts);
        self.history.push(Attempt { delivery, number, at, note, by, calls: Vec::new() });
    }
}

impl Room {
    /// What a try came to. The next of the lane gets its turn behind what is due by then.
    fn settle(&mut self, settle: Settle) {
        let (at, is_final) = (settle.at, settle.state.is_final());
        let Some(row) = self.deliveries.get_mut(&settle.delivery.n) else { return };
        let side = row.delivery.side;
        row.settle(settle);
        let mut waiting = self.deliveries.values_mut();
        let next = waiting.find(|row| row.delivery.side == side && !row.state.is_final());
        if let Some(next) = next.filter(|_| is_final) {
            next.next_at = next.next_at.max(at);
        }
    }
}

impl Room {
    /// The delivery of each lane that is leased, or else the first that has not ended.
    fn heads(&self) -> impl Iterator<Item = &Row> {
        [Side::Contact, Side::Desk, Side::Bot].into_iter().filter_map(|side| {
            let mut lane = self
                .deliveries
                .values()
                .filter(move |row| row.delivery.side == side && !row.state.is_final());
            lane.clone().find(|row| row.lease.is_some()).or_else(|| lane.next())
        })
    }
}

impl State {
    fn leased(&mut self, settle: &Settle) -> Option<&mut Row> {
        self.held(&settle.delivery, settle.lease)
    }

    fn held(&mut self, delivery: &DeliveryId, lease: u64) -> Option<&mut Row> {
        let room = self.conversations.get_mut(&delivery.conversation)?;
        let row = room.deliveries.get_mut(&delivery.n)?;
        let held = row.lease.is_some_and(|(held, _)| held == lease);
        (held && !row.state.is_final()).then_some(row)
    }

    /// False when the lease was lost.
    fn settle(&mut self, settle: Settle) -> bool {
        if self.leased(&settle).is_none() {
            return false;
        }
        let room = self.conversations.get_mut(&settle.delivery.conversation);
        room.map(|room| room.settle(settle)).is_some()
    }

    /// Refuses numbers that are taken, as a database's keys do.
    fn is_new(&self, change: &Change) -> Result<()> {
        let room = self.conversations.get(&change.conversation.id);
        let taken = |numbers: Vec<u64>, known: &dyn Fn(&Room, &u64) -> bool| {
            numbers.iter().enumerate().any(|(index, n)| {
                numbers[..index].contains(n) || room.is_some_and(|room| known(room, n))
            })
        };
        let entries = change.entries.iter().map(|entry| entry.n).collect();
        let deliveries = change.deliveries.iter().map(|delivery| delivery.id.n).collect();
        if taken(entries, &|room, n| room.entries.contains_key(n))
            || taken(deliveries, &|room, n| room.deliveries.contains_key(n))
        {
            return Err(StoreError(
                "an entry or a delivery of this number is there already".into(),
            ));
        }
        Ok(())
    }

    fn commit(&mut self, change: Change) -> Result<Committed> {
        if let Some((_, entry)) = change.inbox.as_ref().and_then(|key| self.inbox.get(key)) {
            return Ok(Committed::Duplicate { entry: *entry });
        }
        let known = self.conversations.get(&change.conversation.id);
        if known.map_or(0, |room| room.conversation.revision) != change.conversation.revision {
            return Ok(Committed::Stale);
        }
        if change.settle.as_ref().is_some_and(|settle| self.leased(settle).is_none()) {
            return Ok(Committed::Stale);
        }
        self.is_new(&change)?;
        self.write(change);
        Ok(Committed::Done)
    }

    fn write(&mut self, change: Change) {
        for entry in change.entries.iter().filter(|_| self.keeps_events) {
            self.last_event += 1;
            self.events.insert(self.last_event, (change.conversation.id.clone(), entry.n));
        }
        if let Some(settle) = change.settle {
            self.settle(settle);
        }
        if let Some(key) = change.inbox {
            let entry = change.entries.first().map_or(0, |entry| entry.n);
            self.inbox.insert(key, (change.at, entry));
        }
        for session in change.sessions {
            self.sessions.insert(session.id.clone(), session);
        }
        let nr = self.conversations.len();
        let room =
            self.conversations.entry(change.conversation.id.clone()).or_insert_with(|| Room {
                nr,
                conversation: change.conversation.clone(),
                entries: BTreeMap::new(),
                deliveries: BTreeMap::new(),
                bot_state: None,
            });
        room.conversation = change.conversation;
        room.conversation.revision += 1;
        room.entries.extend(change.entries.into_iter().map(|entry| (entry.n, entry)));
        room.deliveries.extend(change.deliveries.into_iter().map(|delivery| {
            let row = Row {
                delivery,
                state: DeliveryState::Pending,
                attempts: 0,
                created_at: change.at,
                next_at: change.at,
                lease: None,
                note: String::new(),
                forgiven: 0,
                history: Vec::new(),
            };
            (row.delivery.id.n, row)
        }));
        for n in change.again {
            if let Some(row) = room.deliveries.get_mut(&n)
                && row.state == DeliveryState::Delivered
            {
                row.repeat(By { at: change.at, who: AGAIN_BY.into(), note: AGAIN.into() });
            }
        }
        room.bot_state = change.bot_state.or(room.bot_state.take());
    }

    fn lease(&mut self, now: Timestamp, until: Timestamp, limit: u32) -> Vec<Leased> {
        let mut due: Vec<(Timestamp, usize, DeliveryId)> = self
            .conversations
            .values()
            .flat_map(|room| {
                room.heads().map(move |row| (row.wake(), room.nr, row.delivery.id.clone()))
            })
            .filter(|(wake, ..)| *wake <= now)
            .collect();
        due.sort();
        due.truncate(limit as usize);
        due.into_iter().filter_map(|(_, _, id)| self.take(&id, now, until)).collect()
    }

    fn take(&mut self, id: &DeliveryId, now: Timestamp, until: Timestamp) -> Option<Leased> {
        let room = self.conversations.get_mut(&id.conversation)?;
        let revision = room.conversation.revision;
        let row = room.deliveries.get_mut(&id.n)?;
        let interrupted = row.lease.is_some();
        if interrupted {
            row.line(now, LEASE_RAN_OUT.into(), None);
        }
        self.last_lease += 1;
        row.lease = Some((self.last_lease, until));
        Some(Leased {
            delivery: row.delivery.clone(),
            revision,
            attempts: row.attempts,
            forgiven: row.forgiven,
            lease: self.last_lease,
            until,
            interrupted,
            created_at: row.created_at,
        })
    }

    fn sessions(&self, filter: &SessionFilter) -> Vec<SessionRecord> {
        let mut found: Vec<&SessionRecord> = self
            .sessions
            .values()
            .filter(|session| filter.open.is_none_or(|open| session.state.is_open() == open))
            .filter(|session| filter.conversation.iter().all(|id| session.conversation == *id))
            .collect();
        found.sort_by_key(|session| (session.started_at, &session.id));
        let (waiting, others): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|session| session.state == SessionState::Waiting);
        waiting
            .into_iter()
            .chain(others.into_iter().rev())
            .take(filter.limit as usize)
            .cloned()
            .collect()
    }

    fn counts(&self) -> Counts {
        let sessions = |state| self.sessions.values().filter(|s| s.state == state).count() as u64;
        let deliveries = |state| {
            let rows = self.conversations.values().flat_map(|room| room.deliveries.values());
            rows.filter(|row| row.state == state).count() as u64
        };
        Counts {
            conversations: self.conversations.len() as u64,
            sessions_waiting: sessions(SessionState::Waiting),
            sessions_agent: sessions(SessionState::Agent),
            deliveries_pending: deliveries(DeliveryState::Pending),
            deliveries_dead: deliveries(DeliveryState::Dead),
        }
    }
}

impl Model {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets all leases run out at `now`, as a store of one process does when that begins anew.
    pub fn give_up_all(&self, now: Timestamp) {
        for row in self.state().conversations.values_mut().flat_map(|it| it.deliveries.values_mut())
        {
            row.lease = row.lease.map(|(lease, _)| (lease, now));
        }
    }

    /// Gives all leases back: each is due again when it was before it was leased.
    pub fn give_back_all(&self) {
        for row in self.state().conversations.values_mut().flat_map(|it| it.deliveries.values_mut())
        {
            row.lease = row.lease.map(|(lease, _)| (lease, row.next_at));
        }
    }

    /// A case that failed while it held the lock has told its own story; the next need not fail for it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room<T>(&self, id: &ConversationId, read: impl FnOnce(&Room) -> T) -> Option<T> {
        self.state().conversations.get(id).map(read)
    }
}
