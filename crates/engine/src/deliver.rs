//! Brings one delivery to its side: step, call, step again, settle.

use crate::retry::next_try;
use crate::{Engine, Error, LEASE_MS};
use handover_core::delivery::{Job, ToContact, ToDesk, ToDeskAct};
use handover_core::event::{Event, Outcome, Settled, SettledKind};
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::http::{CallError, Reply};
use handover_core::port::store::{DeliveryState, Leased, Page, Settle};
use handover_core::time::Timestamp;

/// Calls that one delivery may make; more means that its adapter goes round in circles.
const CALLS: usize = 8;

/// What one try came to.
enum Tried {
    Done { link: Option<String> },
    Again { after_s: Option<u32>, why: String, maybe_arrived: bool },
    Never { why: String },
}

impl Engine {
    /// Takes up to `limit` deliveries whose time has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease(&self, limit: u32) -> Result<Vec<Leased>, Error> {
        let now = self.ports.clock.now();
        Ok(self.ports.store.lease(now, now.plus_ms(LEASE_MS), limit).await?)
    }

    /// Works on one leased delivery to its end or its next try.
    ///
    /// # Errors
    /// When the store fails; the lease runs out by itself and the delivery is tried again.
    pub async fn deliver(&self, leased: Leased) -> Result<(), Error> {
        let kind = match &leased.delivery.job {
            Job::Turn(turn) => return self.take_turn(&leased, turn).await,
            Job::ToContact(_) => SettledKind::ToContact,
            Job::ToDesk(ToDesk { session, act: ToDeskAct::Open, .. }) => {
                SettledKind::DeskOpen { session: session.ordinal }
            }
            Job::ToDesk(ToDesk { act: ToDeskAct::Message { .. }, .. }) => SettledKind::ToDesk,
            Job::ToDesk(_) => SettledKind::DeskNotice,
        };
        let tried = match &leased.delivery.job {
            Job::ToContact(job) => self.try_channel(&leased, job).await,
            Job::ToDesk(job) => self.try_desk(&leased, job).await?,
            Job::Turn(_) => return Ok(()),
        };
        let (outcome, state, note) = match tried {
            Tried::Done { link } => {
                (Outcome::Delivered { link }, DeliveryState::Delivered, "delivered".to_owned())
            }
            Tried::Never { why } => (Outcome::Dead { why: why.clone() }, DeliveryState::Dead, why),
            Tried::Again { after_s, why, maybe_arrived } => {
                let now = self.ports.clock.now();
                match next_try(&leased.delivery.id, leased.attempts + 1, after_s, now) {
                    Some(at) if maybe_arrived => {
                        return self.settle_with(&leased, kind, Outcome::Unknown, at, why).await;
                    }
                    Some(at) => {
                        let settle = settle(&leased, DeliveryState::Pending, at, now, why);
                        self.ports.store.settle(settle).await?;
                        return Ok(());
                    }
                    None => (Outcome::Dead { why: why.clone() }, DeliveryState::Dead, why),
                }
            }
        };
        let now = self.ports.clock.now();
        let settle = settle(&leased, state, now, now, note);
        self.settled(&leased, kind, outcome, settle).await
    }

    async fn settle_with(
        &self,
        leased: &Leased,
        kind: SettledKind,
        outcome: Outcome,
        next_at: Timestamp,
        why: String,
    ) -> Result<(), Error> {
        let now = self.ports.clock.now();
        let settle = settle(leased, DeliveryState::Pending, next_at, now, why);
        self.settled(leased, kind, outcome, settle).await
    }

    async fn settled(
        &self,
        leased: &Leased,
        kind: SettledKind,
        outcome: Outcome,
        settle: Settle,
    ) -> Result<(), Error> {
        let event = Event::Settled(Settled {
            delivery: leased.delivery.id.n,
            entry: leased.delivery.entry,
            kind,
            outcome,
        });
        self.apply(&leased.delivery.id.conversation, None, None, Some(settle), &event).await?;
        Ok(())
    }

    async fn try_channel(&self, leased: &Leased, job: &ToContact) -> Tried {
        let Some((account, channel)) = self.ports.directory.channel(&leased.delivery.account)
        else {
            return Tried::Never { why: "this channel is no longer configured".into() };
        };
        self.walk(|replies| channel.step(&account, self.outgoing(leased, job), replies)).await
    }

    async fn try_desk(&self, leased: &Leased, job: &ToDesk) -> Result<Tried, Error> {
        let Some((account, desk)) = self.ports.directory.desk(&leased.delivery.account) else {
            return Ok(Tried::Never { why: "this desk is no longer configured".into() });
        };
        let transcript = match job.act {
            ToDeskAct::Open => {
                let page = Page { after: 0, limit: 500, newest: true };
                let mut entries =
                    self.ports.store.transcript(&leased.delivery.id.conversation, page).await?;
                entries.retain(|entry| entry.for_desk && entry.n <= leased.delivery.entry);
                entries
            }
            _ => Vec::new(),
        };
        // What was learnt when the session was opened is newer than what the job was decided on.
        let mut job = job.clone();
        if let Some(conversation) = self.ports.store.load(&leased.delivery.id.conversation).await?
            && let Some(session) = conversation.session
            && session.ordinal == job.session.ordinal
        {
            job.session.link = session.link;
        }
        Ok(self
            .walk(|replies| desk.step(&account, self.outgoing(leased, &job), &transcript, replies))
            .await)
    }

    fn outgoing<'a, J>(&self, leased: &'a Leased, job: &'a J) -> Outgoing<'a, J> {
        Outgoing {
            id: &leased.delivery.id,
            entry: leased.delivery.entry,
            attempts: leased.attempts,
            at: self.ports.clock.now(),
            job,
        }
    }

    async fn walk(&self, mut step: impl FnMut(&[Reply]) -> Step) -> Tried {
        let mut replies = Vec::new();
        loop {
            match step(&replies) {
                Step::Done { link } => return Tried::Done { link },
                Step::Reject { why } => return Tried::Never { why },
                Step::Retry { after_s, why } => {
                    return Tried::Again { after_s, why, maybe_arrived: false };
                }
                Step::Call(_) if replies.len() >= CALLS => {
                    return Tried::Never { why: "too many calls for one delivery".into() };
                }
                Step::Call(request) => match self.ports.http.call(request).await {
                    Ok(reply) => replies.push(reply),
                    Err(error) => {
                        let why = error.to_string();
                        return match error {
                            CallError::Refused(_) => Tried::Never { why },
                            CallError::NotSent(_) => {
                                Tried::Again { after_s: None, why, maybe_arrived: false }
                            }
                            CallError::Unknown(_) => {
                                Tried::Again { after_s: None, why, maybe_arrived: true }
                            }
                        };
                    }
                },
            }
        }
    }
}

pub(crate) fn settle(
    leased: &Leased,
    state: DeliveryState,
    next_at: Timestamp,
    at: Timestamp,
    note: String,
) -> Settle {
    Settle { delivery: leased.delivery.id.clone(), lease: leased.lease, state, next_at, at, note }
}
