//! A group: commits and settles that waited together, in one transaction. Each holds or does not hold by itself.

use super::columns::{count, signed, to_text, unsigned};
use super::commit::{CREATE, Changes, Encoded, KNOWN, LOCK};
use super::connection::Connection;
use super::failure::Tried;
use super::hand::Work;
use super::lease::{HELD, Held, Settled, Settling};
use super::writes::Writes;
use async_trait::async_trait;
use futures_util::future::{OptionFuture, join4};
use handover_core::ids::{ConversationId, DeliveryId};
use handover_core::port::store::{Committed, Result};
use handover_core::time::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio_postgres::Row;

/// What is asked of a group.
pub(super) enum Ask {
    Commit(Box<Encoded>),
    Settle(Box<Settled>),
    Defer(Deferred),
}

/// A lease that is given back untried.
pub(super) struct Deferred {
    delivery: DeliveryId,
    n: i64,
    lease: u64,
    next_at: Timestamp,
}

impl Deferred {
    pub(super) fn new(delivery: &DeliveryId, lease: u64, next_at: Timestamp) -> Result<Self> {
        Ok(Self { delivery: delivery.clone(), n: signed(delivery.n)?, lease, next_at })
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Committed(Committed),
    /// Whether the lease was held.
    Held(bool),
    /// Nothing yet: it follows on something else in this group, and has to be in another.
    NotYet,
}

impl Ask {
    fn settled(&self) -> Option<(&ConversationId, i64)> {
        match self {
            Self::Commit(change) => change.settle.as_ref().map(Settled::place),
            Self::Settle(settled) => Some(settled.place()),
            Self::Defer(deferred) => Some((&deferred.delivery.conversation, deferred.n)),
        }
    }
}

impl Settled {
    fn place(&self) -> (&ConversationId, i64) {
        (&self.settle.delivery.conversation, self.n)
    }
}

/// Asks that go into one transaction.
pub(super) struct Group<'a>(pub(super) &'a [&'a Ask]);

#[async_trait]
impl Work for Group<'_> {
    type Answer = Vec<Told>;

    async fn decide(&self, connection: &Connection) -> Tried<(Vec<Told>, Writes<'_>)> {
        let mut found = self.look(connection).await?;
        let (mut settling, mut changes) = (Settling::default(), Changes::default());
        let mut told = Vec::with_capacity(self.0.len());
        for (index, ask) in self.0.iter().enumerate() {
            told.push(match ask {
                Ask::Commit(change) => {
                    let committed = found.commit(index, change);
                    if committed == Told::Committed(Committed::Done) {
                        let (nr, is_new) = found.write(change);
                        changes.add(nr, is_new, change);
                        if let Some(settled) = &change.settle
                            && let Some(held) = found.take(settled)
                        {
                            settling.settle(held, settled);
                        }
                    }
                    committed
                }
                Ask::Settle(settled) => {
                    let held = found.take(settled);
                    let told = Told::Held(held.is_some());
                    held.into_iter().for_each(|held| settling.settle(held, settled));
                    told
                }
                Ask::Defer(it) => {
                    let held = found.held.take(&it.delivery.conversation, it.n, it.lease);
                    let told = Told::Held(held.is_some());
                    held.into_iter().for_each(|held| settling.defer(held, it.n, it.next_at));
                    told
                }
            });
        }
        // Lanes are moved on before anything is put at their ends.
        let mut writes = Writes::made(found.rooms.values().any(|room| room.is_new));
        settling.write(&mut writes);
        changes.write(&mut writes);
        Ok((told, writes))
    }
}

impl<'a> Group<'a> {
    /// Makes the conversations that are new, locks all others, and reads what deciding needs. One statement goes after the
    /// other, so what is read is what is stored once the locks are there.
    async fn look(&self, connection: &Connection) -> Tried<Found<'a>> {
        let fresh = self.fresh();
        let ids: Vec<&str> = fresh.iter().map(|change| change.id.as_str()).collect();
        let due: Vec<Option<i64>> = fresh.iter().map(|change| change.due).collect();
        let bodies: Vec<&str> = fresh.iter().map(|change| change.body.as_str()).collect();
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&ids, &due, &bodies];
        let created = (!ids.is_empty()).then(|| connection.query(CREATE, &values));
        let (created, rows, known, held) = join4(
            OptionFuture::from(created),
            self.lock(connection),
            self.known(connection),
            self.held(connection),
        )
        .await;
        let created = created.transpose()?.unwrap_or_default();
        let mut found = Found { rooms: rooms(&rows?)?, known: known?, held: held? };
        for row in created {
            if let Some(room) = found.rooms.get_mut(row.try_get::<_, &str>(0)?) {
                (room.revision, room.is_new) = (0, true);
            }
        }
        Ok(found)
    }

    /// The changes that may be the first of their conversations, one for each, in the order of ids. One that settles
    /// something cannot be.
    fn fresh(&self) -> Vec<&'a Encoded> {
        let mut seen = HashSet::new();
        let mut fresh: Vec<&Encoded> = self
            .changes()
            .map(|(_, change)| change)
            .filter(|change| change.revision == 0 && change.settle.is_none())
            .filter(|change| seen.insert(change.id.as_str()))
            .collect();
        fresh.sort_by(|a, b| a.id.cmp(&b.id));
        fresh
    }

    fn changes(&self) -> impl Iterator<Item = (usize, &'a Encoded)> {
        self.0.iter().enumerate().filter_map(|(index, ask)| match ask {
            Ask::Commit(change) => Some((index, &**change)),
            Ask::Settle(_) | Ask::Defer(_) => None,
        })
    }

    async fn lock(&self, connection: &Connection) -> Tried<Vec<Row>> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for ask in self.0 {
            match ask {
                Ask::Commit(change) => ids.insert(change.id.clone()),
                Ask::Settle(it) => ids.insert(id(&it.settle.delivery.conversation)),
                Ask::Defer(it) => ids.insert(id(&it.delivery.conversation)),
            };
        }
        let ids: Vec<String> = ids.into_iter().collect();
        connection.query(LOCK, &[&ids]).await
    }

    /// The first entries that changes made when they came before, by their places in the group.
    async fn known(&self, connection: &Connection) -> Tried<HashMap<usize, u64>> {
        let (mut places, mut ids, mut accounts, mut sources) = (vec![], vec![], vec![], vec![]);
        for (index, change) in self.changes() {
            let Some((account, source)) = &change.inbox else { continue };
            places.push(index as i32);
            ids.push(change.id.as_str());
            accounts.push(account.as_str());
            sources.push(source.as_str());
        }
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = connection.query(KNOWN, &[&places, &ids, &accounts, &sources]).await?;
        rows.iter().map(|row| Ok((count(row, 0)? as usize, unsigned(row, 1)?))).collect()
    }

    async fn held(&self, connection: &Connection) -> Tried<AllHeld> {
        let places: BTreeSet<(&ConversationId, i64)> =
            self.0.iter().filter_map(|ask| ask.settled()).collect();
        if places.is_empty() {
            return Ok(AllHeld::default());
        }
        let numbers: Vec<i32> = (0..places.len() as i32).collect();
        let ids: Vec<String> = places.iter().map(|(conversation, _)| id(conversation)).collect();
        let ns: Vec<i64> = places.iter().map(|(_, n)| *n).collect();
        let rows = connection.query(HELD, &[&numbers, &ids, &ns]).await?;
        let places: Vec<_> = places.into_iter().collect();
        let mut held = HashMap::new();
        for row in &rows {
            let Some((conversation, n)) = places.get(count(row, 0)? as usize) else { continue };
            let it = Held {
                conversation: row.try_get(1)?,
                side: row.try_get(2)?,
                attempts: count(row, 3)?,
                lease: unsigned(row, 4)?,
            };
            held.insert(((*conversation).clone(), *n), it);
        }
        Ok(AllHeld(held))
    }
}

