//! One try of a delivery: step, call, step again, until the adapter says what came of it.

use crate::lease::is_over;
use crate::seen::{Seen, clean};
use crate::{Engine, Error};
use handover_core::delivery::{ToContact, ToDesk, ToDeskAct};
use handover_core::entry::{Body, Entry};
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::http::{CallError, Reply, Request};
use handover_core::port::manifest::Manifest;
use handover_core::port::store::{Leased, Page};

/// Calls that one delivery may make; more means that its adapter goes round in circles.
const CALLS: usize = 30;
/// How long what was sent may still be on its way when nobody waits for its answer any more, in seconds: whoever asks
/// the receiver sooner does not find it, and sends it twice.
const LATE_S: u32 = 15;
/// The lines of a transcript that go to the desk: the last ones.
const LINES_MAX: u32 = 500;

/// What one try came to.
pub(crate) enum Tried {
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
    /// Tries to bring something to the contact.
    pub(crate) async fn try_channel(
        &self,
        leased: &Leased,
        job: &ToContact,
        seen: &mut Seen,
    ) -> Tried {
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

    /// Tries to bring something to the desk.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn try_desk(
        &self,
        leased: &Leased,
        job: &ToDesk,
        seen: &mut Seen,
    ) -> Result<Tried, Error> {
        let Some((account, desk)) = self.ports.directory.desk(&leased.delivery.account) else {
            return Ok(Tried::Never { why: "this desk is no longer configured".into() });
        };
        let (transcript, _) = self.insist(leased, || self.shown(leased, job)).await;
        let transcript = transcript?;
        let mut job = job.clone();
        // What was learnt when the session was opened is newer than what the job was decided on.
        if let Some(conversation) = self.conversation_of(leased).await? {
            let last = conversation.last.as_ref().map(|last| &last.session);
            let mut known = conversation.session.iter().chain(last);
            if let Some(known) = known.find(|known| known.ordinal == job.session.ordinal) {
                job.session.link.clone_from(&known.link);
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
