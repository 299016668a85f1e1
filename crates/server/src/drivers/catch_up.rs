//! Asks desks what they hold of sessions, open or lately ended: for hooks that were lost, and for what the desk lost.

use super::afterwards::{Afterwards, LATELY_MS};
use super::looks::{Due, Looked, Looks};
use crate::api::metrics::METRICS;
use crate::bus::LocalBus;
use crate::nodes::Nodes;
use crate::settings::{AccountKind, Settings};
use handover_core::event::Astray;
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
/// How often lately ended sessions are listed, in lists of open ones.
const LISTS: u32 = 10;
/// Looks under way at once.
const AT_ONCE: usize = 16;
/// The same, before one at a session that is over is begun.
const AT_ONCE_OVER: usize = 4;
/// More open sessions than this wait for others to end.
const SESSIONS_MAX: u32 = 100_000;
/// The latest sessions of a conversation: those that a hint may be about.
const LATEST: u32 = 3;

/// Runs until it is dropped.
pub async fn run(
    engine: Engine,
    store: Arc<dyn Store>,
    settings: Arc<Settings>,
    bus: Arc<LocalBus>,
    nodes: Arc<Nodes>,
    clock: Arc<dyn Clock>,
) {
    let mut hints = bus.subscribe();
    let (mut tick, mut list) = (interval(TICK), interval(LIST));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    list.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut catcher = Catcher {
        engine,
        store,
        settings,
        nodes,
        clock,
        looks: Looks::default(),
        over: Afterwards::default(),
        lists: 0,
    };
    let mut calls: JoinSet<(Due, Looked)> = JoinSet::new();
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
                for due in catcher.due(calls.len()) {
                    calls.spawn(look(catcher.engine.clone(), due));
                }
            }
            Some(ended) = calls.join_next() => match ended {
                Ok((due, looked)) => catcher.looked(&due, looked),
                Err(error) => tracing::error!(%error, "a look at what a desk holds broke off"),
            },
        }
    }
}

struct Catcher {
    engine: Engine,
    store: Arc<dyn Store>,
    settings: Arc<Settings>,
    nodes: Arc<Nodes>,
    clock: Arc<dyn Clock>,
    looks: Looks,
    over: Afterwards,
    lists: u32,
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

    /// What is to be looked at now. Open sessions go first.
    fn due(&mut self, under_way: usize) -> Vec<Due> {
        let now = self.clock.now();
        let mut due = self.looks.take(now, AT_ONCE.saturating_sub(under_way));
        let room = AT_ONCE_OVER.saturating_sub(under_way + due.len());
        due.extend(self.over.take(now, room));
        due
    }

    fn looked(&mut self, due: &Due, looked: Looked) {
        let now = self.clock.now();
        if due.is_over {
            self.over.looked(&due.session, &looked, now);
        } else {
            self.looks.ended(&due.session, looked, now);
        }
    }

    async fn list(&mut self) {
        if !self.any() {
            self.looks.keep(|_| false);
            self.over.keep(|_| false);
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
                tracing::error!(%error, "open sessions could not be listed; trying again");
            }
        }
        if self.lists.is_multiple_of(LISTS) {
            self.list_over().await;
        }
        self.lists = self.lists.wrapping_add(1);
    }

    async fn list_over(&mut self) {
        let asked: HashSet<AccountId> = self
            .settings
            .accounts(AccountKind::Desk)
            .iter()
            .filter(|desk| self.every_s(&desk.id).is_some())
            .map(|desk| desk.id.clone())
            .collect();
        self.over.keep(|desk| asked.contains(desk));
        let since = self.clock.now().plus_ms(-LATELY_MS);
        match self.store.ended_since(since, SESSIONS_MAX).await {
            Ok(sessions) => {
                for session in &sessions {
                    self.add(session);
                }
            }
            Err(error) => {
                tracing::error!(%error, "sessions that ended could not be listed; trying again");
            }
        }
    }

    /// A session of this conversation has begun, was answered, or has ended.
    async fn changed(&mut self, conversation: &ConversationId) {
        if !self.any() {
            return;
        }
        let conversation = Some(conversation.clone());
        let filter = SessionFilter { open: None, conversation, limit: LATEST };
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

    /// Takes in a session; gives it where it is open. Not where its desk is not asked, a test waits for its hook, or another
    /// node looks.
    fn add(&mut self, session: &SessionRecord) -> Option<SessionId> {
        if crate::doctor::is_probe(&session.channel) || !self.nodes.is_ours(session.id.as_str()) {
            return None;
        }
        let every_s = self.every_s(&session.desk)?;
        let now = self.clock.now();
        if session.state.is_open() {
            self.looks.open(&session.id, &session.desk, every_s, session.started_at, now);
            return Some(session.id.clone());
        }
        self.looks.over(&session.id);
        // What never got as far as the desk has nothing there.
        if let (Some(ended_at), Some(_)) = (session.ended_at, &session.link) {
            self.over.ended(&session.id, &session.desk, ended_at, now);
        }
        None
    }
}

async fn look(engine: Engine, due: Due) -> (Due, Looked) {
    let (session, desk) = (&due.session, &due.desk);
    let (looked, result) = match engine.catch_up(session, due.cursor.as_deref()).await {
        Ok(CaughtUp::Done { hook, cursor, astray }) => {
            if hook.spoken > 0 {
                METRICS.drift(desk, "missed_hook", hook.spoken);
                tracing::info!(%session, %desk, events = hook.spoken, "no hook had brought what the desk holds");
            }
            for Astray { delivery, entry, how } in astray {
                METRICS.drift(desk, how.as_str(), 1);
                tracing::warn!(%session, %desk, delivery, line = entry, drift = how.as_str(),
                    "what the desk had taken does not stand there as it should; what is missing is brought again");
            }
            (Looked::Done { cursor }, "done")
        }
        Ok(CaughtUp::NotNow) => (Looked::NotNow, "not_now"),
        Ok(CaughtUp::Failed { why }) => {
            tracing::debug!(%session, %desk, why, "a desk could not be asked what it holds");
            (Looked::Failed, "failed")
        }
        Err(error) => {
            tracing::warn!(%session, %error, "what a desk holds could not be taken; trying again");
            (Looked::Failed, "failed")
        }
    };
    METRICS.look(desk, result);
    (due, looked)
}

/// What a program that starts at a moment has to look at by another: which session, and whether it is over.
#[cfg(test)]
pub(crate) async fn due_after_a_start(
    app: &crate::app::App,
    start: handover_core::time::Timestamp,
    by: handover_core::time::Timestamp,
) -> Vec<(SessionId, bool)> {
    struct Fixed(handover_core::time::Timestamp);
    impl Clock for Fixed {
        fn now(&self) -> handover_core::time::Timestamp {
            self.0
        }
    }
    let mut catcher = Catcher {
        engine: app.engine.clone(),
        store: Arc::clone(&app.store),
        settings: Arc::clone(&app.settings),
        nodes: Arc::clone(&app.nodes),
        clock: Arc::new(Fixed(start)),
        looks: Looks::default(),
        over: Afterwards::default(),
        lists: 0,
    };
    catcher.list().await;
    catcher.clock = Arc::new(Fixed(by));
    catcher.due(0).into_iter().map(|due| (due.session, due.is_over)).collect()
}
