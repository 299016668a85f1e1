//! When to try a delivery again. The schedule is data.

use handover_core::ids::DeliveryId;
use handover_core::time::Timestamp;
use sha2::{Digest, Sha256};

/// Seconds before each of the first further tries.
const RETRY_AFTER_S: &[u32] = &[1, 5, 15, 60, 120];

/// Seconds between all later tries: nobody waits longer than that for a receiver that is back.
const RETRY_EVERY_S: u32 = 300;

/// Failed tries after which a delivery is dead: about nine hours in all.
pub const TRIES_MAX: u32 = 112;

/// How long a delivery waits in all, in milliseconds, however few tries there was room for: twelve hours.
pub(crate) const WAIT_MAX_MS: i64 = 12 * 3_600_000;

/// When to try again after `attempts` failed tries, the last one included; none when it is given up. The receiver's
/// own wish wins where it is later. Jitter of up to a fifth follows from the delivery's id, so that deliveries which
/// failed together do not come back together and a run can be repeated.
pub fn next_try(
    delivery: &DeliveryId,
    attempts: u32,
    wish_s: Option<u32>,
    now: Timestamp,
) -> Option<Timestamp> {
    if attempts >= TRIES_MAX {
        return None;
    }
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let after_ms = i64::from(*RETRY_AFTER_S.get(index).unwrap_or(&RETRY_EVERY_S)) * 1000;
    let jitter_ms = jitter_ms(delivery, attempts, after_ms / 5);
    let wish_ms = i64::from(wish_s.unwrap_or(0)) * 1000;
    Some(now.plus_ms((after_ms + jitter_ms).max(wish_ms)))
}

/// Up to `most_ms`, which follows from the delivery and a number.
pub(crate) fn jitter_ms(delivery: &DeliveryId, number: u32, most_ms: i64) -> i64 {
    let hash = Sha256::digest(format!("{delivery}/{number}"));
    most_ms * i64::from(hash[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::{RETRY_AFTER_S, TRIES_MAX, next_try};
    use handover_core::ids::{ConversationId, DeliveryId};
    use handover_core::time::Timestamp;

    fn delivery() -> DeliveryId {
        DeliveryId { conversation: ConversationId::new("c"), n: 1 }
    }

    #[test]
    fn a_delivery_is_given_up_after_the_last_try() {
        let now = Timestamp::from_ms(0);
        assert!(next_try(&delivery(), TRIES_MAX - 1, None, now).is_some());
        assert!(next_try(&delivery(), TRIES_MAX, None, now).is_none(), "promise E");
    }

    #[test]
    fn the_receivers_wish_wins() {
        let at = next_try(&delivery(), 1, Some(30), Timestamp::from_ms(0)).unwrap();
        assert_eq!(at, Timestamp::from_ms(30_000));
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        for attempts in 1..=3 {
            let base = i64::from(RETRY_AFTER_S[attempts as usize - 1]) * 1000;
            let at = next_try(&delivery(), attempts, None, Timestamp::from_ms(0)).unwrap();
            assert!(at.as_ms() >= base && at.as_ms() <= base + base / 5);
        }
    }
}
