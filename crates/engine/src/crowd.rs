//! How many deliveries of one account are worked on at once, so that an account which does not answer holds up its own
//! deliveries and nobody else's.

use crate::retry::jitter_ms;
use handover_core::delivery::Side;
use handover_core::ids::{AccountId, DeliveryId};
use handover_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Deliveries of an account that are worked on at once.
pub(crate) const AT_ONCE_MAX: u32 = 128;
/// The same while it does not answer: enough to find out when it does again.
const AT_ONCE_WHILE_SILENT: u32 = 4;
/// Tries in a row without any answer after which an account counts as silent.
const SILENT_AFTER: u32 = 3;
/// When a delivery comes back that found no place, in milliseconds; up to twice that for some.
const BACK_MS: i64 = 500;
/// The same at a silent account.
const BACK_WHILE_SILENT_MS: i64 = 10_000;

/// How many that found no place come back in a millisecond: each is a write, and more of them than the disk takes would
/// always be due before what somebody has just said.
const BACK_PER_MS: i64 = 4;
/// The longest that one of very many stays away for that, in milliseconds.
const BACK_MAX_MS: i64 = 60_000;

/// All accounts, each with those that are worked on.
#[derive(Clone, Default)]
pub(crate) struct Crowds(Arc<Mutex<HashMap<(Side, AccountId), Crowd>>>);

#[derive(Default)]
struct Crowd {
    inside: u32,
    without_answer: u32,
    /// Where the line of those who come back ends: a moment in parts of a millisecond, of which each has one.
    line_end: i64,
}

impl Crowd {
    /// When one comes back that wants to at this moment: then, or behind all who were told before it.
    fn in_line(&mut self, wish: Timestamp, now: Timestamp, back_ms: i64) -> Timestamp {
        let first = now.plus_ms(back_ms).as_ms().saturating_mul(BACK_PER_MS);
        let last = now.plus_ms(BACK_MAX_MS).as_ms().saturating_mul(BACK_PER_MS);
        // Behind the longest line another begins at its head.
        self.line_end = if self.line_end >= last { first } else { first.max(self.line_end + 1) };
        wish.max(Timestamp::from_ms(self.line_end / BACK_PER_MS))
    }
}

/// A place at an account, given back when it is dropped.
pub(crate) struct Inside {
    crowds: Crowds,
    at: (Side, AccountId),
}

impl Crowds {
    /// A place; else when to come back.
    pub(crate) fn enter(
        &self,
        side: Side,
        account: &AccountId,
        delivery: &DeliveryId,
        now: Timestamp,
    ) -> Result<Inside, Timestamp> {
        let at = (side, account.clone());
        let mut crowds = self.lock();
        let crowd = crowds.entry(at.clone()).or_default();
        let is_silent = crowd.without_answer >= SILENT_AFTER;
        let (most, back_ms) = if is_silent {
            (AT_ONCE_WHILE_SILENT, BACK_WHILE_SILENT_MS)
        } else {
            (AT_ONCE_MAX, BACK_MS)
        };
        if crowd.inside >= most {
            let number = u32::try_from(now.as_ms() & 0xFFFF).unwrap_or(0);
            let wish = now.plus_ms(back_ms + jitter_ms(delivery, number, back_ms));
            return Err(crowd.in_line(wish, now, back_ms));
        }
        crowd.inside += 1;
        drop(crowds);
        Ok(Inside { crowds: self.clone(), at })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Side, AccountId), Crowd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Whether the try got any answer at all.
    pub(crate) fn was_answered(&self, answered: bool) {
        if let Some(crowd) = self.crowds.lock().get_mut(&self.at) {
            crowd.without_answer =
                if answered { 0 } else { crowd.without_answer.saturating_add(1) };
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut crowds = self.crowds.lock();
        let Some(crowd) = crowds.get_mut(&self.at) else { return };
        crowd.inside = crowd.inside.saturating_sub(1);
        if crowd.inside == 0 && crowd.without_answer == 0 {
            crowds.remove(&self.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE_MAX, AT_ONCE_WHILE_SILENT, Crowds, Inside, SILENT_AFTER};
    use handover_core::delivery::Side;
    use handover_core::ids::{AccountId, ConversationId, DeliveryId};
    use handover_core::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_ms(1_000_000);

    fn enter(crowds: &Crowds, account: &str, n: u64) -> Result<Inside, Timestamp> {
        let delivery = DeliveryId { conversation: ConversationId::new("c"), n };
        crowds.enter(Side::Desk, &AccountId::new(account), &delivery, NOW)
    }

    fn all(crowds: &Crowds, account: &str) -> Vec<Inside> {
        (0..1000).map_while(|n| enter(crowds, account, n).ok()).collect()
    }

    #[test]
    fn a_full_account_holds_up_no_other() {
        let crowds = Crowds::default();
        let inside = all(&crowds, "slow");
        assert_eq!(inside.len(), AT_ONCE_MAX as usize);
        assert!(enter(&crowds, "other", 1).is_ok());
        drop(inside);
        assert!(enter(&crowds, "slow", 1).is_ok());
        assert!(crowds.lock().is_empty(), "an account that does well is not remembered");
    }

    #[test]
    fn who_finds_no_place_comes_back_later_and_not_all_at_once() {
        let crowds = Crowds::default();
        let _inside = all(&crowds, "slow");
        let mut back: Vec<i64> =
            (0..50).map(|n| enter(&crowds, "slow", n).err().unwrap().since_ms(NOW)).collect();
        assert!(back.iter().all(|ms| (500..=1000).contains(ms)), "{back:?}");
        back.sort_unstable();
        back.dedup();
        assert!(back.len() > 10);
    }

    #[test]
    fn very_many_who_find_no_place_do_not_come_back_faster_than_the_disk_can_tell_them_to_wait() {
        const WAITING: u64 = 100_000;
        let crowds = Crowds::default();
        let _inside = all(&crowds, "slow");
        let mut back: Vec<i64> =
            (0..WAITING).map(|n| enter(&crowds, "slow", n).err().unwrap().since_ms(NOW)).collect();
        back.sort_unstable();
        let in_a_second = |from: usize| back.get(from + 5000).map(|last| last - back[from]);
        assert!(
            (0..back.len()).filter_map(in_a_second).all(|ms| ms >= 500),
            "at most 10,000 a second"
        );
        assert!(*back.last().unwrap() <= 26_000, "{:?}", back.last());
        // Few are told to come soon, whoever else has waited long ago.
        let delivery = DeliveryId { conversation: ConversationId::new("c"), n: 1 };
        let later = NOW.plus_ms(100_000);
        let back = crowds.enter(Side::Desk, &AccountId::new("slow"), &delivery, later);
        assert!((500..=1000).contains(&back.err().unwrap().since_ms(later)));
    }

    #[test]
    fn a_silent_account_is_only_felt_for_until_it_answers() {
        let crowds = Crowds::default();
        let fail = |answered| enter(&crowds, "silent", 1).unwrap().was_answered(answered);
        (1..SILENT_AFTER).for_each(|_| fail(false));
        assert_eq!(all(&crowds, "silent").len(), AT_ONCE_MAX as usize);
        fail(false);
        assert_eq!(all(&crowds, "silent").len(), AT_ONCE_WHILE_SILENT as usize);
        fail(true);
        assert_eq!(all(&crowds, "silent").len(), AT_ONCE_MAX as usize);
    }
}
