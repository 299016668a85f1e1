//! How often a sign-in may be tried.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// Tries of one address, all logins together: behind a proxy that is everyone, so it is wide.
const ADDRESS: (u32, Duration) = (30, Duration::from_secs(2));
/// Tries of one login, from anywhere.
const LOGIN: (u32, Duration) = (10, Duration::from_secs(10));
/// Longer logins exist nowhere; only this much of one is remembered.
const KEY_CHARS: usize = 120;

/// How often a sign-in may be tried: a burst, then one for each period.
pub(super) struct Limits {
    addresses: Option<DefaultKeyedRateLimiter<IpAddr>>,
    logins: Option<DefaultKeyedRateLimiter<String>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            addresses: quota(ADDRESS).map(RateLimiter::keyed),
            logins: quota(LOGIN).map(RateLimiter::keyed),
        }
    }
}

impl Limits {
    /// Counts a try; false when there were too many.
    pub(super) fn allow(&self, address: Option<IpAddr>, login: &str) -> bool {
        let login: String = login.trim().to_lowercase().chars().take(KEY_CHARS).collect();
        let address_ok = match (&self.addresses, address) {
            (Some(limit), Some(address)) => {
                limit.retain_recent();
                limit.check_key(&address).is_ok()
            }
            _ => true,
        };
        address_ok
            && self.logins.as_ref().is_none_or(|limit| {
                limit.retain_recent();
                limit.check_key(&login).is_ok()
            })
    }
}

fn quota((burst, period): (u32, Duration)) -> Option<Quota> {
    Some(Quota::with_period(period)?.allow_burst(NonZeroU32::new(burst)?))
}
