//! Brings one delivery to its side: step, call, step again, settle.

use crate::accept::Apply;
use crate::crowd::Inside;
use crate::lease::{CALL_MS, is_over};
use crate::pace::Urgency;
use crate::retry::{WAIT_MAX_MS, next_try};
use crate::seen::{Seen, clean};
use crate::{Engine, Error, LEASE_MS};
use handover_core::content::Content;
use handover_core::delivery::{Delivery, Job, ToContact, ToDesk, ToDeskAct};
use handover_core::entry::{Body, Entry};
use handover_core::event::{Event, Outcome, Settled, SettledKind};
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::http::{CallError, Reply, Request};
use handover_core::port::manifest::Manifest;
use handover_core::port::store::{DeliveryState, Leased, Page, Settle};
use handover_core::session::EndCause;
use handover_core::time::Timestamp;
use std::mem::take;

/// Calls that one delivery may make; more means that its adapter goes round in circles.
const CALLS: usize = 30;
/// How long what was sent may still be on its way when nobody waits for its answer any more, in seconds: whoever asks
/// the receiver sooner does not find it, and sends it twice.
const LATE_S: u32 = 15;
/// Tries of a delivery that belongs to no real contact.
const REHEARSAL_TRIES: u32 = 3;
/// How long a message is fresh, in milliseconds.
const FRESH_MS: i64 = 60_000;
/// The lines of a transcript that go to the desk: the last ones.
const LINES_MAX: u32 = 500;

/// What one try came to.
enum Tried {
    Done { link: Option<String> },
    Again { after_s: Option<u32>, why: String, maybe_arrived: bool },
    Never { why: String },
}

