//! Bugs planted on purpose, from outside the product: a simulation that does not find them proves nothing.

use crate::shared::{Shared, lock};
use handover_core::content::Content;
use handover_core::delivery::ToDesk;
use handover_core::entry::{Body, Entry};
use handover_core::port::channel::{Call, DecodeError, Outgoing, Step};
use handover_core::port::desk::{CatchUp, Connect, Desk, Hooked, Usage};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::manifest::Manifest;
use handover_core::port::place::Place;
use handover_core::port::store::{Change, Committed, InboxKey, Leased, Result, Store};
use handover_core::session::Session;
use handover_store::Model;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A bug planted on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// It is said to be on disk before it is (promise B).
    AckBeforeCommit,
    /// Repeats are looked for beside the transaction (promise C).
    DedupeOutside,
    /// What may have arrived is sent again unasked (promise C).
    ResendWithoutLook,
    /// What the bot says late is shown (promise A).
    NoFence,
    /// A lane is not kept in order (promise D).
    LaneOutOfOrder,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AckBeforeCommit,
        Self::DedupeOutside,
        Self::ResendWithoutLook,
        Self::NoFence,
        Self::LaneOutOfOrder,
    ];
}

/// The part of a node's store that may have a bug.
#[derive(Default)]
pub(crate) struct Planted {
    pub(crate) bug: Option<Bug>,
    /// Said to be on disk, and only in this node's memory.
    early: Mutex<Vec<Change>>,
    /// What this installation has seen, beside the transaction.
    seen: Arc<Mutex<BTreeSet<InboxKey>>>,
}

impl Planted {
    pub(crate) fn new(bug: Option<Bug>, seen: Arc<Mutex<BTreeSet<InboxKey>>>) -> Self {
        Self { bug, early: Mutex::default(), seen }
    }

    /// What was said to be on disk gets there now.
    pub(crate) async fn flush(&self, inner: &Model) {
        let early: Vec<Change> = lock(&self.early).drain(..).collect();
        for change in early {
            let _ = inner.commit(change).await;
        }
    }

    /// Shows what should be fenced.
    pub(crate) fn unfence(&self, change: &mut Change) {
        if self.bug != Some(Bug::NoFence) {
            return;
        }
        for entry in &mut change.entries {
            if let Body::Fenced { content } = &entry.body {
                entry.body = Body::Message { content: Content::clone(content) };
                entry.for_contact = true;
            }
        }
    }

    pub(crate) async fn commit(
        &self,
        inner: &Model,
        shared: &Shared,
        mut change: Change,
    ) -> Result<Committed> {
        match self.bug {
            Some(Bug::AckBeforeCommit) if change.settle.is_none() => {
                let known = inner.load(&change.conversation.id).await?;
                let revision = known.map_or(0, |conversation| conversation.revision);
                if revision != change.conversation.revision {
                    return inner.commit(change).await;
                }
                let repeat = change.inbox.clone().is_some_and(|key| !lock(&self.seen).insert(key));
                if repeat {
                    return inner.commit(change).await;
                }
                lock(&self.early).push(change);
                Ok(Committed::Done)
            }
            Some(Bug::DedupeOutside) => {
                let key = change.inbox.take();
                if key.as_ref().is_some_and(|key| lock(&self.seen).contains(key)) {
                    return Ok(Committed::Duplicate { entry: 0 });
                }
                shared.pause(0).await;
                let committed = inner.commit(change).await?;
                shared.pause(1).await;
                if let (Some(key), Committed::Done) = (key, &committed) {
                    lock(&self.seen).insert(key);
                }
                Ok(committed)
            }
            _ => inner.commit(change).await,
        }
    }

    /// Gives out the second of two that wait in a lane before the first.
    pub(crate) async fn disorder(&self, inner: &Model, shared: &Shared, leased: &mut Leased) {
        if self.bug != Some(Bug::LaneOutOfOrder) {
            return;
        }
        let id = leased.delivery.id.clone();
        let Ok(rows) = inner.deliveries(&id.conversation).await else { return };
        let mut swapped = lock(&shared.swapped);
        let known = swapped.get(&id).copied();
        let other = rows.iter().map(|row| &row.delivery).find(|other| match known {
            Some(n) => other.id.n == n,
            None => {
                other.id.n > id.n
                    && other.side == leased.delivery.side
                    && std::mem::discriminant(&other.job)
                        == std::mem::discriminant(&leased.delivery.job)
                    && is_plain_message(other)
                    && is_plain_message(&leased.delivery)
                    && !swapped.contains_key(&other.id)
            }
        });
        if let Some(other) = other {
            swapped.insert(id.clone(), other.id.n);
            swapped.insert(other.id.clone(), id.n);
            leased.delivery.job = other.job.clone();
            leased.delivery.entry = other.entry;
        }
    }
}

fn is_plain_message(delivery: &handover_core::delivery::Delivery) -> bool {
    use handover_core::delivery::{Job, ToDeskAct};
    match &delivery.job {
        Job::ToContact(_) => true,
        Job::ToDesk(job) => matches!(job.act, ToDeskAct::Message { .. }),
        Job::Turn(_) => false,
    }
}

/// A desk that never looks up what it may have sent.
pub(crate) struct Forgetful(pub(crate) &'static dyn Desk);

impl Desk for Forgetful {
    fn manifest(&self) -> &'static Manifest {
        self.0.manifest()
    }

    fn verify(&self, account: &Account, call: &Call<'_>) -> std::result::Result<(), DecodeError> {
        self.0.verify(account, call)
    }

    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
        answers: &[Reply],
    ) -> std::result::Result<Hooked, DecodeError> {
        self.0.decode(account, call, answers)
    }

    fn step(
        &self,
        account: &Account,
        job: Outgoing<'_, ToDesk>,
        transcript: &[Entry],
        so_far: &[Reply],
    ) -> Step {
        self.0.step(account, Outgoing { attempts: 0, ..job }, transcript, so_far)
    }

    fn connect(&self, account: &Account, place: &Place, answers: &[Reply]) -> Connect {
        self.0.connect(account, place, answers)
    }

    fn catch_up(
        &self,
        account: &Account,
        session: &Session,
        cursor: Option<&str>,
        answers: &[Reply],
    ) -> CatchUp {
        self.0.catch_up(account, session, cursor, answers)
    }

    fn usage(&self, reply: &Reply) -> Option<Usage> {
        self.0.usage(reply)
    }
}
