//! An account's pace: as many calls as its vendor allows, what people wait for first.
//!
//! A vendor counts either a window or a bucket that leaks; at most so many calls in any window satisfies both. Others may
//! use the same account, so a tenth is left to them.

use handover_core::ids::{AccountId, DeliveryId};
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::time::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// What has waited longer than this is late, in milliseconds: nobody sits in front of it any more, but it has its share.
const PATIENCE_MS: i64 = 30_000;
/// How far ahead those that are late are told to come back, at most, in milliseconds.
const AHEAD_MS: i64 = 60_000;
/// Bookings that nobody came back for are forgotten, in milliseconds.
const FORGET_MS: i64 = 600_000;

/// How urgent a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Someone has written, and someone waits to read it.
    Live,
    /// A session to open with its transcript, a look at what the desk holds: it gets what the others leave.
    Bulk,
}

/// The paces of all accounts.
#[derive(Default)]
pub(crate) struct Paces(Mutex<HashMap<AccountId, Pace>>);

#[derive(Default)]
struct Pace {
    /// When calls were made or are booked, in order.
    calls: VecDeque<Timestamp>,
    /// Deliveries that come back at a time which is booked for them.
    booked: HashMap<DeliveryId, Timestamp>,
    /// The vendor has asked for silence until then.
    silent_until: Option<Timestamp>,
    /// When the last of those that are late was told to come back, so that they do not all come at once.
    late_until: Timestamp,
}

impl Paces {
    /// Whether a delivery may make `calls` calls now; else when to come back.
    pub(crate) fn may(
        &self,
        account: &AccountId,
        limit: Limit,
        delivery: &DeliveryId,
        (urgency, waits_since): (Urgency, Timestamp),
        calls: usize,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(account.clone()).or_default();
        pace.forget(limit, now);
        if pace.booked.get(delivery).is_some_and(|at| *at <= now) && !pace.is_silent(now) {
            pace.booked.remove(delivery);
            return Ok(());
        }
        let late = now.since_ms(waits_since) > PATIENCE_MS;
        if late {
            return pace.late(limit, calls, now);
        }
        if urgency == Urgency::Bulk {
            return pace.share(limit, most(limit) / 2, calls, now);
        }
        let first = pace.book(limit, calls, now);
        if first <= now {
            return Ok(());
        }
        pace.booked.insert(delivery.clone(), first);
        Err(first)
    }

    /// Whether there is room for calls that nobody waits for.
    pub(crate) fn has_room(&self, account: &AccountId, limit: Limit, now: Timestamp) -> bool {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(account.clone()).or_default();
        pace.forget(limit, now);
        pace.share(limit, most(limit) / 2, 1, now).is_ok()
    }

    /// A call that was not foreseen.
    pub(crate) fn one_more(&self, account: &AccountId, limit: Limit, now: Timestamp) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paces.entry(account.clone()).or_default().book(limit, 1, now);
    }

    /// The vendor has said how much of the limit is used, by us and others.
    pub(crate) fn used(&self, account: &AccountId, limit: Limit, usage: Usage, now: Timestamp) {
        let most = u64::from(usage.limit) * 9 / 10;
        let over = u64::from(usage.used).saturating_sub(most);
        if over > 0 {
            let wait_ms = over * u64::from(limit.window_s) * 1000 / u64::from(usage.limit.max(1));
            self.silence(account, now.plus_ms(i64::try_from(wait_ms).unwrap_or(i64::MAX)));
        }
    }

    /// The vendor has asked for silence.
    pub(crate) fn silence(&self, account: &AccountId, until: Timestamp) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(account.clone()).or_default();
        pace.silent_until = pace.silent_until.max(Some(until));
    }
}

impl Pace {
    fn forget(&mut self, limit: Limit, now: Timestamp) {
        let window_ms = i64::from(limit.window_s) * 1000;
        while self.calls.front().is_some_and(|at| now.since_ms(*at) >= window_ms) {
            self.calls.pop_front();
        }
        self.silent_until = self.silent_until.filter(|until| *until > now);
        self.booked.retain(|_, at| now.since_ms(*at) < FORGET_MS);
    }

    fn is_silent(&self, now: Timestamp) -> bool {
        self.silent_until.is_some_and(|until| until > now)
    }

    /// The earliest moment at which one call more leaves at most `most` in any window.
    fn earliest(&self, limit: Limit, most: usize, now: Timestamp) -> Timestamp {
        let full = self.calls.len().checked_sub(most).and_then(|index| self.calls.get(index));
        let free = full.map(|at| at.plus_ms(i64::from(limit.window_s) * 1000));
        free.into_iter().chain(self.silent_until).fold(now, Timestamp::max)
    }

    /// Books calls and gives the moment of the first.
    fn book(&mut self, limit: Limit, calls: usize, now: Timestamp) -> Timestamp {
        let most = most(limit);
        let first = self.earliest(limit, most, now);
        for _ in 0..calls {
            let at = self.earliest(limit, most, now).max(first);
            let last = self.calls.back().copied().unwrap_or(at);
            self.calls.push_back(at.max(last));
        }
        first
    }

    /// Books calls at once if fewer than `share` are booked; else says when that may be so.
    fn share(
        &mut self,
        limit: Limit,
        share: usize,
        calls: usize,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let free = self.earliest(limit, share.max(1), now);
        if free > now {
            return Err(free);
        }
        self.book(limit, calls, now);
        Ok(())
    }