impl Tried {
    /// The same, its words without an account's secrets.
    fn cleaned(self, account: &Account, manifest: &Manifest) -> Self {
        match self {
            Self::Done { link } => Self::Done { link },
            Self::Never { why } => Self::Never { why: clean(account, manifest, &why) },
            Self::Again { after_s, why, maybe_arrived } => {
                Self::Again { after_s, why: clean(account, manifest, &why), maybe_arrived }
            }
        }
    }
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
            return self.settled(&leased, kind, Outcome::Unknown, settle).await;
        }
        let inside = match self.crowds.enter(*side, account, id, now) {
            Ok(inside) => inside,
            Err(_) if now.since_ms(leased.created_at) > WAIT_MAX_MS => {
                let why = "no answer has come for half a day".to_owned();
                let settle = settle(&leased, DeliveryState::Dead, now, now, why.clone());
                return self.settled(&leased, kind, Outcome::Dead { why }, settle).await;
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
        let is_lost = matches!(settled, Ok(false) | Err(Error::Busy));
        if is_lost && seen.sent && self.was_taken_early(&leased).await? {
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
                        self.settled(leased, kind, Outcome::Unknown, settle).await?;
                        return Ok(true);
                    }
                    Some(at) => {
                        let settle = settle(leased, DeliveryState::Pending, at, now, why);
                        let settle = Settle { calls: take(&mut seen.calls), ..settle };
                        return Ok(self.ports.store.settle(settle).await?);
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
        self.settled(leased, kind, outcome, settle).await?;
        Ok(true)
    }

    /// Gives the lease back untried.
    async fn come_back(&self, leased: &Leased, at: Timestamp) -> Result<(), Error> {
        self.ports.store.defer(&leased.delivery.id, leased.lease, at).await?;
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
    ) -> Result<(), Error> {
        let id = &leased.delivery.id.conversation;
        let event = event(leased, kind, outcome);
        self.apply(Apply { settle: Some(settle), ..Apply::of(id, &event) }).await?;
        Ok(())
    }

    async fn try_channel(&self, leased: &Leased, job: &ToContact, seen: &mut Seen) -> Tried {
        let Some((account, channel)) = self.ports.directory.channel(&leased.delivery.account)
        else {
            return Tried::Never { why: "this channel is no longer configured".into() };
        };
        let base_url = self.ports.directory.place().base_url;
        let content = job.content.clone().with_base(&base_url);
        let job = ToContact { content, ..job.clone() };
        let mut replies = Vec::new();
        loop {
            let outgoing = self.outgoing(leased, &job);
            let request = match ended(channel.step(&account, outgoing, &replies), &replies) {
                Ok(request) => request,
                Err(tried) => return tried.cleaned(&account, channel.manifest()),
            };
            if is_over(leased, seen, self.ports.clock.now()) {
                return over();
            }
            let secrets = (&*account, channel.manifest());
            match seen.call(&self.ports, secrets, request).await {
                Ok(reply) => replies.push(reply),
                Err(error) => return broke_off(&error, channel.manifest().looks_up),
            }
        }
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

    async fn try_desk(
        &self,
        leased: &Leased,
        job: &ToDesk,
        seen: &mut Seen,
    ) -> Result<Tried, Error> {
        let Some((account, desk)) = self.ports.directory.desk(&leased.delivery.account) else {
            return Ok(Tried::Never { why: "this desk is no longer configured".into() });
        };
        let id = &leased.delivery.id.conversation;
        let transcript = self.shown(leased, job).await?;
        let mut job = job.clone();
        // What was learnt when the session was opened is newer than what the job was decided on.
        if let Some(conversation) = self.ports.store.load(id).await? {
            let last = conversation.last.map(|last| last.session);
            let mut known = conversation.session.into_iter().chain(last);
            if let Some(known) = known.find(|known| known.ordinal == job.session.ordinal) {
                job.session.link = known.link;
                job.session.closed_at_desk |= known.closed_at_desk;
            }
        }
        if let ToDeskAct::Message { content } = &mut job.act {
            *content = content.clone().with_base(&self.ports.directory.place().base_url);
        }
        let tried = self.try_account(leased, (&account, desk), &job, &transcript, seen).await;
        let tried = tried.cleaned(&account, desk.manifest());
        let now = self.ports.clock.now();
        match &tried {
            Tried::Done { .. } => self.ports.watch.went_well(&account.id, now),
            Tried::Again { why, .. } | Tried::Never { why } => {
                self.ports.watch.failed(&account.id, now, why);
            }
        }
        Ok(tried)
    }

    async fn try_account(
        &self,
        leased: &Leased,
        (account, desk): (&Account, &dyn Desk),
        job: &ToDesk,
        transcript: &[Entry],
        seen: &mut Seen,
    ) -> Tried {
        let mut replies = Vec::new();
        loop {
            let outgoing = self.outgoing(leased, job);
            let step = desk.step(account, outgoing, transcript, &replies);
            let request = match ended(step, &replies) {
                Ok(request) => request,
                Err(tried) => return tried,
            };
            if is_over(leased, seen, self.ports.clock.now()) {
                return over();
            }
            let is_file = request.file;
            match seen.call(&self.ports, (account, desk.manifest()), request).await {
                Ok(reply) => {
                    self.heard(account, desk, &reply);
                    replies.push(reply);
                }
                // The adapter has another way for a file that may not be fetched (rule 11).
                Err(CallError::Refused(why)) if is_file => replies.push(forbidden(why)),
                Err(error) => return broke_off(&error, desk.manifest().looks_up),
            }
        }
    }

    /// The lines of the transcript that go along.
    async fn shown(&self, leased: &Leased, job: &ToDesk) -> Result<Vec<Entry>, Error> {
        let page = match job.act {
            ToDeskAct::Open => Page { after: 0, limit: LINES_MAX, newest: true },
            ToDeskAct::Trouble { of: Some(of), .. } => {
                Page { after: of.saturating_sub(1), limit: 1, newest: false }
            }
            _ => return Ok(Vec::new()),
        };
        let id = &leased.delivery.id.conversation;
        let mut entries = self.ports.store.transcript(id, page).await?;
        entries.retain(|entry| entry.for_desk && entry.n <= leased.delivery.entry);
        let base_url = self.ports.directory.place().base_url;
        for entry in &mut entries {
            if let Body::Message { content } = &mut entry.body {
                *content = content.clone().with_base(&base_url);
            }
        }
        Ok(entries)
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
}

fn event(leased: &Leased, kind: SettledKind, outcome: Outcome) -> Event {
    let (delivery, entry) = (leased.delivery.id.n, leased.delivery.entry);
    Event::Settled(Settled { delivery, entry, kind, outcome })
}

/// The next call, or what the try came to.
fn ended(step: Step, replies: &[Reply]) -> Result<Request, Tried> {
    Err(match step {
        Step::Call(request) if replies.len() < CALLS => return Ok(request),
        Step::Call(_) => Tried::Never { why: "too many calls for one delivery".into() },
        Step::Done { link } => Tried::Done { link },
        Step::Reject { why } => Tried::Never { why },
        Step::Retry { after_s, why } => Tried::Again { after_s, why, maybe_arrived: false },
    })
}

fn over() -> Tried {
    let why = "it took longer than its lease".into();
    Tried::Again { after_s: None, why, maybe_arrived: false }
}

fn forbidden(why: String) -> Reply {
    Reply { status: 403, headers: Vec::new(), body: why.into_bytes() }
}

/// What a call without an answer means. What can be looked up before it is sent again cannot arrive twice.
fn broke_off(error: &CallError, looks_up: bool) -> Tried {
    let why = error.to_string();
    match error {
        CallError::Refused(_) => Tried::Never { why },
        CallError::NotSent(_) => Tried::Again { after_s: None, why, maybe_arrived: false },
        CallError::Unknown(_) => {
            Tried::Again { after_s: looks_up.then_some(LATE_S), why, maybe_arrived: !looks_up }
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
    let (delivery, lease) = (leased.delivery.id.clone(), leased.lease);
    Settle { delivery, lease, state, next_at, at, note, calls: Vec::new() }
}
