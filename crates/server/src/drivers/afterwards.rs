//! When which session that is over is looked at: an agent may write on there, and the hook may be lost.
//!
//! Nobody waits for these looks. They thin out, and an account makes few of them in a minute however many sessions have
//! ended: those that find no place are late.

use super::looks::{Due, Looked, part_of};
use handover_core::ids::{AccountId, SessionId};
use handover_core::time::Timestamp;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// When a session is looked at, in seconds after its end.
const AFTER_S: [i64; 6] = [60, 5 * 60, 30 * 60, 2 * 3600, 12 * 3600, 24 * 3600];
/// How long ago a session may have ended to be looked at still, in milliseconds: the last look and room to be late.
pub(super) const LATELY_MS: i64 = 25 * 3600 * 1000;
/// Looks of an account in a minute.
const A_MINUTE: usize = 12;
const MINUTE_MS: i64 = 60_000;
/// How long it takes until a look that came to nothing is made up for, in milliseconds.
const AGAIN_MS: i64 = 600_000;
/// Sessions found at a start are looked at within this part of the time since their end, so that they thin out, too.
const PART_OF_AGE: i64 = 4;

/// When which session that is over is looked at.
#[derive(Default)]
pub(super) struct Afterwards {
    sessions: HashMap<SessionId, Over>,
    desks: HashMap<AccountId, Desk>,
}

struct Over {
    desk: AccountId,
    ended_at: Timestamp,
}

#[derive(Default)]
struct Desk {
    due: BTreeSet<(Timestamp, SessionId)>,
    /// The looks of the last minute.
    looks: VecDeque<Timestamp>,
}

impl Afterwards {
    /// A session has ended. One that was not seen ending is looked at once more than it may need: what came while nobody
    /// looked may have been lost.
    pub(super) fn ended(
        &mut self,
        session: &SessionId,
        desk: &AccountId,
        ended_at: Timestamp,
        now: Timestamp,
    ) {
        let age_ms = now.since_ms(ended_at).max(0);
        if age_ms >= LATELY_MS || self.sessions.contains_key(session) {
            return;
        }
        let first = ended_at.plus_ms(AFTER_S[0] * 1000);
        let at = first.max(now.plus_ms(part_of(session, age_ms / PART_OF_AGE)));
        self.sessions.insert(session.clone(), Over { desk: desk.clone(), ended_at });
        self.desks.entry(desk.clone()).or_default().due.insert((at, session.clone()));
    }

    /// Only the sessions of these desks are looked at.
    pub(super) fn keep(&mut self, is_asked: impl Fn(&AccountId) -> bool) {
        self.desks.retain(|desk, _| is_asked(desk));
        self.sessions.retain(|_, over| is_asked(&over.desk));
    }

    /// The sessions whose time has come and whose accounts have room, the longest due first. Each is taken once.
    pub(super) fn take(&mut self, now: Timestamp, limit: usize) -> Vec<Due> {
        let mut taken = Vec::new();
        for (id, desk) in &mut self.desks {
            while desk.looks.front().is_some_and(|at| now.since_ms(*at) >= MINUTE_MS) {
                desk.looks.pop_front();
            }
            while taken.len() < limit
                && desk.looks.len() < A_MINUTE
                && desk.due.first().is_some_and(|(at, _)| *at <= now)
                && let Some((_, session)) = desk.due.pop_first()
            {
                let over = self.sessions.get(&session);
                if over.is_none_or(|over| now.since_ms(over.ended_at) >= LATELY_MS) {
                    self.sessions.remove(&session);
                    continue;
                }
                desk.looks.push_back(now);
                taken.push(Due { session, desk: id.clone(), cursor: None, is_over: true });
            }
        }
        taken
    }

    /// A look has ended.
    pub(super) fn looked(&mut self, session: &SessionId, looked: &Looked, now: Timestamp) {
        let Some(over) = self.sessions.get(session) else { return };
        let next = match looked {
            Looked::Done { .. } => {
                let mut steps = AFTER_S.iter().map(|after_s| over.ended_at.plus_ms(after_s * 1000));
                steps.find(|at| *at > now)
            }
            Looked::NotNow | Looked::Failed => Some(now.plus_ms(AGAIN_MS)),
        };
        let Some(desk) = self.desks.get_mut(&over.desk) else { return };
        match next {
            Some(at) => {
                desk.due.insert((at, session.clone()));
            }
            None => {
                self.sessions.remove(session);
            }
        }
    }
}

#[cfg(test)]
mod tests;
