//! When which open session is looked at.
//!
//! Most looks read only what is new. Now and then one reads all of the session, to compare it with what was brought there.

use handover_core::ids::{AccountId, SessionId};
use handover_core::time::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A session that has just begun is looked at within this time, in milliseconds.
const FIRST_MS: i64 = 5_000;
/// The longest that is waited after failures, in milliseconds, unless the desk is looked at less often anyway.
const BACKOFF_MS: i64 = 300_000;

/// How often all of a session is read, in milliseconds.
const WHOLE_MS: i64 = 300_000;

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked {
    /// It went well.
    Done {
        /// What to begin the next look with.
        cursor: Option<String>,
    },
    /// There was nothing to look at yet.
    NotNow,
    /// The desk could not be asked.
    Failed,
}

/// A session to look at now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    /// Which.
    pub(super) session: SessionId,
    /// The desk that it is open at.
    pub(super) desk: AccountId,
    /// What to begin with; none where all of it is to be read.
    pub(super) cursor: Option<String>,
    /// Whether the session is over.
    pub(super) is_over: bool,
}

/// When which open session is looked at.
#[derive(Default)]
pub(super) struct Looks {
    sessions: HashMap<SessionId, Look>,
    due: BTreeSet<(Timestamp, SessionId)>,
}

struct Look {
    desk: AccountId,
    every_ms: i64,
    at: Timestamp,
    cursor: Option<String>,
    /// When all of it is to be read.
    whole_at: Timestamp,
    /// Whether the look that is under way reads all of it.
    is_whole: bool,
    /// Whether there was anything to look at so far.
    found: bool,
    /// Tries in a row that came to nothing.
    in_vain: u32,
}

impl Looks {
    /// A session is open. One that has just begun gets its first look soon; the others, found at a start, are spread over
    /// the whole time between two looks.
    pub(super) fn open(
        &mut self,
        session: &SessionId,
        desk: &AccountId,
        every_s: u32,
        began: Timestamp,
        now: Timestamp,
    ) {
        let every_ms = i64::from(every_s.max(1)) * 1000;
        if let Some(look) = self.sessions.get_mut(session) {
            look.every_ms = every_ms;
            return;
        }
        let is_new = now.since_ms(began) < every_ms;
        let within_ms = if is_new { every_ms.min(FIRST_MS) } else { every_ms };
        let at = now.plus_ms(part_of(session, within_ms));
        let look = Look {
            desk: desk.clone(),
            every_ms,
            at,
            cursor: None,
            whole_at: at,
            is_whole: false,
            found: false,
            in_vain: 0,
        };
        self.sessions.insert(session.clone(), look);
        self.due.insert((at, session.clone()));
    }

    /// Only these sessions are open.
    pub(super) fn keep(&mut self, is_open: impl Fn(&SessionId) -> bool) {
        let over: HashSet<SessionId> =
            self.sessions.keys().filter(|session| !is_open(session)).cloned().collect();
        self.sessions.retain(|session, _| !over.contains(session));
        self.due.retain(|(_, session)| !over.contains(session));
    }

    /// A session is over.
    pub(super) fn over(&mut self, session: &SessionId) {
        if let Some(look) = self.sessions.remove(session) {
            self.due.remove(&(look.at, session.clone()));
        }
    }

    /// The sessions whose time has come, the longest due first. One whose end is never told comes again much later.
    pub(super) fn take(&mut self, now: Timestamp, limit: usize) -> Vec<Due> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && self.due.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, session)) = self.due.pop_first()
        {
            let Some(look) = self.sessions.get_mut(&session) else { continue };
            look.at = now.plus_ms(BACKOFF_MS.max(look.every_ms));
            self.due.insert((look.at, session.clone()));
            look.is_whole = look.whole_at <= now;
            let cursor = look.cursor.clone().filter(|_| !look.is_whole);
            taken.push(Due { session, desk: look.desk.clone(), cursor, is_over: false });
        }
        taken
    }

    /// A look has ended.
    pub(super) fn ended(&mut self, session: &SessionId, looked: Looked, now: Timestamp) {
        let Some(look) = self.sessions.get_mut(session) else { return };
        let doubled = |from_ms: i64, tries: u32| from_ms.saturating_mul(1 << tries.min(16));
        let wait_ms = match looked {
            Looked::Done { cursor } => {
                look.cursor = cursor;
                if look.is_whole {
                    look.whole_at = now.plus_ms(WHOLE_MS);
                }
                (look.found, look.in_vain) = (true, 0);
                look.every_ms
            }
            // It is being opened: that takes a moment, or the desk is down.
            Looked::NotNow if !look.found => {
                let wait_ms = doubled(FIRST_MS, look.in_vain).min(look.every_ms);
                look.in_vain += 1;
                wait_ms
            }
            Looked::NotNow => look.every_ms,
            Looked::Failed => {
                look.in_vain += 1;
                doubled(look.every_ms, look.in_vain).min(BACKOFF_MS.max(look.every_ms))
            }
        };
        self.due.remove(&(look.at, session.clone()));
        look.at = now.plus_ms(wait_ms);
        self.due.insert((look.at, session.clone()));
    }

    #[cfg(test)]
    fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }
}

