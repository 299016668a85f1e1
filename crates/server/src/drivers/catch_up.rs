//! Asks desks what they hold of open sessions, for hooks that were lost.

use super::looks::{Due, Looked, Looks};
use crate::api::metrics::METRICS;
use crate::bus::LocalBus;
use crate::settings::{AccountKind, Settings};
use handover_core::ids::{AccountId, ConversationId, SessionId};
use handover_core::port::bus::Envelope;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::store::{SessionFilter, Store};
use handover_core::session::SessionRecord;
use handover_engine::{CaughtUp, Engine};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is asked whose time has come.
const TICK: Duration = Duration::from_millis(500);
/// How often all open sessions are listed, as hints may be lost.
const LIST: Duration = Duration::from_secs(60);
/// Looks under way at once.
const AT_ONCE: usize = 16;
/// More open sessions than this wait for others to end.
const SESSIONS_MAX: u32 = 100_000;

/// Runs until it is dropped.
pub async fn run(
    engine: Engine,
    store: Arc<dyn Store>,
    settings: Arc<Settings>,
    bus: Arc<LocalBus>,
    clock: Arc<dyn Clock>,
) {
    let mut hints = bus.subscribe();
    let (mut tick, mut list) = (interval(TICK), interval(LIST));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    list.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut catcher = Catcher { engine, store, settings, clock, looks: Looks::default() };
    let mut calls: JoinSet<(SessionId, Looked)> = JoinSet::new();
    loop {
        tokio::select! {
            hint = hints.recv() => match hint {
                Ok(Envelope::Changed { conversation, sessions: true, .. }) => {
                    catcher.changed(&conversation).await;
                }
                Ok(Envelope::Settings | Envelope::Lost) | Err(RecvError::Lagged(_)) => list.reset_immediately(),
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            },
            _ = list.tick() => catcher.list().await,
            _ = tick.tick() => {
                let room = AT_ONCE.saturating_sub(calls.len());
                for due in catcher.looks.take(catcher.clock.now(), room) {
                    calls.spawn(look(catcher.engine.clone(), Arc::clone(&catcher.settings), due));
                }
            }
            Some(ended) = calls.join_next() => match ended {
                Ok((session, looked)) => catcher.looks.ended(&session, looked, catcher.clock.now()),
                Err(error) => tracing::error!(%error, "a look at what a desk holds broke off"),
            },
        }
    }
}

struct Catcher {
    engine: Engine,
    store: Arc<dyn Store>,
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    looks: Looks,
}

impl Catcher {
    /// How often a desk is asked, if it is.
    fn every_s(&self, desk: &AccountId) -> Option<u32> {
        self.settings.desk(desk)?.1.manifest().catch_up_s
    }

    /// Whether any desk is asked: else no session need be listed.
    fn any(&self) -> bool {
        let desks = self.settings.accounts(AccountKind::Desk);
        desks.iter().any(|desk| self.every_s(&desk.id).is_some())
    }

    async fn list(&mut self) {
        if !self.any() {
            self.looks.keep(|_| false);
            return;
        }
        let filter = SessionFilter { open: Some(true), conversation: None, limit: SESSIONS_MAX };
        match self.store.sessions(filter).await {
            Ok(sessions) => {
                let open: HashSet<SessionId> =
                    sessions.iter().filter_map(|session| self.add(session)).collect();
                self.looks.keep(|session| open.contains(session));
            }
            Err(error) => {
                tracing::error!(%error, "open sessions could not be listed; trying again")
            }
        }
    }

    /// A session of this conversation has begun, was answered, or has ended: what has ended is found by the list, and
    /// there is nothing to look at until then.
    async fn changed(&mut self, conversation: &ConversationId) {
        if !self.any() {
            return;
        }
        let conversation = Some(conversation.clone());
        let filter = SessionFilter { open: Some(true), conversation, limit: 1 };
        match self.store.sessions(filter).await {
            Ok(sessions) => {
                for session in &sessions {
                    self.add(session);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a session could not be read; the list will find it");
            }
        }
    }

    /// Takes in an open session; none where its desk is not asked, or where a test waits for its hook.
    fn add(&mut self, session: &SessionRecord) -> Option<SessionId> {
        if crate::doctor::is_probe(&session.channel) {
            return None;
        }
        let every_s = self.every_s(&session.desk)?;
        let now = self.clock.now();
        self.looks.open(&session.id, &session.desk, every_s, session.started_at, now);
        Some(session.id.clone())
    }
}

async fn look(engine: Engine, settings: Arc<Settings>, due: Due) -> (SessionId, Looked) {
    let Due { session, desk, cursor } = due;
    let looked = match engine.catch_up(&session, cursor.as_deref()).await {
        Ok(CaughtUp::Done { hook, cursor }) => {
            if hook.taken > 0 {
                let vendor = settings.account(AccountKind::Desk, &desk);
                METRICS.missed(
                    vendor.map_or("unknown".into(), |desk| desk.vendor.clone()).as_str(),
                    hook.taken,
                );
                tracing::info!(%session, %desk, events = hook.taken, "no hook had brought what the desk holds");
            }
            Looked::Done { cursor }
        }
        Ok(CaughtUp::NotNow) => Looked::NotNow,
        Ok(CaughtUp::Failed { why }) => {
            tracing::debug!(%session, %desk, why, "a desk could not be asked what it holds");
            Looked::Failed
        }
        Err(error) => {
            tracing::warn!(%session, %error, "what a desk holds could not be taken; trying again");
            Looked::Failed
        }
    };
    (session, looked)
}
