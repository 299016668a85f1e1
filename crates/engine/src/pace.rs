//! An account's pace: as many calls as its vendor allows, what people wait for first.
//!
//! A vendor counts either a window or a bucket that leaks; at most so many calls in any window satisfies both. Others may
//! use the same account, so a tenth is left to them. Half of the rest is kept for what is live. What is not gets at most the
//! other half, and always a quarter: neither starves the other.
//!
//! Of each conversation only one delivery waits for room at a time, so those that wait take turns. What turns do not mend
//! is a loud one that has used up the window before the others came: they would wait until it has passed. So one has half
//! of the limit while it is alone, and a third while others are there, too.

use handover_core::ids::{AccountId, ConversationId, DeliveryId};
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::time::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bookings that nobody came back for are forgotten, in milliseconds.
const FORGET_MS: i64 = 600_000;
/// Calls in a window that one conversation may make, however small the limit is: a session that opens and a few words.
const OF_ONE_MIN: usize = 8;

/// How urgent a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Someone has just written, and someone waits to read it.
    Live,
    /// A session to open with its transcript, what was left over from a bad hour, a look at what the desk holds.
    Bulk,
}

/// The paces of all accounts.
#[derive(Default)]
pub(crate) struct Paces {
    accounts: Mutex<HashMap<AccountId, Pace>>,
    /// Nodes beside this one, which call the same vendors: each keeps to its share.
    others: AtomicU32,
}

#[derive(Default)]
struct Pace {
    /// When calls were made or are booked, in order, of each urgency.
    live: VecDeque<Timestamp>,
    bulk: VecDeque<Timestamp>,
    /// Deliveries that come back at a time which is booked for them.
    booked: HashMap<DeliveryId, Timestamp>,
    /// When calls for each conversation were made or are booked, in order.
    of_one: HashMap<ConversationId, VecDeque<Timestamp>>,
    /// When bookings were last looked through.
    swept_at: Timestamp,
    /// The vendor has asked for silence until then.
    silent_until: Option<Timestamp>,
}

impl Paces {
    /// So many nodes share the limits from now on, this one among them.
    pub(crate) fn share(&self, nodes: u32) {
        self.others.store(nodes.saturating_sub(1), Ordering::Relaxed);
    }

    fn own(&self, limit: Limit) -> Limit {
        let nodes = self.others.load(Ordering::Relaxed).saturating_add(1);
        Limit { requests: (limit.requests / nodes).max(1), ..limit }
    }

    /// Whether a delivery may make `calls` calls now; else when to come back.
    pub(crate) fn may(
        &self,
        account: &AccountId,
        limit: Limit,
        delivery: &DeliveryId,
        urgency: Urgency,
        calls: usize,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let limit = self.own(limit);
        let mut paces = self.lock();
        let pace = paces.entry(account.clone()).or_default();
        pace.forget(limit, now);
        if let Some(until) = pace.silent_until {
            return Err(until);
        }
        if pace.booked.get(delivery).is_some_and(|at| *at <= now) {
            pace.booked.remove(delivery);
            return Ok(());
        }
        if let Some(later) = pace.too_loud(limit, &delivery.conversation, now) {
            return Err(later);
        }
        let first = pace.book(limit, urgency, calls, now);
        let own = pace.of_one.entry(delivery.conversation.clone()).or_default();
        own.extend(std::iter::repeat_n(first, calls.max(1)));
        if first <= now {
            return Ok(());
        }
        pace.booked.insert(delivery.clone(), first);
        Err(first)
    }

    /// Whether there is room for a call that nobody waits for.
    pub(crate) fn has_room(&self, account: &AccountId, limit: Limit, now: Timestamp) -> bool {
        let limit = self.own(limit);
        let mut paces = self.lock();
        let pace = paces.entry(account.clone()).or_default();
        pace.forget(limit, now);
        pace.silent_until.is_none() && pace.earliest(limit, Urgency::Bulk, now) <= now
    }

    /// Whether so little goes on that calls hold up nobody: less than a quarter of the limit is used or booked.
    pub(crate) fn is_quiet(&self, account: &AccountId, limit: Limit, now: Timestamp) -> bool {
        let limit = self.own(limit);
        let mut paces = self.lock();
        let pace = paces.entry(account.clone()).or_default();
        pace.forget(limit, now);
        let used = after(&pace.live, limit, now) + after(&pace.bulk, limit, now);
        pace.silent_until.is_none() && used < (most(limit) / 4).max(1)
    }

