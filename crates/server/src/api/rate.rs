//! How often a key and a contact may ask. Above it, a call is refused at once and told when to come again.

use crate::http::error::Problem;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use handover_core::ids::{AccountId, ConversationId};
use handover_core::port::directory::Account;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A contact may send one of so many of its key's requests; three times as many at once.
const CONTACTS_SHARE: u32 = 5;
const CONTACTS_BURST_S: u32 = 3;
/// Contacts kept in mind before those who are quiet are forgotten.
const CONTACTS_KEPT: usize = 10_000;

type OfKey = (NonZeroU32, Arc<DefaultDirectRateLimiter>);

/// The rates of keys and contacts.
pub(super) struct Rates {
    keys: Mutex<HashMap<(AccountId, bool), OfKey>>,
    per_key_s: NonZeroU32,
    per_contact_s: NonZeroU32,
    contacts: DefaultKeyedRateLimiter<ConversationId>,
    /// How many contacts there may be before those who are quiet are forgotten.
    sweep_above: AtomicUsize,
}

impl Rates {
    /// Rates for keys whose channels do not say otherwise.
    pub(super) fn new(per_key_s: NonZeroU32) -> Self {
        let at_least_one = |rate| NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        let per_contact_s = at_least_one(per_key_s.get() / CONTACTS_SHARE);
        let burst = at_least_one(per_contact_s.get().saturating_mul(CONTACTS_BURST_S));
        let quota = Quota::per_second(per_contact_s).allow_burst(burst);
        let contacts = RateLimiter::keyed(quota);
        let sweep_above = AtomicUsize::new(CONTACTS_KEPT);
        Self { keys: Mutex::default(), per_key_s, per_contact_s, contacts, sweep_above }
    }

    /// Counts a call with a channel's key. Signed calls are counted apart, so that whoever found the public key cannot
    /// keep the operator's own programs out.
    ///
    /// # Errors
    /// 429 when there are too many.
    pub(super) fn of_key(&self, account: &Account, signed: bool) -> Result<(), TooMany> {
        let per_s = account
            .text("rate_per_s")
            .and_then(|text| text.trim().parse().ok())
            .and_then(NonZeroU32::new)
            .unwrap_or(self.per_key_s);
        let limiter = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || (per_s, Arc::new(RateLimiter::direct(Quota::per_second(per_s))));
            let of_key = keys.entry((account.id.clone(), signed)).or_insert_with(fresh);
            if of_key.0 != per_s {
                *of_key = fresh();
            }
            Arc::clone(&of_key.1)
        };
        limiter.check().map_err(|until| {
            too_many(
                until.wait_time_from(DefaultClock::default().now()),
                format!("This key may make {per_s} requests a second; this one was not treated."),
            )
        })
    }

    /// Counts a message of a contact.
    ///
    /// # Errors
    /// 429 when there are too many.
    pub(super) fn of_contact(&self, conversation: &ConversationId) -> Result<(), TooMany> {
        if self.contacts.len() > self.sweep_above.load(Ordering::Relaxed) {
            self.contacts.retain_recent();
            // Many who are all active are not looked through at each message.
            self.sweep_above.store(CONTACTS_KEPT.max(self.contacts.len() * 2), Ordering::Relaxed);
        }
        self.contacts.check_key(conversation).map_err(|until| {
            too_many(
                until.wait_time_from(DefaultClock::default().now()),
                format!(
                    "A contact may send {} messages a second; this one was not treated.",
                    self.per_contact_s
                ),
            )
        })
    }
}

fn too_many(wait: Duration, message: String) -> TooMany {
    let after_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    TooMany { after_s: after_s.max(1), message }
}

/// A call above the rate: not treated.
#[derive(Debug)]
pub(super) struct TooMany {
    after_s: u64,
    message: String,
}

impl IntoResponse for TooMany {
    fn into_response(self) -> Response {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let problem = Problem::new(status, "too_many_requests", self.message);
        ([(RETRY_AFTER, self.after_s.to_string())], problem).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::Rates;
    use crate::config::DEFAULT_API_REQUESTS_PER_S;
    use axum::response::IntoResponse;
    use handover_core::ids::{AccountId, ConversationId};
    use handover_core::port::directory::Account;
    use serde_json::json;

    fn account(id: &str, rate_per_s: &str) -> Account {
        let settings = json!({ "rate_per_s": rate_per_s }).as_object().unwrap().clone();
        Account { id: AccountId::new(id), vendor: "api".into(), name: "App".into(), settings }
    }

    #[test]
    fn above_the_rate_a_call_is_told_when_to_come_again() {
        let rates = Rates::new(DEFAULT_API_REQUESTS_PER_S);
        let refused = (0..60)
            .filter_map(|_| rates.of_key(&account("a", ""), false).err())
            .next()
            .unwrap()
            .into_response();
        assert_eq!(refused.status().as_u16(), 429);
        assert_eq!(refused.headers()["retry-after"], "1");
        assert!(rates.of_key(&account("b", ""), false).is_ok(), "one key does not slow another");
        assert!(rates.of_key(&account("a", ""), true).is_ok(), "nor the public its owner");
    }

    #[test]
    fn an_operator_may_set_another_rate() {
        let rates = Rates::new(DEFAULT_API_REQUESTS_PER_S);
        let taken = |rate: &str| {
            (0..200).filter(|_| rates.of_key(&account("a", rate), false).is_ok()).count()
        };
        assert!(taken("2") < 10);
        assert_eq!(taken("1000"), 200, "a change counts at once");
        assert!(taken("nonsense") >= 50);
    }

    #[test]
    fn the_operators_rate_lifts_keys_and_contacts() {
        let rates = Rates::new(1_000.try_into().unwrap());
        assert_eq!((0..900).filter(|_| rates.of_key(&account("a", ""), true).is_ok()).count(), 900);
        let contact = ConversationId::new("a");
        assert_eq!((0..500).filter(|_| rates.of_contact(&contact).is_ok()).count(), 500);
    }

    #[test]
    fn one_contact_does_not_slow_another() {
        let rates = Rates::new(DEFAULT_API_REQUESTS_PER_S);
        let (a, b) = (ConversationId::new("a"), ConversationId::new("b"));
        assert!((0..60).any(|_| rates.of_contact(&a).is_err()));
        assert!(rates.of_contact(&b).is_ok());
    }
}
