//! The limit: a bucket that requests fill and that leaks.

use handover_core::time::Timestamp;

/// Requests that the bucket holds.
pub(super) const SIZE: u32 = 40;
/// How long a full bucket takes to run empty, in milliseconds.
const EMPTIES_IN_MS: i64 = 20_000;
/// What one request puts in, so that whole numbers will do.
const REQUEST: i64 = 1_000;
/// What leaks in a millisecond.
const LEAK: i64 = SIZE as i64 * REQUEST / EMPTIES_IN_MS;

/// The bucket of an account.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    level: i64,
    at: Timestamp,
}

impl Bucket {
    /// One more request. One that is refused puts nothing in.
    pub(super) fn fill(&mut self, now: Timestamp) -> bool {
        let fits = self.over(now) <= 0;
        if fits {
            self.level += REQUEST;
        }
        fits
    }

    /// In how many seconds there is room for a request.
    pub(super) fn wait_s(&mut self, now: Timestamp) -> i64 {
        (self.over(now).max(0) + LEAK * 1_000 - 1) / (LEAK * 1_000)
    }

    /// By how much one more request would be too many.
    fn over(&mut self, now: Timestamp) -> i64 {
        self.leak(now);
        self.level + REQUEST - i64::from(SIZE) * REQUEST
    }

    /// How many requests are in it.
    pub(super) fn used(&mut self, now: Timestamp) -> u32 {
        self.leak(now);
        u32::try_from((self.level + REQUEST - 1) / REQUEST).unwrap_or(SIZE)
    }

    fn leak(&mut self, now: Timestamp) {
        let leaked = now.since_ms(self.at).max(0).saturating_mul(LEAK);
        self.level = self.level.saturating_sub(leaked).max(0);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_at_once_and_then_two_a_second() {
        let mut bucket = Bucket::default();
        let at = Timestamp::from_ms(1_000_000);
        for _ in 0..40 {
            assert!(bucket.fill(at));
        }
        assert_eq!(bucket.used(at), 40);
        assert!(!bucket.fill(at));
        assert_eq!(bucket.wait_s(at), 1);
        let later = at.plus_ms(1_000);
        assert_eq!(bucket.used(later), 38);
        assert!(bucket.fill(later));
        assert!(bucket.fill(later));
        assert!(!bucket.fill(later));
        assert_eq!(bucket.used(at.plus_ms(40_000)), 0);
    }
}