    /// A call that was not foreseen.
    pub(crate) fn one_more(&self, account: &AccountId, now: Timestamp) {
        let mut paces = self.lock();
        let pace = paces.entry(account.clone()).or_default();
        pace.bulk.push_back(now);
        // Bookings may lie ahead of it.
        pace.bulk.make_contiguous().sort_unstable();
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
        let mut paces = self.lock();
        let pace = paces.entry(account.clone()).or_default();
        pace.silent_until = pace.silent_until.max(Some(until));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Pace>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn forget(&mut self, limit: Limit, now: Timestamp) {
        for calls in [&mut self.live, &mut self.bulk] {
            while calls.front().is_some_and(|at| now.since_ms(*at) >= window_ms(limit)) {
                calls.pop_front();
            }
        }
        self.silent_until = self.silent_until.filter(|until| *until > now);
        if now.since_ms(self.swept_at) >= window_ms(limit) {
            self.swept_at = now;
            self.booked.retain(|_, at| now.since_ms(*at) < FORGET_MS);
            self.of_one.retain(|_, own| after_any(own, limit, now));
        }
    }

    /// When a conversation that has had its share of the window may go on; none while it has not.
    fn too_loud(
        &mut self,
        limit: Limit,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let (third, half) = (most(limit) / 3, most(limit) / 2);
        let own = self.of_one.get_mut(conversation)?;
        while own.front().is_some_and(|at| now.since_ms(*at) >= window_ms(limit)) {
            own.pop_front();
        }
        let is_over = |share: usize| own.len().checked_sub(share.max(OF_ONE_MIN));
        let (over, over_half) = (is_over(third)?, is_over(half));
        let own = self.of_one.get(conversation)?;
        let mut others = self.of_one.iter().filter(|(other, _)| *other != conversation);
        let is_alone = !others.any(|(_, calls)| after_any(calls, limit, now));
        own.get(if is_alone { over_half? } else { over }).map(|at| at.plus_ms(window_ms(limit)))
    }

    /// Books calls and gives the moment of the first.
    fn book(&mut self, limit: Limit, urgency: Urgency, calls: usize, now: Timestamp) -> Timestamp {
        let mut first = None;
        for _ in 0..calls.max(1) {
            let at = self.earliest(limit, urgency, now);
            match urgency {
                Urgency::Live => self.live.push_back(at),
                Urgency::Bulk => self.bulk.push_back(at),
            }
            first = first.or(Some(at));
        }
        first.unwrap_or(now)
    }

    /// The earliest moment at which one call more fits, after all that are booked with its urgency.
    fn earliest(&self, limit: Limit, urgency: Urgency, now: Timestamp) -> Timestamp {
        let own = match urgency {
            Urgency::Live => &self.live,
            Urgency::Bulk => &self.bulk,
        };
        let mut at = own.back().copied().unwrap_or(now).max(now);
        while !self.fits(limit, urgency, at) {
            let oldest = [&self.live, &self.bulk]
                .into_iter()
                .filter_map(|calls| calls.get(calls.len() - after(calls, limit, at)))
                .min();
            // What blocks it lies in the window before it, so the window moves past its oldest call.
            at = oldest.map_or(at, |oldest| oldest.plus_ms(window_ms(limit))).max(at.plus_ms(1));
        }
        at
    }

    /// Whether one call more at this moment leaves each window within the limit, whatever is booked after it.
    fn fits(&self, limit: Limit, urgency: Urgency, at: Timestamp) -> bool {
        let most = most(limit);
        // No window ever holds more of each than that, whatever is booked ahead.
        let (live_most, bulk_most) = (most - most / 4, (most / 2).max(1));
        let (live, bulk) = (after(&self.live, limit, at), after(&self.bulk, limit, at));
        let together = live.min(live_most) + bulk.min(bulk_most) < most;
        match urgency {
            Urgency::Live => live < most - bulk_most || live < live_most && together,
            Urgency::Bulk => bulk < bulk_most && together,
        }
    }
}

/// How many calls lie in the window before a moment, or after it.
fn after(calls: &VecDeque<Timestamp>, limit: Limit, at: Timestamp) -> usize {
    let from = at.plus_ms(-window_ms(limit));
    calls.len() - calls.partition_point(|call| *call <= from)
}

/// Whether any call lies in the window before a moment, or after it.
fn after_any(calls: &VecDeque<Timestamp>, limit: Limit, at: Timestamp) -> bool {
    calls.back().is_some_and(|last| at.since_ms(*last) < window_ms(limit))
}

fn window_ms(limit: Limit) -> i64 {
    i64::from(limit.window_s) * 1000
}

/// A tenth is left to others.
fn most(limit: Limit) -> usize {
    usize::try_from(limit.requests).unwrap_or(usize::MAX).saturating_mul(9).div_ceil(10).max(2)
}

#[cfg(test)]
mod tests;
