//! Looks at what the desk holds, as the server's driver makes them: of open sessions all the time, mostly only at what is
//! new; of those that are over less and less often, for a day.

use crate::exec::{Task, Work};
use crate::run::REST_MS;
use crate::shared::Mail;
use crate::world::{Next, World, now};
use handover_core::ids::SessionId;
use handover_core::port::store::{SessionFilter, Store};
use handover_core::time::Timestamp;
use handover_engine::CaughtUp;

/// How often open sessions are looked at while people are about, in milliseconds.
const LOOK_MS: i64 = 30_000;
/// The same when nobody has done anything for a while: a run has many such hours, and nothing happens in them.
const LOOK_IDLE_MS: i64 = 1_800_000;
/// How often all of an open session is read, in milliseconds.
const WHOLE_MS: i64 = 300_000;
/// When a session that is over is looked at, in milliseconds after its end: half as often as by the server, for speed.
const AFTER_MS: [i64; 3] = [60_000, 1_800_000, 86_400_000];
/// How long after its end a session is looked at for certain, in milliseconds.
pub(crate) const LATELY_MS: i64 = 86_400_000;
/// How long it takes until a look that came to nothing is made up for, in milliseconds.
const AGAIN_MS: i64 = 600_000;
/// Looks at a session until one comes to something, when all is quiet.
const TRIES: usize = 20;

/// A look that has ended.
pub(crate) struct Looked {
    pub(crate) node: usize,
    pub(crate) session: SessionId,
    /// What to begin the next one with; none where it came to nothing.
    pub(crate) cursor: Option<Option<String>>,
    pub(crate) is_whole: bool,
}

impl World {
    /// Open sessions are looked at, each by some node.
    pub(crate) fn look(&mut self) {
        self.looks_wait = false;
        if self.vendor.is_none() {
            return;
        }
        let open = self.open_sessions();
        for session in &open {
            self.look_at(&session.id, false);
        }
        if !open.is_empty() {
            self.looks_wait = true;
            let is_idle = self.shared.now() - self.last_act > 2 * LOOK_MS;
            self.later(if is_idle { LOOK_IDLE_MS } else { LOOK_MS }, Next::Look);
        }
    }

    /// A session is over.
    pub(crate) fn ended(&mut self, session: SessionId) {
        let time = self.shared.now();
        if self.vendor.is_some() && !self.over.contains_key(&session) {
            self.over.insert(session.clone(), time);
            self.later(AFTER_MS[0], Next::LookBack(session));
        }
    }

    /// A session that is over is looked at.
    pub(crate) fn look_back(&mut self, session: SessionId) {
        if !self.look_at(&session, true) {
            self.later(AGAIN_MS, Next::LookBack(session));
        }
    }

    /// Some node looks at a session; false when it cannot now.
    fn look_at(&mut self, session: &SessionId, is_whole: bool) -> bool {
        let Some((node, engine)) = self.some_node() else { return false };
        let time = self.shared.now();
        let Some(place) = self.nodes.get_mut(node) else { return false };
        if !place.looking.insert(session.clone()) {
            return false;
        }
        let cursor = place.cursors.get(session).cloned().flatten();
        let is_due = place.whole_at.get(session).is_none_or(|at| *at <= time);
        let cursor = cursor.filter(|_| !is_whole && !is_due);
        let (shared, session) = (self.shared.clone(), session.clone());
        self.tasks.push(Task::new(node, Work::Look(Some(session.clone())), async move {
            let looked = engine.catch_up(&session, cursor.as_deref()).await;
            shared.say(|| format!("node {node}: a look from {cursor:?} gives {looked:?}"));
            let is_whole = cursor.is_none();
            let cursor = match looked {
                Ok(CaughtUp::Done { cursor, .. }) => Some(cursor),
                _ => None,
            };
            shared.post(Mail::Looked(Looked { node, session, cursor, is_whole }));
        }));
        true
    }

    /// A look has ended.
    pub(crate) fn looked(&mut self, looked: Looked) {
        let time = self.shared.now();
        let Looked { node, session, cursor, is_whole } = looked;
        let is_done = cursor.is_some();
        if let Some(place) = self.nodes.get_mut(node) {
            place.looking.remove(&session);
            if let Some(cursor) = cursor {
                place.cursors.insert(session.clone(), cursor);
                if is_whole {
                    place.whole_at.insert(session.clone(), time + WHOLE_MS);
                    self.whole.insert(session.clone(), time);
                }
            }
        }
        if let Some(ended) = self.over.get(&session).copied() {
            let mut steps = AFTER_MS.iter().map(|after_ms| ended + after_ms);
            let next = if is_done { steps.find(|at| *at > time) } else { Some(time + AGAIN_MS) };
            if let Some(next) = next.filter(|at| *at < ended + LATELY_MS + AGAIN_MS) {
                self.later(next - time, Next::LookBack(session));
            }
        }
    }

    /// All that would be looked at in time is looked at now.
    pub(crate) fn look_at_all(&mut self) {
        let begun = self.shared.now();
        for _ in 0..TRIES {
            let since = Timestamp::from_ms(begun - LATELY_MS);
            let ended = now(self.store.ended_since(since, 1000)).unwrap_or_default();
            let ended = ended.into_iter().filter(|session| session.link.is_some());
            let open = self.open_sessions().into_iter().filter(|session| session.link.is_some());
            let wait: Vec<SessionId> = open
                .chain(ended)
                .map(|session| session.id)
                .filter(|id| self.whole.get(id).is_none_or(|at| *at < begun))
                .collect();
            if wait.is_empty() || self.vendor.is_none() || self.shared.has_failed() {
                return;
            }
            for session in wait {
                self.look_at(&session, true);
            }
            self.until_quiet(REST_MS + self.leapt_ms);
            let later = self.shared.now() + LOOK_MS;
            self.later(LOOK_MS, Next::Up(0));
            self.until(2 * LOOK_MS, |world| world.shared.now() >= later);
        }
    }

    /// Whether what an agent wrote there and then is looked for, should its hook be lost.
    pub(crate) fn is_looked_for(&self, contact: usize, link: Option<&str>, at: i64) -> bool {
        let filter =
            SessionFilter { open: None, conversation: Some(self.id(contact)), limit: 100_000 };
        let sessions = now(self.store.sessions(filter)).unwrap_or_default();
        sessions.iter().filter(|session| link.is_some() && session.link.as_deref() == link).any(
            |it| {
                let until = it.ended_at.map_or(i64::MAX, |at| at.as_ms() + LATELY_MS - AGAIN_MS);
                it.started_at.as_ms() <= at && at < until
            },
        )
    }

    /// A node that was to look has died.
    pub(crate) fn looks_no_more(&mut self, session: Option<SessionId>) {
        if let Some(session) = session.filter(|session| self.over.contains_key(session)) {
            self.later(LOOK_MS, Next::LookBack(session));
        }
    }
}