fn id(conversation: &ConversationId) -> String {
    to_text(conversation.as_str()).into_owned()
}

fn rooms<'a>(rows: &[Row]) -> Tried<HashMap<String, Room<'a>>> {
    rows.iter()
        .map(|row| {
            let (nr, revision) = (row.try_get(1)?, row.try_get(2)?);
            Ok((row.try_get(0)?, Room { nr, revision, is_new: false, written: None }))
        })
        .collect()
}

/// What deciding needs of what is stored, and of what this group has written so far.
struct Found<'a> {
    rooms: HashMap<String, Room<'a>>,
    known: HashMap<usize, u64>,
    held: AllHeld,
}

/// A conversation, as far as checking needs it.
struct Room<'a> {
    nr: i64,
    revision: i64,
    is_new: bool,
    /// The change that this group writes: one a group.
    written: Option<&'a Encoded>,
}

/// Deliveries under a lease, until something is done to them.
#[derive(Default)]
struct AllHeld(HashMap<(ConversationId, i64), Held>);

impl AllHeld {
    fn is(&self, conversation: &ConversationId, n: i64, lease: u64) -> bool {
        self.0.get(&(conversation.clone(), n)).is_some_and(|held| held.lease == lease)
    }

    fn take(&mut self, conversation: &ConversationId, n: i64, lease: u64) -> Option<Held> {
        if !self.is(conversation, n, lease) {
            return None;
        }
        self.0.remove(&(conversation.clone(), n))
    }
}

impl<'a> Found<'a> {
    /// Checks a change; `Done` is still to be written.
    fn commit(&self, index: usize, change: &Encoded) -> Told {
        if let Some(entry) = self.known.get(&index) {
            return Told::Committed(Committed::Duplicate { entry: *entry });
        }
        let room = self.rooms.get(&change.id);
        if let Some(written) = room.and_then(|room| room.written) {
            if change.inbox.is_some() && change.inbox == written.inbox {
                let entry = written.first_entry().unsigned_abs();
                return Told::Committed(Committed::Duplicate { entry });
            }
            if change.revision == written.revision + 1 {
                return Told::NotYet;
            }
            return Told::Committed(Committed::Stale);
        }
        if room.map_or(0, |room| room.revision) != change.revision {
            return Told::Committed(Committed::Stale);
        }
        let holds = change.settle.as_ref().is_none_or(|settled| {
            let (conversation, n) = settled.place();
            self.held.is(conversation, n, settled.settle.lease)
        });
        // Without a room there is nothing that could be settled, so a change that holds has one.
        Told::Committed(if holds && room.is_some() { Committed::Done } else { Committed::Stale })
    }

    /// Takes note of a change that is written: its conversation's number, and whether that is new.
    fn write(&mut self, change: &'a Encoded) -> (i64, bool) {
        self.rooms.get_mut(&change.id).map_or((0, false), |room| {
            room.written = Some(change);
            (room.nr, room.is_new)
        })
    }

    fn take(&mut self, settled: &Settled) -> Option<Held> {
        let (conversation, n) = settled.place();
        self.held.take(conversation, n, settled.settle.lease)
    }
}
