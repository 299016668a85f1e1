//! How fast one contact may be.

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Messages and presses: at once, and then each second.
const LOUD: (u32, u32) = (20, 2);
/// Receipts and signs of typing.
const QUIET: (u32, u32) = (60, 5);
/// Files.
const FILES: (u32, u32) = (10, 1);
/// After so many questions, contacts who have been quiet for long are forgotten.
const FORGET_EVERY: u32 = 4096;

type Keyed = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;

/// How fast one contact may be.
pub(super) struct Limits {
    loud: Keyed,
    quiet: Keyed,
    files: Keyed,
    asked: AtomicU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            loud: keyed(LOUD),
            quiet: keyed(QUIET),
            files: keyed(FILES),
            asked: AtomicU32::new(0),
        }
    }
}

fn keyed((burst, per_s): (u32, u32)) -> Keyed {
    let some = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    RateLimiter::hashmap(Quota::per_second(some(per_s)).allow_burst(some(burst)))
}

impl Limits {
    /// How many seconds to wait before the next frame; none when it may come now.
    pub(super) fn of_contact(&self, contact: &str, loud: bool) -> Option<u64> {
        self.ask(if loud { &self.loud } else { &self.quiet }, contact)
    }

    /// The same for the next file.
    pub(super) fn of_files(&self, contact: &str) -> Option<u64> {
        self.ask(&self.files, contact)
    }

    fn ask(&self, limiter: &Keyed, contact: &str) -> Option<u64> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            for limiter in [&self.loud, &self.quiet, &self.files] {
                limiter.retain_recent();
            }
        }
        let refused = limiter.check_key(&contact.to_owned()).err()?;
        Some(refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{LOUD, Limits};

    #[test]
    fn one_fast_contact_slows_nobody_else() {
        let limits = Limits::default();
        let waits = (0..LOUD.0 * 2).filter_map(|_| limits.of_contact("fast", true)).count();
        assert!(waits >= LOUD.0 as usize - 1, "{waits}");
        assert_eq!(limits.of_contact("slow", true), None);
        assert_eq!(limits.of_contact("fast", false), None);
    }
}