/// A part of a time, another one for each session: so that not all are looked at at once.
pub(super) fn part_of(session: &SessionId, of_ms: i64) -> i64 {
    let mut hasher = DefaultHasher::new();
    session.hash(&mut hasher);
    let of = u64::try_from(of_ms).unwrap_or(1).max(1);
    i64::try_from(hasher.finish() % of).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{BACKOFF_MS, FIRST_MS, Looked, Looks, WHOLE_MS};
    use handover_core::ids::{AccountId, SessionId};
    use handover_core::time::Timestamp;

    const EVERY_S: u32 = 30;
    const EVERY_MS: i64 = 30_000;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    /// One session that begins at 0.
    fn one() -> (Looks, SessionId) {
        let mut looks = Looks::default();
        let session = SessionId::new("s");
        looks.open(&session, &AccountId::new("d"), EVERY_S, at(0), at(0));
        (looks, session)
    }

    fn done(cursor: &str) -> Looked {
        Looked::Done { cursor: Some(cursor.into()) }
    }

    #[test]
    fn a_thousand_sessions_found_at_a_start_are_spread_and_stay_spread() {
        let mut looks = Looks::default();
        for n in 0..1000 {
            let session = SessionId::new(format!("s{n}"));
            looks.open(&session, &AccountId::new("d"), EVERY_S, at(-3_600_000), at(0));
        }
        let mut seen = 0;
        for tick in 0..180 {
            let now = at(tick * 500);
            let due = looks.take(now, usize::MAX);
            assert!(due.len() < 50, "{} at once", due.len());
            seen += due.len();
            for due in due {
                looks.ended(&due.session, done("c"), now);
            }
        }
        assert!((2900..=3100).contains(&seen), "each of them every 30 s for 90 s: {seen}");
    }

    #[test]
    fn a_new_session_is_looked_at_soon_and_then_with_its_cursor() {
        let (mut looks, session) = one();
        let first = looks.take(at(FIRST_MS), 10);
        assert_eq!((first.len(), first[0].cursor.as_deref()), (1, None));
        assert_eq!(looks.take(at(FIRST_MS), 10), [], "not twice at once");
        looks.ended(&session, done("c1"), at(6000));
        assert_eq!(looks.take(at(6000 + EVERY_MS - 1), 10), []);
        let second = looks.take(at(6000 + EVERY_MS), 10);
        assert_eq!(second[0].cursor.as_deref(), Some("c1"));
    }

    #[test]
    fn failures_are_tried_less_and_less_often_and_keep_the_cursor() {
        let (mut looks, session) = one();
        looks.take(at(FIRST_MS), 10);
        looks.ended(&session, done("c1"), at(1));
        let mut waits = Vec::new();
        for _ in 0..6 {
            looks.ended(&session, Looked::Failed, at(0));
            waits.push(looks.next().unwrap().since_ms(at(0)));
        }
        assert_eq!(waits, [60_000, 120_000, 240_000, BACKOFF_MS, BACKOFF_MS, BACKOFF_MS]);
        let due = looks.take(at(BACKOFF_MS), 10);
        assert_eq!(due[0].cursor.as_deref(), Some("c1"));
        looks.ended(&session, done("c2"), at(0));
        assert_eq!(looks.next().unwrap().since_ms(at(0)), EVERY_MS, "all is well again");
    }

    #[test]
    fn now_and_then_all_of_it_is_read() {
        let (mut looks, session) = one();
        let mut cursors = Vec::new();
        let mut now = at(FIRST_MS);
        for _ in 0..22 {
            let due = looks.take(now, 10);
            cursors.push(due[0].cursor.is_none());
            looks.ended(&session, done("c"), now);
            now = now.plus_ms(EVERY_MS);
        }
        let whole: Vec<usize> = (0..22).filter(|n| cursors[*n]).collect();
        assert_eq!(whole, [0, 10, 20], "every {WHOLE_MS} ms");
    }

    #[test]
    fn a_look_that_failed_to_read_all_of_it_is_made_up_for() {
        let (mut looks, session) = one();
        looks.take(at(FIRST_MS), 10);
        looks.ended(&session, done("c"), at(FIRST_MS));
        let later = at(FIRST_MS + WHOLE_MS);
        assert_eq!(looks.take(later, 10)[0].cursor, None);
        looks.ended(&session, Looked::Failed, later);
        let again = looks.next().unwrap();
        assert_eq!(looks.take(again, 10)[0].cursor, None);
    }

    #[test]
    fn what_is_not_at_the_desk_yet_is_looked_for_soon_again() {
        let (mut looks, session) = one();
        let mut waits = Vec::new();
        for _ in 0..4 {
            looks.ended(&session, Looked::NotNow, at(0));
            waits.push(looks.next().unwrap().since_ms(at(0)));
        }
        assert_eq!(waits, [5_000, 10_000, 20_000, 30_000]);
    }

    #[test]
    fn what_is_over_is_looked_at_no_more() {
        let (mut looks, session) = one();
        looks.take(at(FIRST_MS), 10);
        looks.keep(|_| false);
        looks.ended(&session, done("c"), at(FIRST_MS));
        assert_eq!(looks.take(at(i64::from(u32::MAX)), 10), []);
    }

    #[test]
    fn what_has_just_ended_is_no_longer_open() {
        let (mut looks, session) = one();
        looks.over(&session);
        assert_eq!(looks.take(at(i64::from(u32::MAX)), 10), []);
        assert_eq!(looks.next(), None);
    }

    #[test]
    fn an_end_that_is_never_told_is_no_end_of_looking() {
        let (mut looks, _) = one();
        assert_eq!(looks.take(at(FIRST_MS), 10).len(), 1);
        assert_eq!(looks.take(at(FIRST_MS + BACKOFF_MS), 10).len(), 1, "promise E");
    }
}
