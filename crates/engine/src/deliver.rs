//! Brings one delivery to its side: whether now, what came of it, when again.

use crate::accept::Apply;
use crate::attempt::Tried;
use crate::crowd::Inside;
use crate::lease::CALL_MS;
use crate::pace::Urgency;
use crate::retry::{WAIT_MAX_MS, next_try};
use crate::seen::Seen;
use crate::{Engine, Error, LEASE_MS};
use handover_core::content::Content;
use handover_core::delivery::{Delivery, Job, ToDesk, ToDeskAct};
use handover_core::event::{Event, Outcome, Settled, SettledKind};
use handover_core::port::store::{DeliveryState, Leased, Settle};
use handover_core::session::EndCause;
use handover_core::time::Timestamp;
use std::mem::take;

/// Tries of a delivery that belongs to no real contact.
const REHEARSAL_TRIES: u32 = 3;
/// How long a message is fresh, in milliseconds.
const FRESH_MS: i64 = 60_000;
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
        let Delivery { id, side, account, .. } = &leased.delivery;
        let now = self.ports.clock.now();
        let kind = match &leased.delivery.job {
            Job::Turn(turn) => {
                return match self.crowds.enter(*side, account, id, now) {
                    Ok(_inside) => self.take_turn(&leased, turn).await,
                    Err(later) => self.come_back(&leased, later).await,
                };
            }
            Job::ToContact(_) => SettledKind::ToContact,
            Job::ToDesk(ToDesk { session, act: ToDeskAct::Open, .. }) => {
                SettledKind::DeskOpen { session: session.ordinal }
            }
            Job::ToDesk(ToDesk { act: ToDeskAct::Message { .. }, .. }) => SettledKind::ToDesk,
            Job::ToDesk(_) => SettledKind::DeskNotice,
        };
        if leased.interrupted {
            if self.looks_up(&leased) {
                // What was sent under the lease before may still be on its way.
                return self.come_back(&leased, now.plus_ms(CALL_MS)).await;
            }
            let why = "whoever tried it before is gone".to_owned();
            let settle = settle(&leased, DeliveryState::Pending, now, now, why);
            let mut seen = Seen::default();
            return self.settled(&leased, kind, Outcome::Unknown, settle, &mut seen).await;
        }
        let inside = match self.crowds.enter(*side, account, id, now) {
            Ok(inside) => inside,
            Err(_) if now.since_ms(leased.created_at) > WAIT_MAX_MS => {
                let why = "no answer has come for half a day".to_owned();
                let settle = settle(&leased, DeliveryState::Dead, now, now, why.clone());
                let (outcome, mut seen) = (Outcome::Dead { why }, Seen::default());
                return self.settled(&leased, kind, outcome, settle, &mut seen).await;
            }
            Err(later) => return self.come_back(&leased, later).await,
        };
        if let Job::ToDesk(job) = &leased.delivery.job
            && let Some(later) = self.too_soon(&leased, job)
        {
            return self.come_back(&leased, later).await;
        }
        let mut seen = Seen::default();
        let settled = self.tried(&leased, kind, &mut seen, &inside).await;
        drop(inside);
        let is_lost = matches!(settled, Ok(false) | Err(Error::Lost));
        if is_lost && seen.sent && !seen.may_be_settled && self.was_taken_early(&leased).await? {
            self.apply(Apply::of(
                &leased.delivery.id.conversation,
                &event(&leased, kind, Outcome::Twice),
            ))
            .await?;
        }
        settled.map(|_| ())
    }

    /// Tries and settles; false when the lease was lost meanwhile.
    async fn tried(
        &self,
        leased: &Leased,
        kind: SettledKind,
        seen: &mut Seen,
        inside: &Inside,
    ) -> Result<bool, Error> {
        let tried = match &leased.delivery.job {
            Job::ToContact(job) => self.try_channel(leased, job, seen).await,
            Job::ToDesk(job) => self.try_desk(leased, job, seen).await?,
            Job::Turn(_) => return Ok(true),
        };
        inside.was_answered(!seen.is_silent);
        let tried = match tried {
            Tried::Again { why, .. }
                if leased.attempts + 1 >= REHEARSAL_TRIES && self.is_rehearsal(leased).await? =>
            {
                Tried::Never { why }
            }
            tried => tried,
        };
        let (outcome, state, note) = match tried {
            Tried::Done { link } => {
                (Outcome::Delivered { link }, DeliveryState::Delivered, "delivered".to_owned())
            }
            Tried::Never { why } => (Outcome::Dead { why: why.clone() }, DeliveryState::Dead, why),
            Tried::Again { after_s, why, maybe_arrived } => {
                let now = self.ports.clock.now();
                let tries = leased.attempts.saturating_sub(leased.forgiven) + 1;
                match next_try(&leased.delivery.id, tries, after_s, now) {
                    Some(at) if maybe_arrived => {
                        let settle = settle(leased, DeliveryState::Pending, at, now, why);
                        let settle = Settle { calls: take(&mut seen.calls), ..settle };
                        self.settled(leased, kind, Outcome::Unknown, settle, seen).await?;
                        return Ok(true);
                    }
                    Some(at) => {
                        let settle = settle(leased, DeliveryState::Pending, at, now, why);
                        let settle = Settle { calls: take(&mut seen.calls), ..settle };
                        let ask = || async { Ok(self.ports.store.settle(settle.clone()).await?) };
                        let (held, again) = self.insist(leased, ask).await;
                        seen.may_be_settled |= again;
                        return held;
                    }
                    None => (Outcome::Dead { why: why.clone() }, DeliveryState::Dead, why),
                }
            }
        };
        let state = match state {
            DeliveryState::Dead if self.is_rehearsal(leased).await? => DeliveryState::Skipped,
            state => state,
        };
        let now = self.ports.clock.now();
        let calls = take(&mut seen.calls);
        let settle = Settle { calls, ..settle(leased, state, now, now, note) };
        self.settled(leased, kind, outcome, settle, seen).await?;
        Ok(true)
    }

    /// Gives the lease back untried.
    async fn come_back(&self, leased: &Leased, at: Timestamp) -> Result<(), Error> {
        let Leased { delivery, lease, .. } = leased;
        let ask = || async { Ok(self.ports.store.defer(&delivery.id, *lease, at).await?) };
        self.insist(leased, ask).await.0?;
        Ok(())
    }

    /// Whether a delivery belongs to no real contact: then it is given up soon, and nobody need repeat it.
    async fn is_rehearsal(&self, leased: &Leased) -> Result<bool, Error> {
        let conversation = self.ports.store.load(&leased.delivery.id.conversation).await?;
        Ok(conversation.is_some_and(|it| self.ports.directory.is_rehearsal(&it.channel)))
    }

    async fn settled(
        &self,
        leased: &Leased,
        kind: SettledKind,
        outcome: Outcome,
        settle: Settle,
        seen: &mut Seen,
    ) -> Result<(), Error> {
        let id = &leased.delivery.id.conversation;
        let event = event(leased, kind, outcome);
        let ask = || self.apply(Apply { settle: Some(settle.clone()), ..Apply::of(id, &event) });
        let (applied, again) = self.insist(leased, ask).await;
        seen.may_be_settled |= again;
        applied.map(|_| ())
    }

    /// When to come back, if the account's limit has no room now.
    fn too_soon(&self, leased: &Leased, job: &ToDesk) -> Option<Timestamp> {
        let account = &leased.delivery.account;
        let limit = self.ports.directory.desk(account)?.1.manifest().limit?;
        let (urgency, calls) = match &job.act {
            ToDeskAct::Message { content: Content::Media(_) } => (Urgency::Live, 3),
            ToDeskAct::Message { .. } => (Urgency::Live, 1),
            ToDeskAct::Open => (Urgency::Bulk, 5),
            // Many sessions may expire at one moment, and nobody waits to hear of it.
            ToDeskAct::Ended { cause: EndCause::Expired } => (Urgency::Bulk, 2),
            ToDeskAct::Ended { .. } | ToDeskAct::Trouble { .. } => (Urgency::Live, 2),
        };
        let now = self.ports.clock.now();
        // What is left over from a bad hour must not hold up those who write now.
        let left_over = now.since_ms(leased.created_at) > FRESH_MS;
        let urgency = if left_over { Urgency::Bulk } else { urgency };
        self.paces.may(account, limit, &leased.delivery.id, urgency, calls, now).err()
    }
}

fn event(leased: &Leased, kind: SettledKind, outcome: Outcome) -> Event {
    let (delivery, entry) = (leased.delivery.id.n, leased.delivery.entry);
    Event::Settled(Settled { delivery, entry, kind, outcome })
}

pub(crate) fn settle(
    leased: &Leased,
    state: DeliveryState,
    next_at: Timestamp,
    at: Timestamp,
    note: String,
) -> Settle {
    let (delivery, lease) = (leased.delivery.id.clone(), leased.lease);
    Settle { delivery, lease, state, next_at, at, note, calls: Vec::new() }
}