    /// What is late gets three quarters: after an outage those who write now do not wait behind all that has waited. One
    /// after the other they are told to come back.
    fn late(&mut self, limit: Limit, calls: usize, now: Timestamp) -> Result<(), Timestamp> {
        let share = most(limit) * 3 / 4;
        let free = match self.share(limit, share, calls, now) {
            Ok(()) => return Ok(()),
            Err(free) => free,
        };
        let latest = free.max(now.plus_ms(AHEAD_MS));
        let back = self.late_until.clamp(free, latest);
        let each_ms = i64::from(limit.window_s) * 1000 / i64::try_from(share.max(1)).unwrap_or(1);
        self.late_until = back.plus_ms(each_ms * i64::try_from(calls).unwrap_or(1));
        Err(back)
    }
}

/// A tenth is left to others.
fn most(limit: Limit) -> usize {
    usize::try_from(limit.requests).unwrap_or(usize::MAX).saturating_mul(9).div_ceil(10).max(1)
}

#[cfg(test)]
mod tests {
    use super::{Paces, Urgency};
    use handover_core::ids::{AccountId, ConversationId, DeliveryId};
    use handover_core::port::desk::Usage;
    use handover_core::port::manifest::Limit;
    use handover_core::time::Timestamp;

    const LIMIT: Limit = Limit { requests: 40, window_s: 20 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn delivery(n: u64) -> DeliveryId {
        DeliveryId { conversation: ConversationId::new("c"), n }
    }

    fn may(paces: &Paces, n: u64, urgency: Urgency, calls: usize, ms: i64) -> Result<(), i64> {
        let account = AccountId::new("gorgias");
        let asked = (urgency, at(0).max(at(ms - 100)));
        paces.may(&account, LIMIT, &delivery(n), asked, calls, at(ms)).map_err(|at| at.as_ms())
    }

    #[test]
    fn never_more_than_the_limit_in_any_window_and_nobody_is_forgotten() {
        let paces = Paces::default();
        let mut waiting: Vec<(u64, i64)> = (0..200).map(|n| (n, 0)).collect();
        let mut made: Vec<i64> = Vec::new();
        for ms in (0..200_000).step_by(100) {
            waiting.retain_mut(|(n, next)| {
                if *next > ms {
                    return true;
                }
                match may(&paces, *n, Urgency::Live, 1, ms) {
                    Ok(()) => made.push(ms),
                    Err(back) => *next = back,
                }
                made.last() != Some(&ms) || *next > ms
            });
        }
        assert!(waiting.is_empty(), "promise E");
        assert_eq!(made.len(), 200);
        for (index, from) in made.iter().enumerate() {
            let window = made[index..].iter().filter(|ms| **ms - from < 20_000).count();
            assert!(window <= 36, "{window} calls within 20 s");
        }
        assert!(*made.last().unwrap() <= 110_000, "and no slower than need be");
    }

    #[test]
    fn live_messages_come_before_transcripts() {
        let paces = Paces::default();
        for n in 0..4 {
            assert_eq!(may(&paces, n, Urgency::Bulk, 5, 0), Ok(()));
        }
        assert!(may(&paces, 4, Urgency::Bulk, 5, 0).is_err(), "half is kept for those who write");
        for n in 5..15 {
            assert_eq!(may(&paces, n, Urgency::Live, 1, 0), Ok(()));
        }
        let back = may(&paces, 4, Urgency::Bulk, 5, 1).unwrap_err();
        assert_eq!(may(&paces, 4, Urgency::Bulk, 5, back), Ok(()));
    }

    #[test]
    fn what_is_late_leaves_room_for_those_who_write_now() {
        let paces = Paces::default();
        let account = AccountId::new("gorgias");
        let mut late: Vec<(u64, i64)> = (0..400).map(|n| (n, 0)).collect();
        let (mut made, mut asked) = (Vec::new(), 0);
        for ms in (0..1_000_000).step_by(100) {
            late.retain_mut(|(n, next)| {
                if *next > ms {
                    return true;
                }
                asked += 1;
                let waits = (Urgency::Live, at(-30_001));
                match paces.may(&account, LIMIT, &delivery(*n), waits, 1, at(ms)) {
                    Ok(()) => made.push(ms),
                    Err(back) => *next = back.as_ms(),
                }
                made.last() != Some(&ms) || *next > ms
            });
            // Every three seconds somebody writes.
            if ms % 3000 == 0 {
                assert_eq!(may(&paces, 1000 + ms as u64, Urgency::Live, 1, ms), Ok(()), "{ms}");
            }
        }
        assert!(late.is_empty(), "promise E");
        assert!(*made.last().unwrap() < 400_000, "{:?}", made.last());
        assert!(asked < 8 * 400, "they were sent away {asked} times");
    }

    #[test]
    fn a_transcript_that_has_waited_long_waits_no_longer() {
        let paces = Paces::default();
        for n in 0..18 {
            assert_eq!(may(&paces, n, Urgency::Live, 1, 0), Ok(()));
        }
        let account = AccountId::new("gorgias");
        let asked = (Urgency::Bulk, at(-30_001));
        assert_eq!(paces.may(&account, LIMIT, &delivery(99), asked, 5, at(0)), Ok(()));
    }

    #[test]
    fn the_vendors_own_count_and_its_wish_for_silence_are_heard() {
        let paces = Paces::default();
        let account = AccountId::new("gorgias");
        paces.used(&account, LIMIT, Usage { used: 36, limit: 40 }, at(0));
        assert_eq!(may(&paces, 1, Urgency::Live, 1, 0), Ok(()));
        paces.used(&account, LIMIT, Usage { used: 40, limit: 40 }, at(0));
        assert_eq!(may(&paces, 2, Urgency::Live, 1, 0), Err(2000));
        paces.silence(&account, at(9000));
        assert_eq!(may(&paces, 2, Urgency::Live, 1, 2000), Err(9000));
        assert_eq!(may(&paces, 2, Urgency::Live, 1, 9000), Ok(()));
    }
}
