//! Who wants to know how an account is doing: the settings page, metrics, alerts.

use crate::event::Astray;
use crate::ids::AccountId;
use crate::port::desk::Usage;
use crate::time::Timestamp;

/// Watches how accounts do. It may forget; nothing depends on it.
pub trait Watch: Send + Sync {
    /// A hook came in and was believed.
    fn hooked(&self, account: &AccountId, at: Timestamp);

    /// A look at what the desk holds found this much that a hook should have brought, and none had.
    fn missed(&self, account: &AccountId, at: Timestamp, events: usize) {
        let _ = (account, at, events);
    }

    /// A look found deliveries that do not stand at the desk as they should.
    fn astray(&self, account: &AccountId, at: Timestamp, astray: &[Astray]) {
        let _ = (account, at, astray);
    }

    /// A delivery or a look at what the desk holds went well.
    fn went_well(&self, account: &AccountId, at: Timestamp);

    /// One did not. `why` is fit for a person.
    fn failed(&self, account: &AccountId, at: Timestamp, why: &str);

    /// How much of the account's limit is used.
    fn used(&self, account: &AccountId, usage: Usage);
}

/// Watches nothing.
pub struct Nobody;

impl Watch for Nobody {
    fn hooked(&self, _: &AccountId, _: Timestamp) {}
    fn went_well(&self, _: &AccountId, _: Timestamp) {}
    fn failed(&self, _: &AccountId, _: Timestamp, _: &str) {}
    fn used(&self, _: &AccountId, _: Usage) {}
}
